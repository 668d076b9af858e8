import { type ExpressionBuilder, sql } from 'kysely';
import type { Database } from './database.ts';
import { pieces } from './pieces.ts';
import type { Schema, SubscriberTable } from './schema.ts';

/** One who receives a list's posts: subscribed, named by a data source of the list, or both. */
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

/** Whom a data source names, and what those get who are no subscribers yet. */
export interface IncludedPeople extends Pick<Subscriber, 'list' | 'reception' | 'visibility'> {
  /** Canonical addresses, each with a name or without. */
  readonly people: ReadonlyMap<string, string | null>;
}

const pageSize = 1_000;

/** Who is subscribed to what. */
export class Subscribers {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Subscribes an address; one that is subscribed stays as it is. Of one that only data sources name so far, it is
   * written down that it is subscribed, too. Either way data sources may name it again.
   *
   * @returns true when it was not subscribed
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
    const { db, clock } = this.#database;
    await this.#liftExclusion(list, address);
    const result = await db
      .insertInto('subscriber')
      .values({
        list,
        address,
        reception,
        visibility,
        gecos,
        source,
        since: clock.now(),
        updatedAt: null,
        subscribed: 1,
        included: 0,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['list', 'address'])
          .doUpdateSet({ subscribed: 1, source })
          .where('subscriber.subscribed', '=', 0),
      )
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }

  /**
   * Ends a subscription; its bounces are forgotten with it, so that whoever comes back begins anew. Whom a data source names is not taken from any source of the list again.
   *
   * @returns true when it was a subscriber
   */
  async remove(list: string, address: string): Promise<boolean> {
    const { db, clock } = this.#database;
    // In the order in which data sources are applied: the other way round each would wait for the other.
    const named = await db
      .deleteFrom('inclusion')
      .where('list', '=', list)
      .where('role', '=', 'member')
      .where('address', '=', address)
      .executeTakeFirst();
    if (named.numDeletedRows > 0n)
      await db
        .insertInto('exclusion')
        .values({ list, address, excludedAt: clock.now() })
        .onConflict((conflict) => conflict.columns(['list', 'address']).doNothing())
        .execute();
    const query = db.deleteFrom('subscriber').where('list', '=', list).where('address', '=', address);
    const { numDeletedRows } = await query.executeTakeFirst();
    await this.#forgetBounces(list, [address]);
    return numDeletedRows > 0n;
  }

  /**
   * Makes subscribers of those whom a data source names; who is subscribed stays as it is.
   *
   * @returns those who were no subscribers
   */
  async include({ list, people, reception, visibility }: IncludedPeople): Promise<readonly string[]> {
    const { db, clock } = this.#database;
    const fresh: string[] = [];
    const times = { since: clock.now(), updatedAt: null };
    for (const piece of pieces([...people.keys()])) {
      const query = db.selectFrom('subscriber').select('address').where('list', '=', list);
      const known = new Set((await query.where('address', 'in', piece).execute()).map((row) => row.address));
      const facts = { list, reception, visibility, source: 'included', ...times, subscribed: 0, included: 1 };
      await db
        .insertInto('subscriber')
        .values(piece.map((address) => ({ ...facts, address, gecos: people.get(address) ?? null })))
        .onConflict((conflict) =>
          conflict.columns(['list', 'address']).doUpdateSet({
            included: 1,
            // The name is the source's as long as the person said nothing.
            gecos: sql`case when "subscriber"."subscribed" = 1 then "subscriber"."gecos"
              else coalesce("excluded"."gecos", "subscriber"."gecos") end`,
          }),
        )
        .execute();
      fresh.push(...piece.filter((address) => !known.has(address)));
    }
    return fresh;
  }

  /**
   * Takes out those whom no data source of a list names any more; who is subscribed as well stays.
   *
   * @returns who is no subscriber any more
   */
  async endInclusions(list: string): Promise<readonly string[]> {
    const { db } = this.#database;
    // Who subscribes at the same time is waited for here, and then not taken out but found by the next statement.
    const gone = await db
      .deleteFrom('subscriber')
      .where('list', '=', list)
      .where('included', '=', 1)
      .where('subscribed', '=', 0)
      .where(isNamedByNone)
      .returning('address')
      .execute();
    await db
      .updateTable('subscriber')
      .set({ included: 0 })
      .where('list', '=', list)
      .where('included', '=', 1)
      .where(isNamedByNone)
      .execute();
    const addresses = gone.map(({ address }) => address);
    await this.#forgetBounces(list, addresses);
    return addresses;
  }

  async #forgetBounces(list: string, addresses: readonly string[]): Promise<void> {
    const { db } = this.#database;
    for (const piece of pieces(addresses))
      for (const table of ['bouncer', 'bounce'] as const)
        await db.deleteFrom(table).where('list', '=', list).where('address', 'in', piece).execute();
  }

  async #liftExclusion(list: string, address: string): Promise<void> {
    await this.#database.db
      .deleteFrom('exclusion')
      .where('list', '=', list)
      .where('address', '=', address)
      .execute();
  }

  /** Writes down of each who left the last list when that was. */
  async noteEnds(addresses: readonly string[]): Promise<void> {
    const { db, clock } = this.#database;
    const row = { leftAt: clock.now() };
    for (const piece of pieces(addresses)) {
      const query = db.selectFrom('subscriber').select('address').distinct().where('address', 'in', piece);
      const there = new Set((await query.execute()).map(({ address }) => address));
      const left = piece.filter((address) => !there.has(address));
      if (left.length === 0) continue;
      await db
        .insertInto('subscription_end')
        .values(left.map((address) => ({ address, ...row })))
        .onConflict((conflict) => conflict.column('address').doUpdateSet(row))
        .execute();
    }
  }

  /** Gives those who left their last list once. */
  async endedAmong(addresses: readonly string[]): Promise<readonly string[]> {
    const found: string[] = [];
    for (const piece of pieces(addresses)) {
      const query = this.#database.db.selectFrom('subscription_end').select('address');
      for (const { address } of await query.where('address', 'in', piece).execute()) found.push(address);
    }
    return found;
  }

  /** Writes down that somebody left the last list, where that is so. */
  async noteEnd(address: string): Promise<void> {
    await this.noteEnds([address]);
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

  /**
   * Gives those who subscribed, or whom a data source of another kind names, page by page.
   *
   * @param prefix how the keys of the sources begin that do not count
   */
  async *iterateBut(prefix: string, list: string): AsyncGenerator<Pick<Subscriber, 'address' | 'gecos'>> {
    for (let after = ''; ; ) {
      const page = await this.#database.db
        .selectFrom('subscriber')
        .select(['address', 'gecos'])
        .where('list', '=', list)
        .where('address', '>', after)
        .where((of) =>
          of.or([
            of('subscribed', '=', 1),
            of.exists(
              of
                .selectFrom('inclusion')
                .select('inclusion.address')
                .whereRef('inclusion.list', '=', 'subscriber.list')
                .where('inclusion.role', '=', 'member')
                .whereRef('inclusion.address', '=', 'subscriber.address')
                .where('inclusion.source', 'not like', `${prefix}%`),
            ),
          ]),
        )
        .orderBy('address')
        .limit(pageSize)
        .execute();
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
   * Moves a subscription to another address; where that is subscribed, too, the old one ends. What a data source said of
   * the old address is the person's own subscription from then on.
   *
   * @returns false when the old address is not subscribed
   */
  async move(list: string, from: string, to: string): Promise<boolean> {
    const { db, clock } = this.#database;
    const known = await this.find(list, from);
    if (!known) return false;
    if (!(await this.remove(list, from))) return false;
    await this.#liftExclusion(list, to);
    await db
      .insertInto('subscriber')
      .values({ ...known, address: to, updatedAt: clock.now(), subscribed: 1, included: 0 })
      .onConflict((conflict) => conflict.columns(['list', 'address']).doUpdateSet({ subscribed: 1 }))
      .execute();
    return true;
  }
}

function isNamedByNone(of: ExpressionBuilder<Schema, 'subscriber'>) {
  return of.not(
    of.exists(
      of
        .selectFrom('inclusion')
        .select('inclusion.address')
        .whereRef('inclusion.list', '=', 'subscriber.list')
        .where('inclusion.role', '=', 'member')
        .whereRef('inclusion.address', '=', 'subscriber.address'),
    ),
  );
}
