import type { Database } from './database.ts';

/** A certificate of an authority that stood between a person's and an anchor in a valid path. */
export interface AuthorityRecord {
  /** Lower-case hex of its SHA-256. */
  readonly sha256: string;
  readonly der: Uint8Array;
  readonly notAfter: number;
}

/** Certificates of authorities, so that paths of persons can be validated again later. */
export class Authorities {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Keeps what is not here yet, and lets go what has ended. */
  async keep(records: readonly AuthorityRecord[]): Promise<void> {
    const { db, clock } = this.#database;
    if (records.length === 0) return;
    const addedAt = clock.now();
    for (const { sha256, der, notAfter } of records)
      await db
        .insertInto('authority')
        .values({ sha256, der, notAfter, addedAt })
        .onConflict((conflict) => conflict.column('sha256').doNothing())
        .execute();
    await db.deleteFrom('authority').where('notAfter', '<', addedAt).execute();
  }

  /** Gives a text that changes when another one is kept: to know whether {@link list} must be read again. */
  async version(): Promise<string> {
    const query = this.#database.db
      .selectFrom('authority')
      .select(({ fn }) => [fn.countAll<number>().as('count'), fn.max('addedAt').as('newest')]);
    const row = await query.executeTakeFirst();
    return `${row?.count ?? 0} ${row?.newest ?? 0}`;
  }

  async list(): Promise<readonly AuthorityRecord[]> {
    const query = this.#database.db.selectFrom('authority').select(['sha256', 'der', 'notAfter']);
    return query.orderBy('sha256').execute();
  }
}
