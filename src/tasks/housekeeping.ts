import { finishWithin } from '../delivery/finish.ts';
import { enqueueServiceMail } from '../delivery/service-mail.ts';
import { releaseAccepted } from '../delivery/waiting.ts';
import type { PipelineParts } from '../pipeline/post.ts';
import { newId } from '../secrets.ts';
import { alertOwners } from './certificate-alerts.ts';
import { markPathless, markRevoked, refreshLookUps } from './certificate-chores.ts';
import { expireArchives } from './expire-archives.ts';
import { expireHeld } from './expire-held.ts';
import { usualLimits, type WorkLimits, withinLimits } from './work-limits.ts';

const dayMs = 86_400_000;
/** Redeliveries of the same bytes are recognised for this long. */
const receiptKeepMs = 5 * dayMs;
/** A dropped certificate is in use within a minute, whichever node had the lock before. */
const usualPauseMs = 20_000;
const lockMs = 30_000;
const lockName = 'housekeeping';

/** One thing that has to be looked after from time to time. */
export interface Chore {
  readonly name: string;
  readonly run: (parts: PipelineParts, signal: AbortSignal) => Promise<void>;
}

/** What is looked after, in order; each is safe to run again at any time and on any node. */
const usualChores: readonly Chore[] = [
  { name: 'certificate folder', run: synchroniseFolder },
  { name: 'revoked certificates', run: markRevoked },
  { name: 'certificates without a path', run: markPathless },
  { name: 'certificates accepted again', run: releaseAccepted },
  { name: 'looked-up certificates', run: refreshLookUps },
  { name: 'waiting posts', run: expireWaiting },
  { name: 'held posts', run: expireHeld },
  { name: 'owner reports', run: reportToOwners },
  { name: 'owner alerts', run: alertOwners },
  { name: 'archives', run: expireArchives },
  {
    name: 'receipts',
    run: async ({ store, clock }) => void (await store.receipts.purge(clock.now() - receiptKeepMs)),
  },
];

/** Looks after the certificate folder, posts that waited too long and the owners' daily report. */
export class Housekeeping {
  readonly #parts: PipelineParts;
  readonly #holder: string;
  readonly #pauseMs: number;
  readonly #chores: readonly Chore[];
  readonly #limits: WorkLimits;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  /**
   * @param holder name of this node, for the lock that lets one node at a time do it
   * @param pauseMs time between two looks
   * @param chores what is looked after, one after the other
   * @param limits of each chore
   */
  constructor(
    parts: PipelineParts,
    holder: string,
    pauseMs = usualPauseMs,
    { chores = usualChores, limits = usualLimits } = {},
  ) {
    this.#parts = parts;
    this.#holder = holder;
    this.#pauseMs = pauseMs;
    this.#chores = chores;
    this.#limits = limits;
  }

  start(): void {
    this.#running = this.#loop();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#running;
    // Whoever comes next need not wait until the lock runs out.
    await this.#parts.store.locks.release(lockName, this.#holder).catch(() => undefined);
  }

  /** Does all chores once, where this node may. */
  async runOnce(): Promise<void> {
    const { store } = this.#parts;
    const hold = () => store.locks.acquire(lockName, this.#holder, lockMs);
    if (!(await hold())) return;
    // The first look at a large folder takes longer than the lock lasts.
    const renewal = setInterval(() => void hold().catch(() => undefined), lockMs / 3);
    try {
      for (const chore of this.#chores) if (!this.#stopping.signal.aborted) await this.#do(chore);
    } finally {
      clearInterval(renewal);
    }
  }

  /** One chore that fails, or does not end, must not keep the others from being done. */
  async #do(chore: Chore): Promise<void> {
    const run = (signal: AbortSignal) => chore.run(this.#parts, signal);
    try {
      const end = await withinLimits(run, this.#stopping.signal, this.#limits);
      if (end.status === 'abandoned' || end.cut === 'too-long')
        this.#parts.log.error('chore broken off', { chore: chore.name, why: end.cut, ...this.#limits });
    } catch (error) {
      const name = error instanceof Error ? error.name : 'unknown';
      this.#parts.log.error('chore failed', { chore: chore.name, error: name, code: codeOf(error) });
    }
  }

  async #loop(): Promise<void> {
    await this.runOnce().catch((error: unknown) => {
      this.#parts.log.error('housekeeping failed', {
        error: error instanceof Error ? error.name : 'unknown',
      });
    });
    if (this.#stopping.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#loop();
    }, this.#pauseMs);
  }
}

function codeOf(error: unknown): string | null {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : null;
}

async function synchroniseFolder({ folder, log }: PipelineParts, signal: AbortSignal): Promise<void> {
  const report = await folder.synchronise(signal);
  if (report.taken + report.withdrawn + report.written === 0) return;
  log.info('certificate folder', {
    taken: report.taken,
    withdrawn: report.withdrawn,
    written: report.written,
  });
}

/** Drops posts that waited for a certificate for too long, and tells the owners, all in one transaction. */
async function expireWaiting({ store, clock, site }: PipelineParts): Promise<void> {
  const nowMs = clock.now();
  await store.transaction(async (tx) => {
    const dropped = await tx.deliveries.expireWaiting(nowMs);
    for (const id of new Set(dropped.map((row) => row.distributionId)))
      await finishWithin(tx, await tx.distributions.get(id), nowMs);
    for (const [list, rows] of Map.groupBy(dropped, (row) => row.list)) {
      const addresses = addressesOf(rows);
      const keepDays = Math.round(site.conf.cert_missing_keep / dayMs);
      await enqueueServiceMail(tx, `waiting-dropped ${list} ${newId(nowMs)}`, {
        template: 'waiting-dropped-owner',
        list,
        to: 'owners',
        variables: { count: rows.length, addresses, keepDays },
      });
    }
  });
}

/** Sends the owners of each list, once a day, who could not read a post for want of a certificate. */
async function reportToOwners({ store, clock, site }: PipelineParts): Promise<void> {
  const today = new Date(clock.now()).toISOString().slice(0, 10);
  for (const { list, day } of await store.reports.daysBefore(today))
    await store.transaction(async (tx) => {
      const entries = await tx.reports.takeDay(list, day);
      // Taken all the same, so that nothing old is told when reports are switched on.
      if (entries.length === 0 || !site.conf.cert_missing_report) return;
      const posts = new Set(entries.map((entry) => entry.distributionId)).size;
      await enqueueServiceMail(tx, `owner-report ${list} ${day}`, {
        template: 'cert-missing-report-owner',
        list,
        to: 'owners',
        variables: { addresses: addressesOf(entries), posts },
      });
    });
}

function addressesOf(rows: readonly { readonly address: string }[]): readonly string[] {
  return [...new Set(rows.map((row) => row.address))].sort();
}
