import { Command } from 'commander';
import { type ReceptionMode, receptionModes } from '../config/list-parameters.ts';
import type { List } from '../lists/list.ts';
import type { Store } from '../store/store.ts';
import { type CliIo, printJson } from './io.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';
import { canonicalAddresses } from './subscriber-addresses.ts';

interface Options extends SiteOptions, JsonOptions {
  readonly reception?: string;
}

/** One who is to be subscribed. */
export interface NewSubscriber {
  readonly address: string;
  readonly reception?: ReceptionMode;
  readonly gecos?: string;
}

/** `ssympa subscriber add LIST ADDR…` */
export function subscriberAddCommand(io: CliIo): Command {
  const command = new Command('add')
    .description('Subscribes addresses. No mail is sent. Who is subscribed already stays as they are.')
    .argument('<list>', 'name, or name@domain')
    .argument('<address...>', 'who is to be subscribed')
    .option('--reception <mode>', `one of ${receptionModes.join(', ')}`);
  return withJson(withConf(command)).action((name: string, texts: readonly string[], options: Options) =>
    withOpenSite(io, options, async ({ lists, store }) => {
      const list = await lists.get(name);
      const reception = receptionOf(io, options.reception);
      const addresses = canonicalAddresses(io, texts);
      const subscribers = addresses.map((address) => ({ address, ...(reception && { reception }) }));
      reportAdded(io, list, await addSubscribers(store, list, subscribers, 'command line'), options);
    }),
  );
}

/** What became of those who were to be subscribed. */
export interface Added {
  readonly added: readonly string[];
  readonly already: readonly string[];
}

/** Subscribes people, all or none of them. */
export async function addSubscribers(
  store: Store,
  list: List,
  subscribers: readonly NewSubscriber[],
  source: string,
): Promise<Added> {
  const defaults = list.config.default_user_options;
  return store.transaction(async (tx) => {
    const added: string[] = [];
    const already: string[] = [];
    for (const { address, reception = defaults.reception, gecos } of subscribers) {
      const row = { list: list.address, address, reception, visibility: defaults.visibility, source };
      const isNew = await tx.subscribers.add({ ...row, ...(gecos && { gecos }) });
      (isNew ? added : already).push(address);
    }
    return { added, already };
  });
}

/** Prints what became of those who were to be subscribed. */
export function reportAdded(io: CliIo, list: List, { added, already }: Added, { json }: JsonOptions): void {
  if (json) {
    printJson(io, { list: list.address, added, already });
    return;
  }
  io.stdout(`${added.length} subscribed to ${list.address}\n`);
  if (already.length > 0) io.stdout(`${already.length} subscribed before\n`);
}

function receptionOf(io: CliIo, text: string | undefined): ReceptionMode | undefined {
  if (text === undefined) return undefined;
  const mode = receptionModes.find((one) => one === text.toLowerCase());
  if (!mode)
    io.fail(
      'usage',
      `--reception is ${JSON.stringify(text.slice(0, 40))}: expected one of ${receptionModes.join(', ')}`,
    );
  return mode;
}
