import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely';
import { newId } from '../secrets.ts';
import type { Database } from './database.ts';
import { pieces } from './pieces.ts';
import type { JobTable, Schema } from './schema.ts';

/** Which part of the daemon does a job. */
export type JobRole = 'pipeline' | 'delivery' | 'tasks';

/** Whether a job is to be done, or was put aside. */
export type JobState = 'ready' | 'quarantined';

/** Values that a job carries. */
export type JobPayload = Readonly<Record<string, unknown>>;

/** A piece of work that outlives the process. */
export interface Job {
  readonly id: string;
  readonly role: JobRole;
  readonly kind: string;
  /** What it is about; one job of a kind a subject. */
  readonly subject: string;
  readonly payload: JobPayload;
  readonly state: JobState;
  readonly runAt: number;
  /** Tries that ended in a failure. */
  readonly attempts: number;
  /** Tries that had no end, because their process died. */
  readonly crashes: number;
  /** When it is to run once more after the run under way; it was asked for in the middle of that. */
  readonly againAt: number | null;
  readonly claimedBy: string | null;
  readonly claimedUntil: number | null;
  /** Why it is tried again, or was put aside. */
  readonly code: string | null;
  readonly reason: string | null;
  readonly createdAt: number;
}

/** A job to be done. */
export interface NewJob {
  readonly role: JobRole;
  readonly kind: string;
  readonly subject: string;
  readonly payload?: JobPayload;
  readonly runAt?: number;
}

/** Why a job did not end. */
export interface JobNote {
  readonly code: string;
  readonly reason: string;
  /** Whose claim it was: where another has taken the job over since, nothing is changed. */
  readonly worker?: string;
}

type JobExpression = ExpressionBuilder<Schema, 'job'>;

/** Literals where an index is for one state only: a bound value would not be known to match it. */
const ready = sql.lit('ready');
const unmarked = { attempts: 0, crashes: 0, code: null, reason: null };
const unclaimed = { claimedBy: null, claimedUntil: null, againAt: null };

/** Jobs: claimed by one worker at a time, tried again after a failure or a crash, put aside when nothing helps. */
export class Jobs {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Adds a job. One of the same kind and subject that is there already stays, and keeps the earlier time; one that is being
   * done runs once more afterwards, since it may have looked before what this is about was there.
   */
  async enqueue(job: NewJob): Promise<void> {
    const { db, clock, jobsChanged } = this.#database;
    const nowMs = clock.now();
    const { role, kind, subject, runAt = nowMs } = job;
    const payload = JSON.stringify(job.payload ?? {});
    const counts = { attempts: 0, crashes: 0, createdAt: nowMs };
    await db
      .insertInto('job')
      .values({ id: newId(nowMs), role, kind, subject, payload, state: 'ready', runAt, ...counts })
      .onConflict((conflict) =>
        conflict
          .columns(['kind', 'subject'])
          .doUpdateSet((of) => ({
            runAt: sql<number>`case when ${of.ref('job.claimedBy')} is null and ${of.ref('job.runAt')} > ${runAt}
              then ${runAt} else ${of.ref('job.runAt')} end`,
            againAt: sql<number | null>`case when ${of.ref('job.claimedBy')} is null then null
              when ${of.ref('job.againAt')} < ${runAt} then ${of.ref('job.againAt')} else ${runAt} end`,
          }))
          .where('job.state', '=', ready),
      )
      .execute();
    jobsChanged();
  }

  /** Adds many jobs at once; of the same kind and subject one that is there already stays as it is. */
  async enqueueNew(jobs: readonly NewJob[]): Promise<void> {
    if (jobs.length === 0) return;
    const { db, clock, jobsChanged } = this.#database;
    const nowMs = clock.now();
    const counts = { attempts: 0, crashes: 0, createdAt: nowMs };
    for (const piece of pieces(jobs))
      await db
        .insertInto('job')
        .values(
          piece.map(({ role, kind, subject, runAt = nowMs, payload = {} }) => ({
            ...{ id: newId(nowMs), role, kind, subject, state: 'ready', runAt, ...counts },
            payload: JSON.stringify(payload),
          })),
        )
        .onConflict((conflict) => conflict.columns(['kind', 'subject']).doNothing())
        .execute();
    jobsChanged();
  }

  /**
   * Takes due jobs that nobody works on, or whose worker's claim ran out.
   *
   * @returns at most `limit`, the longest due first
   */
  async claim(
    role: JobRole,
    worker: string,
    { leaseMs, limit }: { readonly leaseMs: number; readonly limit: number },
  ): Promise<readonly Job[]> {
    const { db, engine, clock } = this.#database;
    const nowMs = clock.now();
    const rows = await db
      .with('due', (due) => {
        const query = due
          .selectFrom('job')
          .select('id')
          .where('role', '=', role)
          .where('state', '=', ready)
          .where('runAt', '<=', nowMs)
          .where((of) => of.or([of('claimedUntil', 'is', null), of('claimedUntil', '<', nowMs)]))
          .orderBy('runAt')
          .orderBy('id')
          .limit(limit);
        // Two nodes that look at once must not wait for each other, nor take the same job.
        return engine === 'postgres' ? query.forUpdate().skipLocked() : query;
      })
      .updateTable('job')
      .set({ claimedBy: worker, claimedUntil: nowMs + leaseMs, againAt: null, crashes: countCrash(worker) })
      .where('id', 'in', (of) => of.selectFrom('due').select('due.id'))
      .returningAll()
      .execute();
    return rows.map(jobOf).sort((a, b) => a.runAt - b.runAt || (a.id < b.id ? -1 : 1));
  }

  /**
   * Keeps a claim for longer.
   *
   * @returns false when it is not this worker's any more
   */
  async renew(id: string, worker: string, leaseMs: number): Promise<boolean> {
    const { db, clock } = this.#database;
    const result = await db
      .updateTable('job')
      .set({ claimedUntil: clock.now() + leaseMs })
      .where('id', '=', id)
      .where('claimedBy', '=', worker)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /** Gives the workers that have claimed jobs. */
  async claimants(): Promise<readonly string[]> {
    const rows = await this.#database.db
      .selectFrom('job')
      .select('claimedBy')
      .distinct()
      .where('claimedBy', 'is not', null)
      .execute();
    return rows.flatMap(({ claimedBy }) => (claimedBy === null ? [] : [claimedBy]));
  }

  /** Gives up the claims of workers that are known to be dead, before their lease is over. */
  async releaseClaimsOf(workers: readonly string[]): Promise<void> {
    if (workers.length === 0) return;
    await this.#database.db
      .updateTable('job')
      .set({ ...unclaimed, crashes: countCrash('') })
      .where('claimedBy', 'in', workers)
      .execute();
  }

  /**
   * Ends a job, unless it was asked for again since it was claimed: then it is ready once more.
   *
   * @param worker whose claim it was: where another has taken the job over since, nothing is changed
   */
  async complete(id: string, worker?: string): Promise<void> {
    const { db, jobsChanged } = this.#database;
    let ended = db.deleteFrom('job').where('id', '=', id).where('againAt', 'is', null);
    if (worker !== undefined) ended = ended.where('claimedBy', '=', worker);
    if ((await ended.executeTakeFirst()).numDeletedRows > 0n) return;
    let again = db
      .updateTable('job')
      .set((of) => ({ runAt: of.ref('againAt').$notNull(), ...unclaimed, ...unmarked }))
      .where('id', '=', id)
      .where('againAt', 'is not', null);
    if (worker !== undefined) again = again.where('claimedBy', '=', worker);
    if ((await again.executeTakeFirst()).numUpdatedRows > 0n) jobsChanged();
  }

  /** Has a job tried again at a time, or earlier where it was asked for again. */
  async retryAt(
    id: string,
    runAt: number,
    note: JobNote & { readonly countsAsAttempt?: boolean },
  ): Promise<void> {
    const { code, reason, worker, countsAsAttempt = true } = note;
    let query = this.#database.db
      .updateTable('job')
      .set((of) => ({
        runAt: sql<number>`case when ${of.ref('againAt')} < ${runAt} then ${of.ref('againAt')} else ${runAt} end`,
        code,
        reason,
        ...unclaimed,
        attempts: of('attempts', '+', countsAsAttempt ? 1 : 0),
        crashes: 0,
      }))
      .where('id', '=', id);
    if (worker !== undefined) query = query.where('claimedBy', '=', worker);
    await query.execute();
  }

  /**
   * Puts a job aside, until somebody releases or completes it.
   *
   * @returns false when another worker has taken it over since, or there is no such job
   */
  async quarantine(id: string, { code, reason, worker }: JobNote): Promise<boolean> {
    let query = this.#database.db
      .updateTable('job')
      .set({ state: 'quarantined', code, reason, ...unclaimed })
      .where('id', '=', id);
    if (worker !== undefined) query = query.where('claimedBy', '=', worker);
    return (await query.executeTakeFirst()).numUpdatedRows > 0n;
  }

  /**
   * Makes a job due now, out of quarantine too; one that is being done is left to it.
   *
   * @returns false when there is no such job
   */
  async release(id: string): Promise<boolean> {
    const { db, clock, jobsChanged } = this.#database;
    const nowMs = clock.now();
    await db
      .updateTable('job')
      .set({ state: 'ready', runAt: nowMs, attempts: 0, crashes: 0, ...unclaimed })
      .where('id', '=', id)
      .where((of) => of.or([of('claimedUntil', 'is', null), of('claimedUntil', '<', nowMs)]))
      .execute();
    jobsChanged();
    const query = db.selectFrom('job').select('id').where('id', '=', id);
    return (await query.executeTakeFirst()) !== undefined;
  }

  /** Makes every job due now that waits for one reason. */
  async releaseByCode(code: string): Promise<void> {
    const { db, clock, jobsChanged } = this.#database;
    await db
      .updateTable('job')
      .set({ runAt: clock.now() })
      .where('code', '=', code)
      .where('state', '=', ready)
      .where('claimedBy', 'is', null)
      .execute();
    jobsChanged();
  }

  /** Gives the time at which the next job of a role can be claimed, undefined when there is none. */
  async nextDueAt(role: JobRole): Promise<number | undefined> {
    const row = await this.#database.db
      .selectFrom('job')
      .select((of) =>
        of.fn
          .min(sql<number>`case when "claimedUntil" > "runAt" then "claimedUntil" else "runAt" end`)
          .as('at'),
      )
      .where('role', '=', role)
      .where('state', '=', ready)
      .executeTakeFirst();
    return row?.at ?? undefined;
  }

  async find(kind: string, subject: string): Promise<Job | undefined> {
    const row = await this.#database.db
      .selectFrom('job')
      .selectAll()
      .where('kind', '=', kind)
      .where('subject', '=', subject)
      .executeTakeFirst();
    return row && jobOf(row);
  }

  /** Gives jobs, oldest first. */
  async list({ states }: { readonly states?: readonly JobState[] } = {}): Promise<readonly Job[]> {
    let query = this.#database.db.selectFrom('job').selectAll().orderBy('id');
    if (states) query = query.where('state', 'in', states);
    return (await query.execute()).map(jobOf);
  }
}

/** A claim of another worker that is still there was never settled: its process died. */
function countCrash(worker: string): (of: JobExpression) => RawBuilder<number> {
  return (
    of,
  ) => sql<number>`case when ${of.ref('job.claimedBy')} <> ${worker} then ${of.ref('job.crashes')} + 1
    else ${of.ref('job.crashes')} end`;
}

function jobOf(row: JobTable): Job {
  return {
    ...row,
    role: row.role as JobRole,
    state: row.state as JobState,
    payload: JSON.parse(row.payload) as JobPayload,
  };
}
