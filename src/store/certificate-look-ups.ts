import type { Database } from './database.ts';
import type { CertificateLookUpTable } from './schema.ts';

/** When a directory was last asked about somebody, so that nobody is asked about at each post. */
export class CertificateLookUps {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(address: string): Promise<Readonly<CertificateLookUpTable> | undefined> {
    const query = this.#database.db.selectFrom('certificate_look_up').selectAll();
    return query.where('address', '=', address).executeTakeFirst();
  }

  /** @param found how many usable certificates the directory has */
  async note(address: string, found: number): Promise<void> {
    const row = { lookedAt: this.#database.clock.now(), found };
    await this.#database.db
      .insertInto('certificate_look_up')
      .values({ address, ...row })
      .onConflict((conflict) => conflict.column('address').doUpdateSet(row))
      .execute();
  }

  /** Gives those who were found and last asked about before a time, the oldest first. */
  async staleBefore(beforeMs: number, limit: number): Promise<readonly string[]> {
    const query = this.#database.db
      .selectFrom('certificate_look_up')
      .select('address')
      .where('lookedAt', '<', beforeMs)
      .where('found', '>', 0);
    return (await query.orderBy('lookedAt').limit(limit).execute()).map(({ address }) => address);
  }
}
