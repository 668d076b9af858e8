import type { Database } from './database.ts';
import { addressSubject, countedOfAddress } from './rates.ts';

/** Erases what is kept of a person beside subscriptions, certificates and posts. */
export class Erasures {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Erases name and language, requests that wait for the person's key, counters, and what was noted about notices and bounces.
   *
   * @returns whether there was anything that the person, and not only the service, said
   */
  async erase(address: string): Promise<boolean> {
    const { db } = this.#database;
    const person = await db.deleteFrom('person').where('address', '=', address).executeTakeFirst();
    const keys = await db
      .deleteFrom('request_key')
      .where('address', '=', address)
      // Keys of a post let others decide on it, too.
      .where('messageId', 'is', null)
      .executeTakeFirst();
    for (const table of [
      'certificate_notice',
      'certificate_look_up',
      'subscription_end',
      'report_entry',
      'task_mail',
      'bounce',
      'bouncer',
    ] as const)
      await db.deleteFrom(table).where('address', '=', address).execute();
    const subjects = countedOfAddress.map((word) => addressSubject(word, address));
    await db.deleteFrom('rate').where('subject', 'in', subjects).execute();
    return person.numDeletedRows + keys.numDeletedRows > 0n;
  }
}
