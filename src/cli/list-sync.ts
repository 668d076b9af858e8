import { Command } from 'commander';
import type { SyncReport } from '../requests/apply-sources.ts';
import { syncList } from '../requests/sync-list.ts';
import { exitCodes } from './exit-code.ts';
import { type CliIo, printJson, printTable } from './io.ts';
import { operatorOnList } from './operator.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';

/** `ssympa list sync LIST` */
export function listSyncCommand(io: CliIo): Command {
  const command = new Command('sync')
    .description(
      'Reads the data sources of a list now, and makes its subscribers, owners and editors those whom they name, beside those who are so by themselves. No mail is sent to them. A source that cannot be read keeps those whom it named; exit 69 then.',
    )
    .argument('<list>', 'name, or name@domain');
  return withJson(withConf(command)).action((name: string, options: SiteOptions & JsonOptions) =>
    withOpenSite(io, options, async (open) => {
      const list = await open.lists.get(name);
      const report = await syncList(list, operatorOnList(io, open, list, {}).parts);
      if (options.json) printJson(io, report);
      else print(io, report);
      if (report.sources.some(({ status }) => status === 'failed')) io.exit(exitCodes.unavailable);
    }),
  );
}

function print(io: CliIo, { list, added, removed, sources }: SyncReport): void {
  printTable(
    io,
    sources.map(({ name, role, status, people, code, reason }) => [
      name,
      role,
      status,
      String(people),
      code === null ? '' : `${code}: ${reason}`,
    ]),
  );
  io.stdout(`${list}: ${added} added, ${removed} taken out\n`);
}
