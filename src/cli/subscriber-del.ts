import { Command } from 'commander';
import { finishDistribution } from '../delivery/finish.ts';
import type { List } from '../lists/list.ts';
import type { Store } from '../store/store.ts';
import { type CliIo, printJson } from './io.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';
import { canonicalAddresses } from './subscriber-addresses.ts';

/** `ssympa subscriber del LIST ADDR…` */
export function subscriberDelCommand(io: CliIo): Command {
  const command = new Command('del')
    .description('Unsubscribes addresses. No mail is sent; encrypted posts that wait for them are dropped.')
    .argument('<list>', 'name, or name@domain')
    .argument('<address...>', 'who is to be unsubscribed');
  return withJson(withConf(command)).action(
    (name: string, texts: readonly string[], options: SiteOptions & JsonOptions) =>
      withOpenSite(io, options, async ({ lists, store }) => {
        const list = await lists.get(name);
        const deleted: string[] = [];
        const unknown: string[] = [];
        for (const address of canonicalAddresses(io, texts))
          ((await unsubscribe(io, store, list, address)) ? deleted : unknown).push(address);
        if (options.json) printJson(io, { list: list.address, deleted, unknown });
        else io.stdout(`${deleted.length} unsubscribed from ${list.address}\n`);
        if (unknown.length > 0)
          io.fail('not-found', `not subscribed to ${list.address}: ${unknown.join(', ')}`);
      }),
  );
}

/** Whoever leaves waits for nothing any more; a distribution that waited for them alone is done. */
async function unsubscribe(io: CliIo, store: Store, list: List, address: string): Promise<boolean> {
  const { wasThere, dropped } = await store.transaction(async (tx) => ({
    wasThere: await tx.subscribers.remove(list.address, address),
    dropped: await tx.deliveries.dropWaiting(list.address, address),
  }));
  for (const id of dropped)
    await finishDistribution({ store, clock: io.clock }, await store.distributions.get(id));
  return wasThere;
}
