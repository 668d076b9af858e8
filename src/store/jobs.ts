import { newId } from '../secrets.ts';
import type { Database } from './database.ts';
import type { JobTable } from './schema.ts';

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
  readonly attempts: number;
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
}

/** Jobs: claimed by one worker at a time, tried again after a failure or a crash, put aside when nothing helps. */
export class Jobs {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds a job; one of the same kind and subject that is there already stays, and keeps the earlier time. */
  async enqueue(job: NewJob): Promise<void> {
    const { db, clock, jobsChanged } = this.#database;
    const nowMs = clock.now();
    const runAt = job.runAt ?? nowMs;
    await db
      .insertInto('job')
      .values({
        id: newId(nowMs),
        role: job.role,
        kind: job.kind,
        subject: job.subject,
        payload: JSON.stringify(job.payload ?? {}),
        state: 'ready',
        runAt,
        attempts: 0,
        createdAt: nowMs,
      })
      .onConflict((conflict) =>
        conflict.columns(['kind', 'subject']).doUpdateSet({ runAt }).where('job.runAt', '>', runAt),
      )
      .execute();
    jobsChanged();
  }

  /** Takes due jobs that nobody works on, or whose worker's claim ran out. */
  async claim(
    role: JobRole,
    worker: string,
    { leaseMs, limit }: { readonly leaseMs: number; readonly limit: number },
  ): Promise<readonly Job[]> {
    const { db, engine, clock } = this.#database;
    const nowMs = clock.now();
    const due = db
      .selectFrom('job')
      .select('id')
      .where('role', '=', role)
      .where('state', '=', 'ready')
      .where('runAt', '<=', nowMs)
      .where((where) => where.or([where('claimedUntil', 'is', null), where('claimedUntil', '<', nowMs)]))
      .orderBy('runAt')
      .orderBy('id')
      .limit(limit);
    // PostgreSQL: two nodes that look at once must not wait for each other, nor take the same job.
    const chosen = engine === 'postgres' ? due.forUpdate().skipLocked() : due;
    const rows = await db
      .updateTable('job')
      .set({ claimedBy: worker, claimedUntil: nowMs + leaseMs })
      .where('id', 'in', chosen)
      .returningAll()
      .execute();
    return rows.map(jobOf).sort((a, b) => a.runAt - b.runAt || (a.id < b.id ? -1 : 1));
  }

  /** Keeps a claim for longer. */
  async renew(id: string, worker: string, leaseMs: number): Promise<void> {
    const { db, clock } = this.#database;
    await db
      .updateTable('job')
      .set({ claimedUntil: clock.now() + leaseMs })
      .where('id', '=', id)
      .where('claimedBy', '=', worker)
      .execute();
  }

  /** Gives up the claims of every worker but those named: the one process of an embedded store starts anew. */
  async releaseClaimsExcept(worker: string): Promise<void> {
    await this.#database.db
      .updateTable('job')
      .set({ claimedBy: null, claimedUntil: null })
      .where('claimedBy', 'is not', null)
      .where('claimedBy', '!=', worker)
      .execute();
  }

  /** Ends a job. */
  async complete(id: string): Promise<void> {
    await this.#database.db.deleteFrom('job').where('id', '=', id).execute();
  }

  async retryAt(
    id: string,
    runAt: number,
    note: JobNote & { readonly countsAsAttempt?: boolean },
  ): Promise<void> {
    const { code, reason, countsAsAttempt = true } = note;
    await this.#database.db
      .updateTable('job')
      .set((expression) => ({
        runAt,
        code,
        reason,
        claimedBy: null,
        claimedUntil: null,
        attempts: expression('attempts', '+', countsAsAttempt ? 1 : 0),
      }))
      .where('id', '=', id)
      .execute();
  }

  async quarantine(id: string, { code, reason }: JobNote): Promise<void> {
    await this.#database.db
      .updateTable('job')
      .set({ state: 'quarantined', code, reason, claimedBy: null, claimedUntil: null })
      .where('id', '=', id)
      .execute();
  }

  /**
   * Makes a job due now, out of quarantine too.
   *
   * @returns false when there is no such job
   */
  async release(id: string): Promise<boolean> {
    const { db, clock, jobsChanged } = this.#database;
    const result = await db
      .updateTable('job')
      .set({ state: 'ready', runAt: clock.now(), attempts: 0, claimedBy: null, claimedUntil: null })
      .where('id', '=', id)
      .executeTakeFirst();
    jobsChanged();
    return result.numUpdatedRows > 0n;
  }

  /** Makes every job due now that waits for one reason. */
  async releaseByCode(code: string): Promise<void> {
    const { db, clock, jobsChanged } = this.#database;
    await db
      .updateTable('job')
      .set({ runAt: clock.now() })
      .where('code', '=', code)
      .where('state', '=', 'ready')
      .where('claimedBy', 'is', null)
      .execute();
    jobsChanged();
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

  async list({ states }: { readonly states?: readonly JobState[] } = {}): Promise<readonly Job[]> {
    let query = this.#database.db.selectFrom('job').selectAll().orderBy('id');
    if (states) query = query.where('state', 'in', states);
    return (await query.execute()).map(jobOf);
  }
}

function jobOf(row: JobTable): Job {
  return {
    ...row,
    role: row.role as JobRole,
    state: row.state as JobState,
    payload: JSON.parse(row.payload) as JobPayload,
  };
}
