import { type ExpressionBuilder, sql } from 'kysely';
import type { Database } from './database.ts';
import type { DeliveryTable, Schema } from './schema.ts';

/** Where one recipient of one distribution stands. */
export type DeliveryState = 'pending' | 'sent' | 'failed' | 'waiting' | 'dropped';

/** One recipient of one distribution. */
export interface DeliveryRow extends Omit<DeliveryTable, 'state'> {
  readonly state: DeliveryState;
}

/** A recipient of a new distribution. */
export type NewDelivery = Omit<DeliveryRow, 'attempts'>;

/** What became of one recipient. */
export interface DeliveryOutcome {
  readonly distributionId: string;
  readonly address: string;
  readonly state: DeliveryState;
  readonly code: string | null;
  readonly reply: string | null;
  readonly keepUntil?: number | null;
}

/** A post that waits for the certificate of one subscriber. */
export interface WaitingRow extends DeliveryRow {
  readonly list: string;
}

/** SQLite takes at most 32,766 values in one statement; a row has nine. */
const rowsPerInsert = 1_000;

/** Outcomes by recipient. */
export class Deliveries {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insertMany(rows: readonly NewDelivery[]): Promise<void> {
    for (let i = 0; i < rows.length; i += rowsPerInsert) {
      const values = rows.slice(i, i + rowsPerInsert).map((row) => ({ ...row, attempts: 0 }));
      await this.#database.db.insertInto('delivery').values(values).execute();
    }
  }

  async pendingOfPacket(distributionId: string, packet: number): Promise<readonly DeliveryRow[]> {
    const rows = await this.#database.db
      .selectFrom('delivery')
      .selectAll()
      .where('distributionId', '=', distributionId)
      .where('packet', '=', packet)
      .where('state', '=', 'pending')
      .orderBy('address')
      .execute();
    return rows as DeliveryRow[];
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
    const { distributionId, address, state, code, reply, keepUntil = null } = outcome;
    const updatedAt = this.#database.clock.now();
    await db
      .updateTable('delivery')
      .set((expression) => ({
        state,
        code,
        reply,
        keepUntil,
        updatedAt,
        attempts: expression('attempts', '+', 1),
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
      .where('delivery.state', '=', 'waiting');
    if (of.list !== undefined) query = query.where('distribution.list', '=', of.list);
    if (of.address !== undefined) query = query.where('delivery.address', '=', of.address);
    return (await query.orderBy('delivery.distributionId').execute()) as WaitingRow[];
  }

  waitingFor(address: string): Promise<readonly WaitingRow[]> {
    return this.waiting({ address });
  }

  /**
   * Drops what waits for somebody who left a list.
   *
   * @returns the distributions concerned
   */
  async dropWaiting(list: string, address: string): Promise<readonly string[]> {
    const rows = await this.waiting({ list, address });
    await this.record(
      rows.map((row) => ({ ...row, state: 'dropped' as const, code: 'left-list', reply: null })),
    );
    return rows.map((row) => row.distributionId);
  }

  /** Drops what waited for too long, and tells what it was. */
  async expireWaiting(nowMs: number): Promise<readonly WaitingRow[]> {
    const rows = (await this.waiting()).filter((row) => row.keepUntil !== null && row.keepUntil <= nowMs);
    await this.record(
      rows.map((row) => ({ ...row, state: 'dropped' as const, code: 'waited-too-long', reply: null })),
    );
    return rows;
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
      .where('delivery.state', '=', 'pending')
      .orderBy('delivery.distributionId')
      .limit(limit)
      .execute();
    return rows as WaitingRow[];
  }

  /** Puts a waiting recipient into a packet that is to be sent. */
  async reopen(distributionId: string, address: string, packet: number): Promise<void> {
    await this.#database.db
      .updateTable('delivery')
      .set({ state: 'pending', packet, code: null, reply: null, keepUntil: null })
      .where('distributionId', '=', distributionId)
      .where('address', '=', address)
      .where('state', '=', 'waiting')
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
