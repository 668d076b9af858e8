import type { ReceptionMode } from '../config/list-parameters.ts';
import { finishWithin } from '../delivery/finish.ts';
import { enqueueServiceMail } from '../delivery/service-mail.ts';
import type { List } from '../lists/list.ts';
import { newId } from '../secrets.ts';
import type { Repositories } from '../store/store.ts';
import type { Act, ListSituation } from './operation.ts';
import { done, type RequestReport, refused } from './report.ts';
import { beginSubscriptions } from './subscription-epoch.ts';

/** Somebody who is to be subscribed. */
export interface Joiner {
  readonly address: string;
  readonly gecos?: string | undefined;
  /** That of the list's `default_user_options` when left out. */
  readonly reception?: ReceptionMode | undefined;
}

/** How a subscription begins: what it is reported as, who is told. */
interface Joining {
  readonly joiner: Joiner;
  readonly code: 'subscribed' | 'added';
  readonly source: string;
}

/** Makes the act that subscribes somebody; the new subscriber is welcomed and, where the scenario says so, the owners are told. */
export function joinAct({ joiner, code, source }: Joining, situation: ListSituation): Act {
  const { list, modifiers, parts } = situation;
  const { address, gecos } = joiner;
  const values = { list: list.address, address };
  return async (tx) => {
    const known = await tx.subscribers.find(list.address, address);
    const limit = list.config.max_list_members;
    if (!known && limit > 0 && (await tx.subscribers.count(list.address)) >= limit)
      return refused('list-full', { values });
    const { visibility, ...defaults } = list.config.default_user_options;
    const reception = joiner.reception ?? defaults.reception;
    const row = { list: list.address, address, reception, visibility, source };
    if (!(await tx.subscribers.add({ ...row, ...(gecos ? { gecos } : {}) })))
      return done('already-subscribed', { values });
    // Whom a data source names keeps what is set, but for what is wanted now.
    if (known && joiner.reception) await tx.subscribers.setReception(list.address, address, joiner.reception);
    await beginSubscriptions(tx, address, list.robot.domain, parts);
    if (!modifiers.includes('quiet'))
      await tell(tx, list, 'welcome', [address], { address }, parts.clock.now());
    await notifyOwners(tx, situation, 'subscribed', address);
    return done(code, { values });
  };
}

/** How a subscription ends: by the subscriber, by somebody else, or since mail comes back; and what the former subscriber gets. */
const leaveTemplates = { 'signed-off': 'bye', deleted: 'removed', bounced: 'bouncer-removed' } as const;

/** Makes the act that ends a subscription. */
export function leaveAct(
  { address, code }: { readonly address: string; readonly code: keyof typeof leaveTemplates },
  situation: ListSituation,
): Act {
  const { list, modifiers, parts } = situation;
  const values = { list: list.address, address };
  return async (tx) => {
    if (!(await tx.subscribers.remove(list.address, address))) return refused('not-subscribed', { values });
    await tx.subscribers.noteEnd(address);
    await dropWaiting(tx, list.address, [address], parts.clock.now());
    if (!modifiers.includes('quiet'))
      await tell(tx, list, leaveTemplates[code], [address], { address }, parts.clock.now());
    await notifyOwners(tx, situation, 'signed-off', address);
    return done(code === 'bounced' ? 'deleted' : code, { values });
  };
}

/** Whoever leaves waits for nothing any more; a distribution that waited for them alone is done. */
export async function dropWaiting(
  tx: Repositories,
  list: string,
  addresses: readonly string[],
  nowMs: number,
): Promise<void> {
  for (const id of await tx.deliveries.dropWaiting(list, addresses))
    await finishWithin(tx, await tx.distributions.get(id), nowMs);
}

/** Tells somebody something about a list, once the transaction is done. */
export async function tell(
  tx: Repositories,
  list: Pick<List, 'address'>,
  template: string,
  to: readonly string[] | 'owners',
  variables: Readonly<Record<string, string | number | readonly string[] | null>>,
  nowMs: number,
): Promise<void> {
  await enqueueServiceMail(tx, `${template} ${newId(nowMs)}`, {
    template,
    list: list.address,
    to,
    variables,
  });
}

async function notifyOwners(
  tx: Repositories,
  { list, modifiers, parts, requester }: ListSituation,
  event: 'subscribed' | 'signed-off',
  address: string,
): Promise<void> {
  if (!modifiers.includes('notify')) return;
  const variables = { event, address, by: requester.sender };
  await tell(tx, list, 'membership-owner', 'owners', variables, parts.clock.now());
}

/** Says that somebody is subscribed already, where that is so. */
export async function alreadySubscribed(
  address: string,
  { list, parts }: ListSituation,
): Promise<RequestReport | undefined> {
  // Whom only a data source names may subscribe as well, and stays then when it does so no more.
  const isThere = (await parts.store.subscribers.find(list.address, address))?.subscribed === 1;
  return isThere ? done('already-subscribed', { values: { list: list.address, address } }) : undefined;
}

/** Says that somebody is not subscribed, where that is so. */
export async function notSubscribed(
  address: string,
  { list, parts }: ListSituation,
): Promise<RequestReport | undefined> {
  const isThere = await parts.store.subscribers.isSubscriber(list.address, address);
  return isThere ? undefined : refused('not-subscribed', { values: { list: list.address, address } });
}
