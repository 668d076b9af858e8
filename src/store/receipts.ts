import type { Database } from './database.ts';

const keepReceiptsMs = 5 * 86_400_000;

/** What came in lately, so that a redelivery by the MTA is recognised. */
export class Receipts {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Notes that these bytes came to this address.
   *
   * @returns false when they did within the last five days, and are stored
   */
  async claim(
    recipient: string,
    sha256: string,
    messageId: string,
    keepMs = keepReceiptsMs,
  ): Promise<boolean> {
    const { db, clock } = this.#database;
    const receivedAt = clock.now();
    const result = await db
      .insertInto('intake_receipt')
      .values({ recipient, sha256, messageId, receivedAt })
      .onConflict((conflict) =>
        conflict
          .columns(['recipient', 'sha256'])
          .doUpdateSet({ messageId, receivedAt })
          .where('intake_receipt.receivedAt', '<', receivedAt - keepMs),
      )
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }

  /** Gives the message that these bytes became. */
  async find(recipient: string, sha256: string): Promise<string | undefined> {
    const row = await this.#database.db
      .selectFrom('intake_receipt')
      .select('messageId')
      .where('recipient', '=', recipient)
      .where('sha256', '=', sha256)
      .executeTakeFirst();
    return row?.messageId;
  }

  /** Forgets what came before a time. */
  async purge(olderThanMs: number): Promise<void> {
    await this.#database.db.deleteFrom('intake_receipt').where('receivedAt', '<', olderThanMs).execute();
  }
}
