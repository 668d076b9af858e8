import { Command } from 'commander';
import { type ReceptionMode, receptionModes } from '../config/list-parameters.ts';
import type { List } from '../lists/list.ts';
import { add } from '../requests/add.ts';
import type { Act, ListSituation } from '../requests/operation.ts';
import { type CliIo, printJson } from './io.ts';
import { type NotifyOptions, operatorOnList, withNotify } from './operator.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';
import { canonicalAddresses } from './subscriber-addresses.ts';

interface Options extends SiteOptions, JsonOptions, NotifyOptions {
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
    .description(
      'Subscribes addresses, all or none. Who is subscribed already stays as they are. No mail is sent without --notify.',
    )
    .argument('<list>', 'name, or name@domain')
    .argument('<address...>', 'who is to be subscribed')
    .option('--reception <mode>', `one of ${receptionModes.join(', ')}`);
  withNotify(command, 'welcome those who are new');
  return withJson(withConf(command)).action((name: string, texts: readonly string[], options: Options) =>
    withOpenSite(io, options, async (open) => {
      const list = await open.lists.get(name);
      const reception = receptionOf(io, options.reception);
      const addresses = canonicalAddresses(io, texts);
      const subscribers = addresses.map((address) => ({ address, ...(reception && { reception }) }));
      const situation = operatorOnList(io, open, list, options);
      reportAdded(io, list, await addSubscribers(io, situation, subscribers), options);
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
  io: CliIo,
  situation: ListSituation,
  subscribers: readonly NewSubscriber[],
): Promise<Added> {
  const list = situation.list.address;
  const acts: (readonly [address: string, act: Act])[] = [];
  for (const { address, reception, gecos } of subscribers)
    acts.push([address, await add.prepare({ list, email: address, gecos, reception }, situation)]);
  return situation.parts.store.transaction(async (tx) => {
    const added: string[] = [];
    const already: string[] = [];
    for (const [address, act] of acts) {
      const { code } = await act(tx);
      if (code === 'list-full')
        io.fail('bad-input', `${list} takes no more subscribers (max_list_members); nobody was subscribed`);
      (code === 'added' ? added : already).push(address);
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
