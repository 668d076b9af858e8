import { type ExpressionBuilder, sql } from 'kysely';
import { byText } from './by-text.ts';
import type { Database } from './database.ts';
import { pieces } from './pieces.ts';
import type { DeliveryTable, Schema } from './schema.ts';

/** Where one recipient of one distribution stands. */
export type DeliveryState = 'pending' | 'sent' | 'failed' | 'waiting' | 'dropped';

/** One recipient of one distribution. */
export interface DeliveryRow extends Omit<DeliveryTable, 'state'> {
  readonly state: DeliveryState;
}

/** A recipient of a new distribution. */
export type NewDelivery = Omit<DeliveryRow, 'attempts' | 'nextAt'> & { readonly nextAt?: number | null };

/** What became of one recipient. */
export interface DeliveryOutcome {
  readonly distributionId: string;
  readonly address: string;
  readonly state: DeliveryState;
  readonly code: string | null;
  readonly reply: string | null;
  readonly keepUntil?: number | null;
  /** When a pending one is tried again, where that is known. */
  readonly nextAt?: number | null;
}

/** A post that waits for the certificate of one subscriber. */
export interface WaitingRow extends DeliveryRow {
  readonly list: string;
}

/** Literals: a bound value would not be known to match the index that holds rows of that state only. */
const pending = sql.lit<DeliveryState>('pending');
const waiting = sql.lit<DeliveryState>('waiting');

/** States that only a peer's reply leads to. */
const afterReply: ReadonlySet<DeliveryState> = new Set(['sent', 'failed', 'pending']);

/** Outcomes by recipient. */
export class Deliveries {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insertMany(rows: readonly NewDelivery[]): Promise<void> {
    for (const piece of pieces(rows)) {
      const values = piece.map((row) => ({ nextAt: null, ...row, attempts: 0 }));
      await this.#database.db.insertInto('delivery').values(values).execute();
    }
  }

  async pendingOfPacket(distributionId: string, packet: number): Promise<readonly DeliveryRow[]> {
    const rows = await this.#database.db
      .selectFrom('delivery')
      .selectAll()
      .where('distributionId', '=', distributionId)
      .where('packet', '=', packet)
      .where('state', '=', pending)
      .orderBy('address')
      .execute();
    return rows as DeliveryRow[];
  }

  async find(distributionId: string, address: string): Promise<DeliveryRow | undefined> {
    const query = this.#database.db
      .selectFrom('delivery')
      .selectAll()
      .where('distributionId', '=', distributionId);
    return (await query.where('address', '=', address).executeTakeFirst()) as DeliveryRow | undefined;
  }

  /** Writes outcomes down, all or none. What was sent once stays sent. */
  async record(outcomes: readonly DeliveryOutcome[]): Promise<void> {
    const { db } = this.#database;
    if (outcomes.length === 1 || db.isTransaction) {
      for (const outcome of outcomes) await this.#recordOne(db, outcome);
      return;
    }
    await db.transaction().execute(async (tx) => {
      for (const outcome of outcomes) await this.#recordOne(tx, outcome);
    });
  }

  async #recordOne(db: Database['db'], outcome: DeliveryOutcome): Promise<void> {
    const { distributionId, address, state, code, reply, keepUntil = null, nextAt = null } = outcome;
    const updatedAt = this.#database.clock.now();
    await db
      .updateTable('delivery')
      .set((expression) => ({
        state,
        code,
        reply,
        keepUntil,
        nextAt,
        updatedAt,
        attempts: expression('attempts', '+', afterReply.has(state) ? 1 : 0),
      }))
      .where('distributionId', '=', distributionId)
      .where('address', '=', address)
      .where('state', '!=', 'sent')
      .execute();
  }

  /** Gives what waits for a certificate, oldest first. */
  async waiting(
    of: { readonly list?: string; readonly address?: string } = {},
  ): Promise<readonly WaitingRow[]> {
    let query = this.#database.db
      .selectFrom('delivery')
      .innerJoin('distribution', 'distribution.id', 'delivery.distributionId')
      .selectAll('delivery')
      .select('distribution.list as list')
      .where('delivery.state', '=', waiting);
    if (of.list !== undefined) query = query.where('distribution.list', '=', of.list);
    if (of.address !== undefined) query = query.where('delivery.address', '=', of.address);
    return (await query.orderBy('delivery.distributionId').execute()) as WaitingRow[];
  }

  /** Gives what waits although a certificate of its recipient is here: one that is not accepted, has ended, or is of a weaker cipher. */
  async waitingWithCertificate(): Promise<readonly WaitingRow[]> {
    const query = this.#database.db
      .selectFrom('delivery')
      .innerJoin('distribution', 'distribution.id', 'delivery.distributionId')
      .selectAll('delivery')
      .select('distribution.list as list')
      .where('delivery.state', '=', waiting)
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('certificate')
            .select('certificate.id')
            .whereRef('certificate.address', '=', 'delivery.address'),
        ),
      );
    return (await query.execute()) as WaitingRow[];
  }

  waitingFor(address: string): Promise<readonly WaitingRow[]> {
    return this.waiting({ address });
  }

  /**
   * Drops what waits for those who left a list.
   *
   * @returns the distributions concerned
   */
  async dropWaiting(list: string, addresses: readonly string[]): Promise<readonly string[]> {
    const ids = new Set<string>();
    for (const piece of pieces(addresses)) for (const id of await this.#dropWaiting(list, piece)) ids.add(id);
    return [...ids].sort();
  }

  async #dropWaiting(list: string, addresses: readonly string[]): Promise<readonly string[]> {
    const { db, clock } = this.#database;
    const rows = await db
      .updateTable('delivery')
      .set({ state: 'dropped', code: 'left-list', reply: null, keepUntil: null, updatedAt: clock.now() })
      .where('state', '=', waiting)
      .where('address', 'in', addresses)
      .where((of) =>
        of.exists(
          of
            .selectFrom('distribution')
            .select('distribution.id')
            .whereRef('distribution.id', '=', 'delivery.distributionId')
            .where('distribution.list', '=', list),
        ),
      )
      .returning('distributionId')
      .execute();
    return rows.map((row) => row.distributionId);
  }

  /**
   * Drops what waited for too long.
   *
   * @returns what it was, by list
   */
  async expireWaiting(nowMs: number): Promise<readonly WaitingRow[]> {
    const { db } = this.#database;
    // One statement: what a certificate has set free meanwhile is not waiting any more, and stays.
    const rows = await db
      .updateTable('delivery')
      .set({ state: 'dropped', code: 'waited-too-long', reply: null, updatedAt: nowMs })
      .where('state', '=', waiting)
      .where('keepUntil', '<=', nowMs)
      .returningAll()
      .returning((of) =>
        of
          .selectFrom('distribution')
          .select('distribution.list')
          .whereRef('distribution.id', '=', 'delivery.distributionId')
          .as('list'),
      )
      .execute();
    return (rows as WaitingRow[]).sort(
      (a, b) => byText(a.list, b.list) || byText(a.distributionId, b.distributionId),
    );
  }

  async counts(distributionId: string): Promise<Readonly<Partial<Record<DeliveryState, number>>>> {
    const rows = await this.#database.db
      .selectFrom('delivery')
      .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
      .where('distributionId', '=', distributionId)
      .groupBy('state')
      .execute();
    return Object.fromEntries(rows.map((row) => [row.state, Number(row.count)]));
  }

  async ofDistribution(distributionId: string): Promise<readonly DeliveryRow[]> {
    const query = this.#database.db
      .selectFrom('delivery')
      .selectAll()
      .where('distributionId', '=', distributionId);
    return (await query.orderBy('address').execute()) as DeliveryRow[];
  }

  /** Gives the recipients that the peer refused for now, oldest first. */
  async deferred({ limit }: { readonly limit: number }): Promise<readonly WaitingRow[]> {
    const rows = await this.#database.db
      .selectFrom('delivery')
      .innerJoin('distribution', 'distribution.id', 'delivery.distributionId')
      .selectAll('delivery')
      .select('distribution.list as list')
      .where('delivery.state', '=', pending)
      .orderBy('delivery.distributionId')
      .limit(limit)
      .execute();
    return rows as WaitingRow[];
  }

  /** Puts a waiting recipient into a packet that is to be sent. */
  async reopen(distributionId: string, address: string, packet: number): Promise<void> {
    await this.#database.db
      .updateTable('delivery')
      .set({ state: 'pending', packet, code: null, reply: null, keepUntil: null, nextAt: null })
      .where('distributionId', '=', distributionId)
      .where('address', '=', address)
      .where('state', '=', waiting)
      .execute();
  }

  /** Gives the highest packet number of a distribution, -1 when it has none. */
  async maxPacket(distributionId: string): Promise<number> {
    const row = await this.#database.db
      .selectFrom('delivery')
      .select((expression: ExpressionBuilder<Schema, 'delivery'>) =>
        expression.fn.coalesce(expression.fn.max('packet'), sql<number>`-1`).as('packet'),
      )
      .where('distributionId', '=', distributionId)
      .executeTakeFirst();
    return Number(row?.packet ?? -1);
  }
}
