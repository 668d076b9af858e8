import type { Robot } from '../config/site.ts';
import type { List } from '../lists/list.ts';
import type { Subscriber } from '../store/subscribers.ts';
import type { RequestParts } from './operation.ts';

/** A subscription with its list. */
export interface Subscription {
  readonly list: List;
  readonly row: Subscriber;
}

/** Gives what an address is subscribed to in a domain, by list; lists whose folder is gone are left out. */
export async function subscriptionsIn(
  { parts, robot }: { readonly parts: Pick<RequestParts, 'store' | 'lists'>; readonly robot: Robot },
  address: string,
): Promise<readonly Subscription[]> {
  const found: Subscription[] = [];
  for (const row of await parts.store.subscribers.ofAddress(address)) {
    const list = await parts.lists.find(row.list);
    if (list?.robot.domain === robot.domain) found.push({ list, row });
  }
  return found;
}

/** Writes the options of a subscription in the words of `SET`. */
export function optionWords({ reception, visibility }: Pick<Subscriber, 'reception' | 'visibility'>): string {
  return `${reception}, ${visibility}`;
}
