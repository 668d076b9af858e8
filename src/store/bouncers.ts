import type { Database } from './database.ts';
import type { BouncerTable } from './schema.ts';

/** A subscriber whose mail came back. */
export type Bouncer = Readonly<BouncerTable>;

/** Bouncing subscribers of one level. */
export interface BouncersOfLevel {
  readonly list: string;
  /** Lowest score, included. */
  readonly from: number;
  /** Lowest score that is of a higher level; `undefined` for the highest. */
  readonly below: number | undefined;
}

const pageSize = 1_000;

/** Subscribers whose mail came back: since when, how often, and what that makes of them. */
export class Bouncers {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(list: string, address: string): Promise<Bouncer | undefined> {
    const query = this.#database.db.selectFrom('bouncer').selectAll().where('list', '=', list);
    return query.where('address', '=', address).executeTakeFirst();
  }

  /** Gives those of some addresses whose mail came back. */
  async among(list: string, addresses: readonly string[]): Promise<ReadonlySet<string>> {
    if (addresses.length === 0) return new Set();
    const query = this.#database.db.selectFrom('bouncer').select('address').where('list', '=', list);
    const rows = await query.where('address', 'in', addresses).execute();
    return new Set(rows.map((row) => row.address));
  }

  /** Gives all of a list, page by page, by address. */
  async *iterate(list: string): AsyncGenerator<Bouncer> {
    let after = '';
    for (;;) {
      const query = this.#database.db.selectFrom('bouncer').selectAll().where('list', '=', list);
      const page = await query.where('address', '>', after).orderBy('address').limit(pageSize).execute();
      yield* page;
      if (page.length < pageSize) return;
      after = page.at(-1)!.address;
    }
  }

  /** Counts those who are subscribed. */
  async count(list: string): Promise<number> {
    const row = await this.#database.db
      .selectFrom('bouncer')
      .innerJoin('subscriber', (join) =>
        join
          .onRef('subscriber.list', '=', 'bouncer.list')
          .onRef('subscriber.address', '=', 'bouncer.address'),
      )
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('bouncer.list', '=', list)
      .executeTakeFirst();
    return Number(row?.count ?? 0);
  }

  /** @param score 0 to 100; `null` while there is too little to tell */
  async setScore({ list, address }: Bouncer, score: number | null): Promise<void> {
    await this.#database.db
      .updateTable('bouncer')
      .set({ score })
      .where('list', '=', list)
      .where('address', '=', address)
      .execute();
  }

  /**
   * Takes some of a level that a run has not taken yet, within the transaction of what is done with them.
   *
   * @param run unlike for each run, alike when one is done again after a crash
   * @returns at most `limit`, by address
   */
  async take(
    { list, from, below }: BouncersOfLevel,
    run: string,
    limit: number,
  ): Promise<readonly Bouncer[]> {
    const { db } = this.#database;
    let query = db.selectFrom('bouncer').selectAll().where('list', '=', list).where('score', '>=', from);
    if (below !== undefined) query = query.where('score', '<', below);
    const rows = await query
      .where((of) => of.or([of('actedBy', 'is', null), of('actedBy', '!=', run)]))
      .orderBy('address')
      .limit(limit)
      .execute();
    if (rows.length === 0) return rows;
    const addresses = rows.map((row) => row.address);
    const taken = db.updateTable('bouncer').set({ actedBy: run }).where('list', '=', list);
    await taken.where('address', 'in', addresses).execute();
    return rows;
  }
}
