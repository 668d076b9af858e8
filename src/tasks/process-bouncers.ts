import type { ListParameters } from '../config/list-parameters.ts';
import { enqueueServiceMail } from '../delivery/service-mail.ts';
import type { List } from '../lists/list.ts';
import { leaveAct } from '../requests/membership.ts';
import type { Bouncer, BouncersOfLevel } from '../store/bouncers.ts';
import type { Repositories } from '../store/store.ts';
import { openLists, type TaskRun } from './task-run.ts';

/** Subscribers that one transaction acts on. */
const actsAtOnce = 200;

type Level = ListParameters['bouncers_level1'];

/** `process_bouncers()`: does with each level what the list says, the higher one first, and tells who is to be told. */
export async function processBouncers(_given: readonly string[], run: TaskRun): Promise<void> {
  for (const list of await openLists(run)) {
    const { bouncers_level1: low, bouncers_level2: high } = list.config;
    await processLevel(list, high, { list: list.address, from: high.rate, below: undefined }, run);
    await processLevel(list, low, { list: list.address, from: low.rate, below: high.rate }, run);
  }
}

async function processLevel(list: List, level: Level, of: BouncersOfLevel, run: TaskRun): Promise<void> {
  const { store, log } = run.parts;
  for (;;) {
    run.signal.throwIfAborted();
    // One transaction for what is done, who is told, and the mark that it is done: a crash leaves all of it or nothing.
    const acted = await store.transaction(async (tx) => {
      const taken = await tx.bouncers.take(of, run.key, actsAtOnce);
      if (taken.length === 0) return undefined;
      const addresses = await actOn(tx, taken, { list, level, run });
      if (addresses.length > 0) await tell(tx, addresses, { list, level, run });
      return addresses.length;
    });
    if (acted === undefined) return;
    log.info('bouncers processed', { list: list.address, action: level.action, count: acted });
  }
}

interface Setting {
  readonly list: List;
  readonly level: Level;
  readonly run: TaskRun;
}

type Action = (tx: Repositories, bouncer: Bouncer, setting: Setting) => Promise<boolean>;

/** What each action does with one subscriber; false where it is none any more. */
const actions: Readonly<Record<Level['action'], Action>> = {
  remove_bouncers: remove,
  notify_bouncers: notify,
  none: async (tx, { list, address }) => tx.subscribers.isSubscriber(list, address),
};

async function actOn(
  tx: Repositories,
  bouncers: readonly Bouncer[],
  setting: Setting,
): Promise<readonly string[]> {
  const acted: string[] = [];
  for (const bouncer of bouncers)
    if (await actions[setting.level.action](tx, bouncer, setting)) acted.push(bouncer.address);
  return acted;
}

/** As a listmaster would delete a subscriber; what the list says of this level is the decision, no scenario is asked. */
async function remove(
  tx: Repositories,
  { address }: Bouncer,
  { list, run: { parts } }: Setting,
): Promise<boolean> {
  const { robot } = list;
  const sender = parts.lists.listmasters(robot)[0] ?? 'nobody';
  const requester = { sender, method: 'smime', channel: 'task', robot, messageId: '' } as const;
  const act = leaveAct({ address, code: 'bounced' }, { parts, requester, robot, list, modifiers: [] });
  return (await act(tx)).status === 'done';
}

async function notify(
  tx: Repositories,
  { list, address, count, firstAt, status }: Bouncer,
  { run, list: { robot } }: Setting,
): Promise<boolean> {
  if (!(await tx.subscribers.isSubscriber(list, address))) return false;
  const commands = `${robot.conf.email}@${robot.domain}`;
  await enqueueServiceMail(tx, `bouncer-warning ${run.key} ${list} ${address}`, {
    template: 'bouncer-warning',
    list,
    to: [address],
    variables: { address, count, since: firstAt, status, commands },
  });
  return true;
}

/** Tells the owners or the listmasters with whom what was done. */
async function tell(
  tx: Repositories,
  addresses: readonly string[],
  { list, level, run }: Setting,
): Promise<void> {
  const { notification, action, rate } = level;
  if (notification === 'none') return;
  const to = notification === 'owner' ? 'owners' : run.parts.lists.listmasters(list.robot);
  await enqueueServiceMail(tx, `bouncers ${run.key} ${list.address} ${rate} ${addresses[0]}`, {
    template: 'bouncers-processed',
    list: list.address,
    to,
    variables: { addresses, action, rate },
  });
}
