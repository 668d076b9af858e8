import { Command } from 'commander';
import { readPersonLine } from '../sources/people.ts';
import type { CliIo } from './io.ts';
import { type NotifyOptions, operatorOnList, withNotify } from './operator.ts';
import { readInput } from './read-input.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';
import { addSubscribers, type NewSubscriber, reportAdded } from './subscriber-add.ts';

/** The largest file of addresses: a million long ones. */
const maxImportBytes = 64 << 20;
const maxShownLines = 10;

/** `ssympa subscriber import LIST FILE` */
export function subscriberImportCommand(io: CliIo): Command {
  const command = new Command('import')
    .description(
      'Subscribes the addresses of a file, one a line: an address, an address and a name behind a blank, or a mailbox such as "Ann <ann@example.org>"; # starts a comment. A line that is none of these: nobody is subscribed. No mail is sent without --notify.',
    )
    .argument('<list>', 'name, or name@domain')
    .argument('<file>', 'the file, or - for standard input');
  withNotify(command, 'welcome those who are new');
  return withJson(withConf(command)).action(
    (name: string, file: string, options: SiteOptions & JsonOptions & NotifyOptions) =>
      withOpenSite(io, options, async (open) => {
        const list = await open.lists.get(name);
        const subscribers = readSubscribers(io, await readInput(io, file, maxImportBytes), file);
        const situation = operatorOnList(io, open, list, options);
        reportAdded(io, list, await addSubscribers(io, situation, subscribers), options);
      }),
  );
}

function readSubscribers(io: CliIo, bytes: Uint8Array, file: string): readonly NewSubscriber[] {
  const found = new Map<string, NewSubscriber>();
  const faulty: number[] = [];
  const lines = new TextDecoder().decode(bytes).split('\n');
  for (const [index, line] of lines.entries()) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const subscriber = readPersonLine(text);
    if (subscriber) found.set(subscriber.address, subscriber);
    else faulty.push(index + 1);
  }
  if (faulty.length === 0) return [...found.values()];
  const shown = faulty.slice(0, maxShownLines).join(', ') + (faulty.length > maxShownLines ? ', …' : '');
  const hint = 'mend these lines, or put # before them; nobody was subscribed';
  return io.fail('bad-input', `${file}: ${faulty.length} lines hold no address: ${shown}`, { hint });
}
