import { Command } from 'commander';
import { type CliIo, printJson, printTable } from './io.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';

/** `ssympa subscriber list LIST` */
export function subscriberListCommand(io: CliIo): Command {
  const command = new Command('list')
    .description('Lists the subscribers of a list, by address.')
    .argument('<list>', 'name, or name@domain');
  return withJson(withConf(command)).action((name: string, options: SiteOptions & JsonOptions) =>
    withOpenSite(io, options, async ({ lists, store }) => {
      const list = await lists.get(name);
      const rows: { readonly address: string; readonly reception: string; readonly since: string }[] = [];
      for await (const { address, reception, since } of store.subscribers.iterate(list.address))
        rows.push({ address, reception, since: new Date(since).toISOString() });
      if (options.json) printJson(io, rows);
      else
        printTable(
          io,
          rows.map((row) => [row.address, row.reception, row.since.slice(0, 10)]),
        );
    }),
  );
}
