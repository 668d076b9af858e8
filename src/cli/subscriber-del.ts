import { Command } from 'commander';
import { del } from '../requests/del.ts';
import { type CliIo, printJson } from './io.ts';
import { type NotifyOptions, operatorOnList, withNotify } from './operator.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';
import { canonicalAddresses } from './subscriber-addresses.ts';

/** `ssympa subscriber del LIST ADDR…` */
export function subscriberDelCommand(io: CliIo): Command {
  const command = new Command('del')
    .description(
      'Unsubscribes addresses; encrypted posts that wait for them are dropped. No mail is sent without --notify.',
    )
    .argument('<list>', 'name, or name@domain')
    .argument('<address...>', 'who is to be unsubscribed');
  withNotify(command, 'tell those who were subscribed');
  return withJson(withConf(command)).action(
    (name: string, texts: readonly string[], options: SiteOptions & JsonOptions & NotifyOptions) =>
      withOpenSite(io, options, async (open) => {
        const list = await open.lists.get(name);
        const situation = operatorOnList(io, open, list, options);
        const deleted: string[] = [];
        const unknown: string[] = [];
        for (const address of canonicalAddresses(io, texts)) {
          const act = await del.prepare({ list: list.address, email: address }, situation);
          const { status } = await open.store.transaction(act);
          (status === 'done' ? deleted : unknown).push(address);
        }
        if (options.json) printJson(io, { list: list.address, deleted, unknown });
        else io.stdout(`${deleted.length} unsubscribed from ${list.address}\n`);
        if (unknown.length > 0)
          io.fail('not-found', `not subscribed to ${list.address}: ${unknown.join(', ')}`);
      }),
  );
}
