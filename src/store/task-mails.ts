import type { Database } from './database.ts';

/** Which mails a run of a task asked for, so that a run that is done again asks for the rest alone. */
export class TaskMails {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Marks a mail as asked for, in the transaction that asks for it.
   *
   * @param run key of the run, as `runKeyOf` gives it
   * @returns false when this run asked for it before
   */
  async claim(run: string, template: string, address: string): Promise<boolean> {
    const { db, clock } = this.#database;
    const result = await db
      .insertInto('task_mail')
      .values({ run, template, address, askedAt: clock.now() })
      .onConflict((conflict) => conflict.columns(['run', 'template', 'address']).doNothing())
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }

  /** Forgets the mails of a run that is not done again. */
  async forget(run: string): Promise<void> {
    await this.#database.db.deleteFrom('task_mail').where('run', '=', run).execute();
  }
}
