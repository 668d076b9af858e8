import type { TaskRun } from './task-run.ts';

const dayMs = 86_400_000;
const monthMs = 30 * dayMs;

/** Rows that one statement takes out. */
const rowsAtOnce = 500;

/** How long each kind of row is kept that only recognises something, with the reason. */
const keepDays = {
  /** What came of a post for each recipient: as long as Sympa keeps delivery reports. */
  deliveries: 90,
  /** A Message-ID comes again within days, by a loop or by hand. */
  postIds: 366,
  /** A ciphertext that is distributed again is an attack, and attackers have time. */
  ciphertexts: 5 * 366,
  /** Longer than a signature of a command counts. */
  signatures: 366,
  /** Longer than any period that is counted in. */
  rates: 2,
  /** Whoever sends an old key still learns that its time is over. */
  endedKeys: 30,
  receipts: 5,
  /** A bounce counts for seven days after the post that it is of. */
  bounces: 8,
  notices: 366,
  warnings: 5 * 366,
  /** Longer than anybody lets a task fail; a run that goes on forgets its own. */
  taskMails: 366,
  /** Somebody who may come back. */
  persons: 30,
} as const;

type OldRows = TaskRun['parts']['store']['oldRows'];

/** `purge_tables()` */
export async function purgeTables(_given: readonly string[], run: TaskRun): Promise<void> {
  const { oldRows } = run.parts.store;
  const beforeMs = before(run, keepDays.deliveries);
  tell(run, 'deliveries', await drain(run, () => oldRows.deliveries(beforeMs, rowsAtOnce)));
  tell(run, 'distributions', await drain(run, () => oldRows.distributions(beforeMs, rowsAtOnce)));
}

/** What `purge_spools()` forgets without looking further. */
const spools: Readonly<Record<string, (oldRows: OldRows, run: TaskRun) => Promise<number>>> = {
  'post ids': (oldRows, run) => oldRows.postIds(before(run, keepDays.postIds)),
  ciphertexts: (oldRows, run) => oldRows.ciphertexts(before(run, keepDays.ciphertexts)),
  keys: (oldRows, run) => oldRows.requestKeys(before(run, keepDays.endedKeys)),
  notices: (oldRows, run) => oldRows.notices(before(run, keepDays.notices)),
  'mails of tasks': (oldRows, run) => oldRows.taskMails(before(run, keepDays.taskMails)),
  warnings: (oldRows, run) => oldRows.certificateWarnings(before(run, keepDays.warnings)),
};

/** `purge_spools()`; what is in quarantine was taken with "250 OK", and stays until the operator drops it. */
export async function purgeSpools(_given: readonly string[], run: TaskRun): Promise<void> {
  const { store } = run.parts;
  for (const [what, forget] of Object.entries(spools)) {
    run.signal.throwIfAborted();
    tell(run, what, await forget(store.oldRows, run));
  }
  await store.receipts.purge(before(run, keepDays.receipts));
  await store.rates.purge(before(run, keepDays.rates));
  await store.usedSignatures.purge(before(run, keepDays.signatures));
}

/** `purge_logs_table()`: what was decided on a message is the log that this store keeps. */
export async function purgeLogs(_given: readonly string[], run: TaskRun): Promise<void> {
  const { store, site } = run.parts;
  const beforeMs = run.nowMs - site.conf.logs_expiration_period * monthMs;
  tell(run, 'messages', await drain(run, () => store.oldRows.messages(beforeMs, rowsAtOnce)));
}

/** `purge_user_table()` */
export async function purgePersons(_given: readonly string[], run: TaskRun): Promise<void> {
  const { store, lists, site } = run.parts;
  const staff = new Set(site.robots.flatMap((robot) => lists.listmasters(robot)));
  for (const { owners, editors } of await lists.all())
    for (const address of [...owners, ...editors]) staff.add(address);
  const beforeMs = before(run, keepDays.persons);
  const idle = await store.oldRows.personsWithoutSubscription(beforeMs);
  let forgotten = 0;
  for (const address of idle.filter((one) => !staff.has(one))) {
    run.signal.throwIfAborted();
    forgotten += await store.oldRows.person(address, beforeMs);
  }
  tell(run, 'persons', forgotten);
}

/** `purge_orphan_bounces()` */
export async function purgeOrphanBounces(_given: readonly string[], run: TaskRun): Promise<void> {
  tell(run, 'bounces', await run.parts.store.oldRows.orphanBounces());
}

/**
 * `expire_bounce(DAYS)`: of subscribers whose last bounce is so many days older than the last post of their list. A single
 * report is remembered for as long as another about the same post might still count.
 */
export async function expireBounces(given: readonly string[], run: TaskRun): Promise<void> {
  const { oldRows } = run.parts.store;
  const days = Number(given[0]);
  tell(run, 'bouncing subscribers', await oldRows.bouncers(days * dayMs));
  tell(run, 'bounces', await oldRows.bounces(before(run, Math.max(days, keepDays.bounces))));
}

function before({ nowMs }: TaskRun, days: number): number {
  return nowMs - days * dayMs;
}

/** Goes on piece by piece, so that others may write between. */
async function drain({ signal }: TaskRun, forget: () => Promise<number>): Promise<number> {
  let gone = 0;
  for (;;) {
    signal.throwIfAborted();
    const count = await forget();
    if (count === 0) return gone;
    gone += count;
  }
}

function tell({ parts }: TaskRun, what: string, count: number): void {
  if (count > 0) parts.log.info('purged', { what, count });
}
