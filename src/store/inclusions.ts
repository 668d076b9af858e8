import type { Database } from './database.ts';
import { pieces } from './pieces.ts';
import type { InclusionTable } from './schema.ts';

/** What a data source may make of those whom it names. */
export type InclusionRole = 'member' | 'owner' | 'editor';

/** One whom a data source names. */
export interface Inclusion extends Readonly<Omit<InclusionTable, 'role'>> {
  readonly role: InclusionRole;
}

/** A source of a list, and what it makes of people. */
export type InclusionSource = Pick<Inclusion, 'list' | 'role' | 'source'>;

const pageSize = 10_000;

/** Whom the data sources of lists name, a row for each source. */
export class Inclusions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Gives the addresses of a source, each with the name that it had there. */
  async ofSource({ list, role, source }: InclusionSource): Promise<ReadonlyMap<string, string | null>> {
    const found = new Map<string, string | null>();
    for (let after = ''; ; ) {
      const page = await this.#database.db
        .selectFrom('inclusion')
        .select(['address', 'gecos'])
        .where('list', '=', list)
        .where('role', '=', role)
        .where('address', '>', after)
        .where('source', '=', source)
        .orderBy('address')
        .limit(pageSize)
        .execute();
      for (const { address, gecos } of page) found.set(address, gecos);
      if (page.length < pageSize) return found;
      after = page.at(-1)!.address;
    }
  }

  /** Gives all who have a role by sources, by address; without a list, those of all lists. */
  async ofRole(role: InclusionRole, list?: string): Promise<readonly Inclusion[]> {
    let query = this.#database.db.selectFrom('inclusion').selectAll().where('role', '=', role);
    if (list !== undefined) query = query.where('list', '=', list);
    return (await query.orderBy('list').orderBy('address').orderBy('source').execute()) as Inclusion[];
  }

  /** Writes down whom sources name; of those who are known the name and options are set anew. */
  async put(rows: readonly Inclusion[]): Promise<void> {
    for (const piece of pieces(rows))
      await this.#database.db
        .insertInto('inclusion')
        .values([...piece])
        .onConflict((conflict) =>
          conflict.columns(['list', 'role', 'address', 'source']).doUpdateSet((of) => ({
            gecos: of.ref('excluded.gecos'),
            options: of.ref('excluded.options'),
          })),
        )
        .execute();
  }

  /** Takes out those whom a source does not name any more. */
  async drop({ list, role, source }: InclusionSource, addresses: readonly string[]): Promise<void> {
    for (const piece of pieces(addresses))
      await this.#database.db
        .deleteFrom('inclusion')
        .where('list', '=', list)
        .where('role', '=', role)
        .where('source', '=', source)
        .where('address', 'in', piece)
        .execute();
  }

  /**
   * Takes out who left the list by themselves: also who did so since the sources were read.
   *
   * @returns how many rows these were
   */
  async dropExcluded(list: string): Promise<number> {
    const { numDeletedRows } = await this.#database.db
      .deleteFrom('inclusion')
      .where('list', '=', list)
      .where('role', '=', 'member')
      .where('address', 'in', (of) =>
        of.selectFrom('exclusion').select('exclusion.address').where('exclusion.list', '=', list),
      )
      .executeTakeFirst();
    return Number(numDeletedRows);
  }

  /**
   * Takes out what came from sources that a list has no more.
   *
   * @param kept the sources that it has
   * @returns how many rows these were
   */
  async dropOthers(list: string, role: InclusionRole, kept: readonly string[]): Promise<number> {
    let query = this.#database.db.deleteFrom('inclusion').where('list', '=', list).where('role', '=', role);
    if (kept.length > 0) query = query.where('source', 'not in', kept);
    return Number((await query.executeTakeFirst()).numDeletedRows);
  }
}

/** Who left a list and is not to come back by a data source. */
export class Exclusions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async ofList(list: string): Promise<ReadonlySet<string>> {
    const query = this.#database.db.selectFrom('exclusion').select('address').where('list', '=', list);
    return new Set((await query.execute()).map(({ address }) => address));
  }
}
