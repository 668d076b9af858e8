import type { Database } from './database.ts';
import type { ReportTable } from './schema.ts';

/** Code of an entry that is about a certificate, not a post. */
const alertCode = 'certificate-pending';

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
      .where('code', '<>', alertCode)
      .orderBy('day')
      .execute();
  }

  /** Takes the entries of one list and day out. */
  takeDay(list: string, day: string): Promise<readonly Readonly<ReportTable>[]> {
    const query = this.#database.db
      .deleteFrom('report_entry')
      .where('list', '=', list)
      .where('day', '=', day)
      .where('code', '<>', alertCode);
    return query.returningAll().execute();
  }

  /** Notes that another certificate of an address came and waits; an empty list for who is on none. */
  async addAlert(list: string, address: string, certificateSha256: string): Promise<void> {
    await this.add({ list, address, distributionId: certificateSha256, code: alertCode });
  }

  /** Gives the lists that have such notes. */
  async listsWithAlerts(): Promise<readonly string[]> {
    const query = this.#database.db.selectFrom('report_entry').select('list').distinct();
    return (await query.where('code', '=', alertCode).orderBy('list').execute()).map(({ list }) => list);
  }

  /** Takes the notes of a list out, and gives their addresses in order. */
  async takeAlerts(list: string): Promise<readonly string[]> {
    const query = this.#database.db
      .deleteFrom('report_entry')
      .where('list', '=', list)
      .where('code', '=', alertCode);
    const rows = await query.returning('address').execute();
    return [...new Set(rows.map(({ address }) => address))].sort();
  }
}
