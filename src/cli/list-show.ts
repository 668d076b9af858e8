import { Command } from 'commander';
import { atPlace } from '../config/error.ts';
import type { List } from '../lists/list.ts';
import type { Store } from '../store/store.ts';
import { type CliIo, printJson, printTable } from './io.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';

type Options = SiteOptions & JsonOptions;

/** `ssympa list show [NAME]` */
export function listShowCommand(io: CliIo): Command {
  const command = new Command('show')
    .description('Shows a list: state, people, number of subscribers. Without a name it shows all lists.')
    .argument('[list]', 'name, or name@domain');
  return withJson(withConf(command)).action((name: string | undefined, options: Options) =>
    withOpenSite(io, options, async ({ lists, store }) => {
      if (name === undefined) await showAll(io, await lists.all(), store, options);
      else await showOne(io, await lists.get(name), store, options);
    }),
  );
}

async function showAll(io: CliIo, lists: readonly List[], store: Store, { json }: Options): Promise<void> {
  const described = await Promise.all(lists.map((list) => describe(list, store)));
  if (json) printJson(io, described);
  else
    printTable(
      io,
      described.map((one) => [one.address, one.status, String(one.subscribers), one.subject]),
    );
}

async function showOne(io: CliIo, list: List, store: Store, { json }: Options): Promise<void> {
  const described = await describe(list, store);
  if (json) return printJson(io, described);
  printTable(
    io,
    Object.entries(described)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)]),
  );
}

async function describe(list: List, store: Store) {
  const { address, status, config, owners, editors, directory, error } = list;
  return {
    address,
    status,
    subject: config.subject,
    owners,
    editors,
    subscribers: await store.subscribers.count(address),
    send: config.send,
    smimeMode: config.smime_mode,
    directory,
    error: error ? error.problems.map(({ text, place }) => atPlace(text, place)).join('; ') : null,
  };
}
