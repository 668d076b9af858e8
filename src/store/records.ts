import type { Database } from './database.ts';
import type { ReportTable } from './schema.ts';

/** Who could not be served for want of a certificate, kept until the owners' daily list. */
export class Reports {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(entry: Readonly<Omit<ReportTable, 'day'>>): Promise<void> {
    const day = new Date(this.#database.clock.now()).toISOString().slice(0, 10);
    await this.#database.db
      .insertInto('report_entry')
      .values({ ...entry, day })
      .onConflict((conflict) => conflict.columns(['list', 'day', 'address', 'distributionId']).doNothing())
      .execute();
  }

  /** Gives the lists and days before a day (`2026-11-24`) that have entries. */
  daysBefore(day: string): Promise<readonly { readonly list: string; readonly day: string }[]> {
    return this.#database.db
      .selectFrom('report_entry')
      .select(['list', 'day'])
      .distinct()
      .where('day', '<', day)
      .orderBy('day')
      .execute();
  }

  /** Takes the entries of one list and day out. */
  takeDay(list: string, day: string): Promise<readonly Readonly<ReportTable>[]> {
    const query = this.#database.db
      .deleteFrom('report_entry')
      .where('list', '=', list)
      .where('day', '=', day);
    return query.returningAll().execute();
  }
}
