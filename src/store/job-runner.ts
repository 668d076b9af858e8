import type { Clock } from '../clock.ts';
import { isTemporary, SsympaError } from '../errors.ts';
import type { Log } from '../log.ts';
import { jobCodes } from './error.ts';
import type { Job, JobRole } from './jobs.ts';
import type { Store } from './store.ts';

/** What a handler says of the job that it was given. */
export type JobOutcome =
  | { readonly status: 'done' }
  | {
      readonly status: 'retry';
      readonly atMs: number;
      readonly code: string;
      readonly reason: string;
      /** False for waiting on something outside (a key, a peer): the number of tries is not used up. */
      readonly countsAsAttempt?: boolean;
    }
  | { readonly status: 'quarantine'; readonly code: string; readonly reason: string };

/** Does one kind of job. It must be safe to run again from the start after a crash. */
export type JobHandler = (job: Job) => Promise<JobOutcome>;

/** What a runner needs. */
export interface JobRunnerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly role: JobRole;
  /** Name of this process in the claims; unique in a cluster. */
  readonly worker: string;
  readonly handlers: Readonly<Record<string, JobHandler>>;
  readonly concurrency: number;
  /** Called after a job went to quarantine, so that somebody is told. */
  readonly onQuarantine: (job: Job, code: string, reason: string) => Promise<void>;
  /** Called before a job is handled, and before its outcome is written down; tests die there. */
  readonly onStep?: (at: 'claimed' | 'handled', job: Job) => Promise<void>;
}

const leaseMs = 60_000;
const pollMs = 500;
const maxAttempts = 12;
/** A job in whose middle the process died so often is likely the reason. */
const maxCrashes = 5;
const firstRetryMs = 5_000;
const longestRetryMs = 3_600_000;

/** Gives the time to wait before try number `attempts + 1`: doubling from five seconds, an hour at most. */
export function backoffMs(attempts: number): number {
  return Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(attempts, 20));
}

/** Claims due jobs of one role and runs them, several at once, until it is stopped. */
export class JobRunner {
  readonly #parts: JobRunnerParts;
  readonly #running = new Set<Promise<void>>();
  /** Set by whatever may have made work while nobody slept, so that no wake-up is lost. */
  #woken = false;
  #endSleep: () => void = () => {};
  #stopping = false;
  #loop: Promise<void> | undefined;
  #unlisten: () => void = () => {};

  constructor(parts: JobRunnerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#unlisten = this.#parts.store.onEnqueue(() => this.#wake());
    this.#loop = this.#run();
  }

  /** Ends after the jobs under way; nothing new is claimed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#unlisten();
    this.#wake();
    await this.#loop;
    await Promise.all(this.#running);
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const claimed = await this.#claim();
      for (const job of claimed) this.#launch(job);
      const full = this.#running.size >= this.#parts.concurrency;
      if (full) await Promise.race([...this.#running]);
      else if (claimed.length === 0) await this.#sleep();
    }
  }

  async #claim(): Promise<readonly Job[]> {
    const { store, role, worker, concurrency, log } = this.#parts;
    const limit = concurrency - this.#running.size;
    try {
      return limit > 0 ? await store.jobs.claim(role, worker, { leaseMs, limit }) : [];
    } catch (error) {
      log.error('jobs cannot be claimed', { role, error: messageOf(error) });
      return [];
    }
  }

  #launch(job: Job): void {
    const work = this.#work(job).finally(() => {
      this.#running.delete(work);
      this.#wake();
    });
    this.#running.add(work);
  }

  async #work(job: Job): Promise<void> {
    const { store, worker, log, onStep } = this.#parts;
    const renewal = setInterval(() => {
      store.jobs.renew(job.id, worker, leaseMs).then(
        (isOurs) => {
          if (!isOurs) log.warn('claim lost', { job: job.id, kind: job.kind });
        },
        (error: unknown) => log.warn('claim not renewed', { job: job.id, error: messageOf(error) }),
      );
    }, leaseMs / 3);
    try {
      await onStep?.('claimed', job);
      const outcome = await this.#handle(job);
      await onStep?.('handled', job);
      await this.#settle(job, outcome);
    } catch (error) {
      // The claim runs out by itself and the job is tried again.
      log.error('job outcome not written down', { job: job.id, kind: job.kind, error: messageOf(error) });
    } finally {
      clearInterval(renewal);
    }
  }

  async #handle(job: Job): Promise<JobOutcome> {
    const { handlers, clock, log } = this.#parts;
    const handler = handlers[job.kind];
    if (!handler) return asideFor('unknown-job');
    if (job.crashes >= maxCrashes) return asideFor('worker-died');
    try {
      return await handler(job);
    } catch (error) {
      const { code, reason } = noteOf(error);
      log.error('job failed', {
        job: job.id,
        kind: job.kind,
        code,
        error: messageOf(error),
        stack: stackOf(error),
      });
      const again = isTemporary(error) && job.attempts + 1 < maxAttempts;
      return again
        ? { status: 'retry', atMs: clock.now() + backoffMs(job.attempts), code, reason }
        : { status: 'quarantine', code, reason };
    }
  }

  async #settle(job: Job, outcome: JobOutcome): Promise<void> {
    const { store, worker, onQuarantine } = this.#parts;
    if (outcome.status === 'done') return store.jobs.complete(job.id, worker);
    const { code, reason } = outcome;
    if (outcome.status === 'retry') {
      const countsAsAttempt = outcome.countsAsAttempt ?? true;
      return store.jobs.retryAt(job.id, outcome.atMs, { code, reason, countsAsAttempt, worker });
    }
    if (await store.jobs.quarantine(job.id, { code, reason, worker })) await onQuarantine(job, code, reason);
  }

  #wake(): void {
    this.#woken = true;
    this.#endSleep();
  }

  async #sleep(): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs);
        this.#endSleep = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#woken = false;
  }
}

function asideFor(code: keyof typeof jobCodes): JobOutcome {
  return { status: 'quarantine', code, reason: jobCodes[code].meaning };
}

function noteOf(error: unknown): { readonly code: string; readonly reason: string } {
  if (error instanceof SsympaError) return { code: error.code, reason: error.message };
  return { code: 'bug', reason: jobCodes.bug.meaning };
}

/** An unexpected error may quote what it was given, so only its name and system code are told. */
function messageOf(error: unknown): string {
  if (error instanceof SsympaError) return `${error.name}: ${error.message}`;
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error.name : `${error.name} ${code}`;
}

function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof SsympaError) return undefined;
  return error.stack
    ?.split('\n')
    .filter((line) => line.startsWith('    at '))
    .join('\n');
}
