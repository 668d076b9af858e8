import { type ExpressionBuilder, sql } from 'kysely';
import type { Database } from './database.ts';
import { StoreError } from './error.ts';
import type { Schema } from './schema.ts';

/** How the content of a distribution is kept. */
export type DistributionForm =
  | 'plain'
  | 'sealed'
  | 'notice'
  /** A text of ours, kept as it is, and an encrypted post with it, sealed together for each recipient. */
  | 'wrapped';

/** One message on its way to some recipients. */
export interface Distribution {
  readonly id: string;
  /** The message that it came of; empty for a notice. */
  readonly messageId: string;
  readonly list: string;
  readonly sender: string;
  readonly sequence: number;
  readonly form: DistributionForm;
  /** The outer header, without the fields that differ by recipient. */
  readonly head: Uint8Array;
  /** The body of what leaves as it is; `null` for what is sealed: only ciphertext lies in the message. */
  readonly content: Uint8Array | null;
  /** JSON: how it leaves. */
  readonly policy: string;
  readonly createdAt: number;
  readonly finishedAt: number | null;
}

export type NewDistribution = Distribution;

/** Distributions. */
export class Distributions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(distribution: NewDistribution): Promise<void> {
    if (distribution.form === 'sealed' && distribution.content !== null)
      throw new Error('a sealed distribution has no stored content');
    await this.#database.db.insertInto('distribution').values(distribution).execute();
  }

  async find(id: string): Promise<Distribution | undefined> {
    const row = await this.#database.db
      .selectFrom('distribution')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    return row as Distribution | undefined;
  }

  /** @throws StoreError `no-such-distribution` */
  async get(id: string): Promise<Distribution> {
    const found = await this.find(id);
    if (!found) throw new StoreError('no-such-distribution', `no distribution ${id.slice(0, 64)} is stored`);
    return found;
  }

  /** Gives what a message became, newest first. */
  async ofMessage(messageId: string): Promise<readonly Distribution[]> {
    const rows = await this.#database.db
      .selectFrom('distribution')
      .selectAll()
      .where('messageId', '=', messageId)
      .orderBy('id', 'desc')
      .execute();
    return rows as Distribution[];
  }

  /**
   * Gives when the posts of a list went out, since a time, in any order. A copy that somebody had sent out of the archive
   * later is no post of its own.
   */
  async postTimes(list: string, sinceMs: number): Promise<readonly number[]> {
    const rows = await this.#database.db
      .selectFrom('distribution')
      .select(({ fn }) => fn.min<number>('createdAt').as('at'))
      .where('list', '=', list)
      .where('createdAt', '>=', sinceMs)
      .where('sequence', '>', sql.lit(0))
      .groupBy('messageId')
      .execute();
    return rows.map((row) => Number(row.at));
  }

  /**
   * Closes a distribution when no recipient is pending or waiting, and lets go of its content.
   *
   * @param keepsContent the archive needs the content
   * @returns true when it is closed
   */
  async markFinishedWhenDone(id: string, nowMs: number, keepsContent = false): Promise<boolean> {
    const result = await this.#database.db
      .updateTable('distribution')
      .set({ finishedAt: nowMs, ...(!keepsContent && { content: null }) })
      .where('id', '=', id)
      .where((of) => of.not(of.exists(deliveriesIn(of, id, 'pending'))))
      .where((of) => of.not(of.exists(deliveriesIn(of, id, 'waiting'))))
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /** Lets go of the content that the archive kept; one that is under way loses it when it is closed. */
  async dropContent(id: string): Promise<void> {
    await this.#database.db
      .updateTable('distribution')
      .set({ content: null })
      .where('id', '=', id)
      .where('finishedAt', 'is not', null)
      .execute();
  }
}

/** The state is a literal: a bound value would not be known to match the index of that state, and there may be many rows. */
function deliveriesIn(
  of: ExpressionBuilder<Schema, 'distribution'>,
  id: string,
  state: 'pending' | 'waiting',
) {
  return of
    .selectFrom('delivery')
    .select('address')
    .where('distributionId', '=', id)
    .where('state', '=', sql.lit(state));
}
