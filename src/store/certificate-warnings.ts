import type { Database } from './database.ts';

/** Who was warned of the end of which certificate, once a stage. */
export class CertificateWarnings {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Marks a stage of a certificate as told.
   *
   * @param subject which certificate, and whose
   * @returns false when it was told before
   */
  async mark(subject: string, stage: string): Promise<boolean> {
    const { db, clock } = this.#database;
    const result = await db
      .insertInto('certificate_warning')
      .values({ subject, stage, toldAt: clock.now() })
      .onConflict((conflict) => conflict.columns(['subject', 'stage']).doNothing())
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }
}
