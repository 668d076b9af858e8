import type { Database } from './database.ts';
import type { PersonTable } from './schema.ts';

/** What is known of somebody beyond one list. */
export type Person = Readonly<PersonTable>;

/** Persons, by address. */
export class Persons {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(address: string): Promise<Person | undefined> {
    const query = this.#database.db.selectFrom('person').selectAll().where('address', '=', address);
    return query.executeTakeFirst();
  }

  /** Writes down what is new of somebody; what is not given stays. */
  async note(address: string, facts: Partial<Pick<Person, 'gecos' | 'lang'>>): Promise<void> {
    const { db, clock } = this.#database;
    const updatedAt = clock.now();
    await db
      .insertInto('person')
      .values({ address, gecos: null, lang: null, ...facts, updatedAt })
      .onConflict((conflict) => conflict.column('address').doUpdateSet({ ...facts, updatedAt }))
      .execute();
  }

  /** Moves what is known to another address; what is known of that one already stays. */
  async move(from: string, to: string): Promise<void> {
    const { db } = this.#database;
    const known = await this.find(from);
    if (!known) return;
    await db
      .insertInto('person')
      .values({ ...known, address: to })
      .onConflict((conflict) => conflict.column('address').doNothing())
      .execute();
    await db.deleteFrom('person').where('address', '=', from).execute();
  }
}
