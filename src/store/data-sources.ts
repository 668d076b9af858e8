import type { Database } from './database.ts';
import type { InclusionRole, InclusionSource } from './inclusions.ts';
import type { DataSourceTable } from './schema.ts';

/** How a data source of a list was last read. */
export interface DataSourceState extends Readonly<Omit<DataSourceTable, 'role'>> {
  readonly role: InclusionRole;
}

/** Data sources, and how each was last read. */
export class DataSources {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Gives those of one list, or of all, by list and name. */
  async all(list?: string): Promise<readonly DataSourceState[]> {
    let query = this.#database.db.selectFrom('data_source').selectAll();
    if (list !== undefined) query = query.where('list', '=', list);
    return (await query.orderBy('list').orderBy('role').orderBy('name').execute()) as DataSourceState[];
  }

  /** Gives the lists that were ever read into, and still have a source or somebody of one. */
  async lists(): Promise<ReadonlySet<string>> {
    const query = this.#database.db.selectFrom('data_source').select('list').distinct();
    return new Set((await query.execute()).map(({ list }) => list));
  }

  /** Gives when a list was last read into, whatever came of it. */
  async lastTry(list: string): Promise<number | undefined> {
    const { max } = this.#database.db.fn;
    const query = this.#database.db.selectFrom('data_source').select(max('triedAt').as('last'));
    const last = (await query.where('list', '=', list).executeTakeFirst())?.last;
    return last === undefined || last === null ? undefined : Number(last);
  }

  /** Writes down how a source was read. */
  async put(state: DataSourceState): Promise<void> {
    const { list, role, source, ...rest } = state;
    await this.#database.db
      .insertInto('data_source')
      .values({ list, role, source, ...rest })
      .onConflict((conflict) => conflict.columns(['list', 'role', 'source']).doUpdateSet(rest))
      .execute();
  }

  async remove({ list, role, source }: InclusionSource): Promise<void> {
    await this.#database.db
      .deleteFrom('data_source')
      .where('list', '=', list)
      .where('role', '=', role)
      .where('source', '=', source)
      .execute();
  }
}
