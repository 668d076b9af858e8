import { sql } from 'kysely';
import type { Database } from './database.ts';

/** How many of a kind are allowed, and how the count fades. */
export interface RateLimit {
  readonly max: number;
  readonly periodMs: number;
  /** What the count is multiplied with when a period is over, 0 to 1. */
  readonly decay: number;
}

/** Where a count stands: `just-over` is told of the first one too many of a period, so that it can be said once. */
export type RateStanding = 'within' | 'just-over' | 'over';

/** What is counted of one address: a subject is such a word and the address. */
export const countedOfAddress = [
  'mail',
  'answer',
  'request',
  'limit-told',
  'idle',
  'report',
  'archive',
] as const;

/** Names the counter of an address, as `report alice@example.org`. */
export function addressSubject(word: (typeof countedOfAddress)[number], address: string): string {
  return `${word} ${address}`;
}

/** Counters against floods, alike on all nodes. */
export class Rates {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Counts one more, and tells whether that is still within the limit.
   *
   * @param subject what is counted: `report alice@example.org`
   */
  async allow(subject: string, limit: RateLimit): Promise<boolean> {
    return (await this.count(subject, limit)) === 'within';
  }

  /** Counts one more, and tells how that stands to the limit. */
  async count(subject: string, { max, periodMs, decay }: RateLimit): Promise<RateStanding> {
    const { db, clock } = this.#database;
    const nowMs = clock.now();
    const thousandths = Math.round(Math.min(1, Math.max(0, decay)) * 1_000);
    const isOver = sql<boolean>`"rate"."since" <= ${nowMs - periodMs}`;
    const row = await db
      .insertInto('rate')
      .values({ subject, count: 1, since: nowMs })
      .onConflict((conflict) =>
        conflict.column('subject').doUpdateSet({
          count: sql<number>`case when ${isOver} then "rate"."count" * ${sql.lit(thousandths)} / 1000 + 1
            else "rate"."count" + 1 end`,
          since: sql<number>`case when ${isOver} then ${sql.lit(nowMs)} else "rate"."since" end`,
        }),
      )
      .returning('count')
      .executeTakeFirstOrThrow();
    const over = Number(row.count) - max;
    if (over <= 0) return 'within';
    return over === 1 ? 'just-over' : 'over';
  }

  /** Forgets what was counted before a time. */
  async purge(olderThanMs: number): Promise<void> {
    await this.#database.db.deleteFrom('rate').where('since', '<', olderThanMs).execute();
  }
}

/** Signatures that a command was carried out by: each counts once. */
export class UsedSignatures {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns true when the signature is new, or was claimed by the same message */
  async claim(digest: string, messageId: string): Promise<boolean> {
    const { db, clock } = this.#database;
    await db
      .insertInto('signature_used')
      .values({ digest, messageId, usedAt: clock.now() })
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .execute();
    const query = db.selectFrom('signature_used').select('messageId').where('digest', '=', digest);
    return (await query.executeTakeFirst())?.messageId === messageId;
  }

  /** Forgets what was used before a time: by then the signing time is too old to count. */
  async purge(olderThanMs: number): Promise<void> {
    await this.#database.db.deleteFrom('signature_used').where('usedAt', '<', olderThanMs).execute();
  }
}
