import { Command } from 'commander';
import type { List } from '../lists/list.ts';
import { type CliIo, printJson, printTable } from './io.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';

/** `ssympa list bounces LIST` */
export function listBouncesCommand(io: CliIo): Command {
  const command = new Command('bounces')
    .description(
      'Lists the subscribers whose mail comes back, by address: score, level, number of bounces, status of the last, first and last day.',
    )
    .argument('<list>', 'name, or name@domain');
  return withJson(withConf(command)).action((name: string, options: SiteOptions & JsonOptions) =>
    withOpenSite(io, options, async ({ lists, store }) => {
      const list = await lists.get(name);
      const rows = [];
      for await (const { address, score, count, status, firstAt, lastAt } of store.bouncers.iterate(
        list.address,
      )) {
        const times = { first: new Date(firstAt).toISOString(), last: new Date(lastAt).toISOString() };
        rows.push({ address, score, level: levelOf(score, list), count, status, ...times });
      }
      if (options.json) printJson(io, rows);
      else
        printTable(
          io,
          rows.map(({ address, score, level, count, status, first, last }) => [
            address,
            String(score ?? '-'),
            level === 0 ? '-' : String(level),
            String(count),
            status,
            first.slice(0, 10),
            last.slice(0, 10),
          ]),
        );
    }),
  );
}

/** The level that `process_bouncers` would find; 0 for none. */
function levelOf(score: number | null, { config }: List): 0 | 1 | 2 {
  if (score === null) return 0;
  if (score >= config.bouncers_level2.rate) return 2;
  return score >= config.bouncers_level1.rate ? 1 : 0;
}
