import { finishDistribution } from '../delivery/finish.ts';
import { enqueueServiceMail } from '../delivery/service-mail.ts';
import type { PipelineParts } from '../pipeline/post.ts';

/** Redeliveries of the same bytes are recognised for this long. */
const receiptKeepMs = 5 * 86_400_000;
const lookEveryMs = 20_000;
const lockMs = 60_000;

/** One thing that has to be looked after from time to time. */
interface Chore {
  readonly name: string;
  readonly run: (parts: PipelineParts) => Promise<void>;
}

/** What is looked after, in order; each is safe to run again at any time and on any node. */
const chores: readonly Chore[] = [
  { name: 'certificate folder', run: synchroniseFolder },
  { name: 'waiting posts', run: expireWaiting },
  { name: 'owner reports', run: reportToOwners },
  {
    name: 'receipts',
    run: async ({ store, clock }) => void (await store.receipts.purge(clock.now() - receiptKeepMs)),
  },
];

/** Looks after the certificate folder, posts that waited too long and the owners' daily report. */
export class Housekeeping {
  readonly #parts: PipelineParts;
  readonly #holder: string;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  /** @param holder name of this node, for the lock that lets one node at a time do it */
  constructor(parts: PipelineParts, holder: string) {
    this.#parts = parts;
    this.#holder = holder;
  }

  start(): void {
    this.#running = this.#loop();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Does all chores once, where this node may. */
  async runOnce(): Promise<void> {
    const { store, log } = this.#parts;
    if (!(await store.locks.acquire('housekeeping', this.#holder, lockMs))) return;
    for (const chore of chores) {
      try {
        await chore.run(this.#parts);
      } catch (error) {
        // One chore that fails must not keep the others from being done.
        log.error('chore failed', {
          chore: chore.name,
          error: error instanceof Error ? error.name : 'unknown',
        });
      }
    }
  }

  async #loop(): Promise<void> {
    await this.runOnce().catch((error: unknown) => {
      this.#parts.log.error('housekeeping failed', {
        error: error instanceof Error ? error.name : 'unknown',
      });
    });
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#loop();
    }, lookEveryMs);
  }
}

async function synchroniseFolder({ folder, log }: PipelineParts): Promise<void> {
  const report = await folder.synchronise();
  if (report.taken + report.withdrawn + report.written === 0) return;
  log.info('certificate folder', {
    taken: report.taken,
    withdrawn: report.withdrawn,
    written: report.written,
  });
}

/** Drops posts that waited for a certificate for too long, and tells the owners how many. */
async function expireWaiting(parts: PipelineParts): Promise<void> {
  const { store, clock, lists } = parts;
  const dropped = await store.deliveries.expireWaiting(clock.now());
  const byList = Map.groupBy(dropped, (row) => row.list);
  for (const [address, rows] of byList) {
    const list = await lists.find(address);
    for (const distributionId of new Set(rows.map((row) => row.distributionId))) {
      const distribution = await store.distributions.get(distributionId);
      await finishDistribution(parts, distribution);
    }
    if (!list) continue;
    await enqueueServiceMail(store, `waiting-dropped ${address} ${clock.now()}`, {
      template: 'waiting-dropped-owner',
      list: address,
      to: list.owners,
      variables: { count: rows.length, addresses: [...new Set(rows.map((row) => row.address))] },
    });
  }
}

/** Sends the owners of each list, once a day, who could not read a post for want of a certificate. */
async function reportToOwners({ store, clock, lists, site }: PipelineParts): Promise<void> {
  if (!site.conf.cert_missing_report) return;
  const today = new Date(clock.now()).toISOString().slice(0, 10);
  for (const { list: address, day } of await store.reports.daysBefore(today)) {
    const list = await lists.find(address);
    await store.transaction(async (tx) => {
      const entries = await tx.reports.takeDay(address, day);
      if (!list || entries.length === 0) return;
      await enqueueServiceMail(tx, `owner-report ${address} ${day}`, {
        template: 'cert-missing-report-owner',
        list: address,
        to: list.owners,
        variables: {
          day,
          addresses: [...new Set(entries.map((entry) => entry.address))].sort(),
          count: entries.length,
        },
      });
    });
  }
}
