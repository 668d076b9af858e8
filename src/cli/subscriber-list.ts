import { Command } from 'commander';
import { type CliIo, printJson, printTable } from './io.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';

interface Row {
  readonly address: string;
  readonly reception: string;
  readonly since: string;
  /** By the person, an owner or the operator. */
  readonly subscribed: boolean;
  /** By a data source. */
  readonly included: boolean;
}

/** `ssympa subscriber list LIST` */
export function subscriberListCommand(io: CliIo): Command {
  const command = new Command('list')
    .description('Lists the subscribers of a list, by address, and tells whom a data source names.')
    .argument('<list>', 'name, or name@domain');
  return withJson(withConf(command)).action((name: string, options: SiteOptions & JsonOptions) =>
    withOpenSite(io, options, async ({ lists, store }) => {
      const list = await lists.get(name);
      const rows: Row[] = [];
      for await (const { address, reception, since, ...facts } of store.subscribers.iterate(list.address)) {
        const subscribed = facts.subscribed === 1;
        const included = facts.included === 1;
        rows.push({ address, reception, since: new Date(since).toISOString(), subscribed, included });
      }
      if (options.json) printJson(io, rows);
      else
        printTable(
          io,
          rows.map((row) => [
            row.address,
            row.reception,
            row.since.slice(0, 10),
            row.included ? (row.subscribed ? 'subscribed and included' : 'included') : '',
          ]),
        );
    }),
  );
}
