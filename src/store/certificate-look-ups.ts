import type { Database } from './database.ts';
import type { CertificateLookUpTable } from './schema.ts';

/** When sources of certificates were last asked about somebody, so that nobody is asked about at each post. */
export class CertificateLookUps {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(address: string): Promise<Readonly<CertificateLookUpTable> | undefined> {
    const query = this.#database.db.selectFrom('certificate_look_up').selectAll();
    return query.where('address', '=', address).executeTakeFirst();
  }

  /**
   * @param found how many usable certificates there are
   * @param pauseMs time until the sources are asked again
   */
  async note(address: string, found: number, pauseMs: number): Promise<void> {
    const lookedAt = this.#database.clock.now();
    const row = { lookedAt, found, dueAt: lookedAt + pauseMs };
    await this.#database.db
      .insertInto('certificate_look_up')
      .values({ address, ...row })
      .onConflict((conflict) => conflict.column('address').doUpdateSet(row))
      .execute();
  }

  /** Gives those who were found and are to be asked about again by a time, the most overdue first. */
  async dueBefore(timeMs: number, limit: number): Promise<readonly string[]> {
    const query = this.#database.db
      .selectFrom('certificate_look_up')
      .select('address')
      .where('dueAt', '<', timeMs)
      .where('found', '>', 0);
    return (await query.orderBy('dueAt').limit(limit).execute()).map(({ address }) => address);
  }
}
