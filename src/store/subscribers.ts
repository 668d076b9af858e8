import type { Database } from './database.ts';
import type { SubscriberTable } from './schema.ts';

/** One who receives a list's posts. */
export type Subscriber = Readonly<SubscriberTable>;

/** A subscriber to be. */
export interface NewSubscriber {
  readonly list: string;
  /** Canonical. */
  readonly address: string;
  readonly reception?: string;
  readonly visibility?: string;
  readonly gecos?: string | null;
  readonly source?: string;
}

const pageSize = 1_000;

/** Who is subscribed to what. */
export class Subscribers {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Subscribes an address; one that is subscribed stays as it is.
   *
   * @returns true when it is new
   */
  async add(subscriber: NewSubscriber): Promise<boolean> {
    const {
      list,
      address,
      reception = 'mail',
      visibility = 'noconceal',
      gecos = null,
      source = 'operator',
    } = subscriber;
    const result = await this.#database.db
      .insertInto('subscriber')
      .values({
        list,
        address,
        reception,
        visibility,
        gecos,
        source,
        since: this.#database.clock.now(),
        updatedAt: null,
      })
      .onConflict((conflict) => conflict.columns(['list', 'address']).doNothing())
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }

  /**
   * Ends a subscription; its bounces are forgotten with it, so that whoever comes back begins anew.
   *
   * @returns true when it was subscribed
   */
  async remove(list: string, address: string): Promise<boolean> {
    const { db } = this.#database;
    for (const table of ['bouncer', 'bounce'] as const)
      await db.deleteFrom(table).where('list', '=', list).where('address', '=', address).execute();
    const query = db.deleteFrom('subscriber').where('list', '=', list).where('address', '=', address);
    return (await query.executeTakeFirst()).numDeletedRows > 0n;
  }

  /** Writes down that somebody left the last list, where that is so. */
  async noteEnd(address: string): Promise<void> {
    if ((await this.listsOf(address)).length > 0) return;
    const row = { leftAt: this.#database.clock.now() };
    await this.#database.db
      .insertInto('subscription_end')
      .values({ address, ...row })
      .onConflict((conflict) => conflict.column('address').doUpdateSet(row))
      .execute();
  }

  /**
   * Takes out when an address left its last list, once it is subscribed again.
   *
   * @returns ms since 1970; `undefined` where it never left
   */
  async takeEnd(address: string): Promise<number | undefined> {
    const { db } = this.#database;
    const row = await db
      .selectFrom('subscription_end')
      .select('leftAt')
      .where('address', '=', address)
      .executeTakeFirst();
    if (row) await db.deleteFrom('subscription_end').where('address', '=', address).execute();
    return row?.leftAt;
  }

  async find(list: string, address: string): Promise<Subscriber | undefined> {
    const query = this.#database.db.selectFrom('subscriber').selectAll();
    return query.where('list', '=', list).where('address', '=', address).executeTakeFirst();
  }

  async isSubscriber(list: string, address: string): Promise<boolean> {
    const query = this.#database.db.selectFrom('subscriber').select('address');
    return (
      (await query.where('list', '=', list).where('address', '=', address).executeTakeFirst()) !== undefined
    );
  }

  /**
   * Gives one page by address.
   *
   * @param visibility only those of it
   */
  async list(
    list: string,
    {
      after = '',
      limit = pageSize,
      visibility,
    }: { readonly after?: string; readonly limit?: number; readonly visibility?: string } = {},
  ): Promise<readonly Subscriber[]> {
    let query = this.#database.db
      .selectFrom('subscriber')
      .selectAll()
      .where('list', '=', list)
      .where('address', '>', after);
    if (visibility !== undefined) query = query.where('visibility', '=', visibility);
    return query.orderBy('address').limit(limit).execute();
  }

  /** Gives all, page by page. */
  async *iterate(list: string): AsyncGenerator<Subscriber> {
    let after = '';
    for (;;) {
      const page = await this.list(list, { after });
      yield* page;
      if (page.length < pageSize) return;
      after = page.at(-1)!.address;
    }
  }

  /** @param visibility only those of it */
  async count(list: string, { visibility }: { readonly visibility?: string } = {}): Promise<number> {
    let query = this.#database.db
      .selectFrom('subscriber')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('list', '=', list);
    if (visibility !== undefined) query = query.where('visibility', '=', visibility);
    return Number((await query.executeTakeFirst())?.count ?? 0);
  }

  /** Gives what an address is subscribed to, by list. */
  async ofAddress(address: string): Promise<readonly Subscriber[]> {
    const query = this.#database.db.selectFrom('subscriber').selectAll().where('address', '=', address);
    return query.orderBy('list').execute();
  }

  /** Gives a page of all who are subscribed to anything, each once. */
  async addresses({
    after = '',
    limit = pageSize,
  }: {
    readonly after?: string;
    readonly limit?: number;
  } = {}): Promise<readonly string[]> {
    const query = this.#database.db
      .selectFrom('subscriber')
      .select('address')
      .distinct()
      .where('address', '>', after);
    return (await query.orderBy('address').limit(limit).execute()).map((row) => row.address);
  }

  async listsOf(address: string): Promise<readonly string[]> {
    const query = this.#database.db.selectFrom('subscriber').select('list').where('address', '=', address);
    return (await query.orderBy('list').execute()).map((row) => row.list);
  }

  /** @returns false when the address is not subscribed */
  async setReception(list: string, address: string, reception: string): Promise<boolean> {
    return this.update(list, address, { reception });
  }

  /** @returns false when the address is not subscribed */
  async update(
    list: string,
    address: string,
    options: Partial<Pick<Subscriber, 'reception' | 'visibility' | 'gecos'>>,
  ): Promise<boolean> {
    const result = await this.#database.db
      .updateTable('subscriber')
      .set({ ...options, updatedAt: this.#database.clock.now() })
      .where('list', '=', list)
      .where('address', '=', address)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /**
   * Moves a subscription to another address; where that is subscribed, too, the old one ends.
   *
   * @returns false when the old address is not subscribed
   */
  async move(list: string, from: string, to: string): Promise<boolean> {
    const { db, clock } = this.#database;
    const known = await this.find(list, from);
    if (!known) return false;
    await db
      .insertInto('subscriber')
      .values({ ...known, address: to, updatedAt: clock.now() })
      .onConflict((conflict) => conflict.columns(['list', 'address']).doNothing())
      .execute();
    return this.remove(list, from);
  }
}
