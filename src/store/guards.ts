import { sha256Hex } from '../secrets.ts';
import type { Database } from './database.ts';

/** Who was told lately that a certificate is missing. */
export class Notices {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Tells whether somebody was not told within the period; nothing is marked. */
  async isDue(list: string, address: string, nowMs: number, periodMs: number): Promise<boolean> {
    const query = this.#database.db.selectFrom('certificate_notice').select('toldAt');
    const row = await query.where('list', '=', list).where('address', '=', address).executeTakeFirst();
    return row === undefined || row.toldAt <= nowMs - periodMs;
  }

  /** Marks somebody as told, unless that happened within the period; two who ask at once get one yes. */
  async dueThenMark(list: string, address: string, nowMs: number, periodMs: number): Promise<boolean> {
    const result = await this.#database.db
      .insertInto('certificate_notice')
      .values({ list, address, toldAt: nowMs })
      .onConflict((conflict) =>
        conflict
          .columns(['list', 'address'])
          .doUpdateSet({ toldAt: nowMs })
          .where('certificate_notice.toldAt', '<=', nowMs - periodMs),
      )
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }
}

/** Ciphertexts that a list distributed. */
export class Ciphertexts {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns true when the digest is new to the list, or was claimed by the same message */
  async claim(list: string, digest: string, messageId: string): Promise<boolean> {
    const { db, clock } = this.#database;
    await db
      .insertInto('ciphertext_seen')
      .values({ list, digest, messageId, seenAt: clock.now() })
      .onConflict((conflict) => conflict.columns(['list', 'digest']).doNothing())
      .execute();
    const query = db.selectFrom('ciphertext_seen').select('messageId').where('list', '=', list);
    return (await query.where('digest', '=', digest).executeTakeFirst())?.messageId === messageId;
  }
}

/** PostgreSQL takes about 2,700 bytes in a key; a Message-ID is as long as its author likes. */
const longestKey = 250;

/** Message-IDs of the posts that a list distributed. */
export class PostIds {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns true when the Message-ID is new to the list, or was claimed by the same message */
  async claim(list: string, fieldBody: string, messageId: string): Promise<boolean> {
    const { db, clock } = this.#database;
    const headerId = headerIdOf(fieldBody);
    await db
      .insertInto('post_seen')
      .values({ list, headerId, messageId, seenAt: clock.now() })
      .onConflict((conflict) => conflict.columns(['list', 'headerId']).doNothing())
      .execute();
    return (await this.find(list, fieldBody)) === messageId;
  }

  /** Gives the stored message that a list distributed under a Message-ID. */
  async find(list: string, fieldBody: string): Promise<string | undefined> {
    const query = this.#database.db.selectFrom('post_seen').select('messageId').where('list', '=', list);
    return (await query.where('headerId', '=', headerIdOf(fieldBody)).executeTakeFirst())?.messageId;
  }
}

function headerIdOf(fieldBody: string): string {
  return fieldBody.length <= longestKey ? fieldBody : `sha256:${sha256Hex(fieldBody)}`;
}

/** The sequence numbers of lists. */
export class Counters {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Gives the number that a list gave out last; 0 before its first. */
  async current(list: string): Promise<number> {
    const query = this.#database.db.selectFrom('list_counter').select('value').where('list', '=', list);
    return (await query.executeTakeFirst())?.value ?? 0;
  }

  /** Gives the next number of a list, from 1. */
  async next(list: string): Promise<number> {
    const row = await this.#database.db
      .insertInto('list_counter')
      .values({ list, value: 1 })
      .onConflict((conflict) =>
        conflict
          .column('list')
          .doUpdateSet((expression) => ({ value: expression('list_counter.value', '+', 1) })),
      )
      .returning('value')
      .executeTakeFirstOrThrow();
    return row.value;
  }
}

/** Locks with a lease, for what one node at a time does. */
export class Locks {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns true when the lock is this holder's now */
  async acquire(name: string, holder: string, leaseMs: number): Promise<boolean> {
    const { db, clock } = this.#database;
    const nowMs = clock.now();
    const heldUntil = nowMs + leaseMs;
    const result = await db
      .insertInto('lock')
      .values({ name, holder, heldUntil })
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet({ holder, heldUntil })
          .where((where) =>
            where.or([where('lock.holder', '=', holder), where('lock.heldUntil', '<', nowMs)]),
          ),
      )
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }

  /**
   * Keeps a lock that this holder has for longer.
   *
   * @returns false when it is another's, or was taken away
   */
  async renew(name: string, holder: string, leaseMs: number): Promise<boolean> {
    const { db, clock } = this.#database;
    const result = await db
      .updateTable('lock')
      .set({ heldUntil: clock.now() + leaseMs })
      .where('name', '=', name)
      .where('holder', '=', holder)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /** Takes a lock away from whoever has it; on PostgreSQL whoever wants it waits for the end of the transaction. */
  async revoke(name: string): Promise<void> {
    const nobody = { holder: '', heldUntil: 0 };
    // A row, also where there was none: that is what others wait for.
    await this.#database.db
      .insertInto('lock')
      .values({ name, ...nobody })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(nobody))
      .execute();
    await this.release(name, nobody.holder);
  }

  async release(name: string, holder: string): Promise<void> {
    await this.#database.db
      .deleteFrom('lock')
      .where('name', '=', name)
      .where('holder', '=', holder)
      .execute();
  }
}
