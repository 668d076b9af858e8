import type { Database } from './database.ts';
import type { RequestKeyTable } from './schema.ts';

/** What a key lets its bearer do. */
export type RequestKeyKind =
  /** Confirm a request of one's own, or one that is about oneself. */
  | 'confirm'
  /** Decide, as an owner, on a request of somebody else. */
  | 'approve'
  /** Confirm a post of one's own. */
  | 'confirm-post'
  /** Decide, as an editor, on a post. */
  | 'moderate';

/** A key as it is stored: its digest, never the key. */
export interface RequestKey extends Readonly<RequestKeyTable> {
  readonly kind: RequestKeyKind;
}

/** A key that is handed out. */
export type NewRequestKey = Omit<RequestKey, 'createdAt' | 'usedAt' | 'usedBy' | 'outcome'>;

/** Keys sent by mail, each for one act on one list by one address, once. */
export class RequestKeys {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(key: NewRequestKey): Promise<void> {
    const createdAt = this.#database.clock.now();
    await this.#database.db
      .insertInto('request_key')
      .values({ ...key, createdAt, usedAt: null, usedBy: null, outcome: null })
      .execute();
  }

  async find(digest: string): Promise<RequestKey | undefined> {
    const query = this.#database.db.selectFrom('request_key').selectAll().where('digest', '=', digest);
    return (await query.executeTakeFirst()) as RequestKey | undefined;
  }

  /**
   * Uses a key up.
   *
   * @param by who acts
   * @param outcome what came of it, one word for whoever comes second
   * @returns false when it was used before, or its time is over
   */
  async use(digest: string, by: string, outcome: string): Promise<boolean> {
    const nowMs = this.#database.clock.now();
    const result = await this.#database.db
      .updateTable('request_key')
      .set({ usedAt: nowMs, usedBy: by, outcome, request: null })
      .where('digest', '=', digest)
      .where('usedAt', 'is', null)
      .where('expiresAt', '>', nowMs)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /**
   * Uses up every key of a message, once it is decided on.
   *
   * @returns how many there were; none where somebody else decided before
   */
  async useAllOf(messageId: string, by: string, outcome: string): Promise<number> {
    const result = await this.#database.db
      .updateTable('request_key')
      .set({ usedAt: this.#database.clock.now(), usedBy: by, outcome, request: null })
      .where('messageId', '=', messageId)
      .where('usedAt', 'is', null)
      .executeTakeFirst();
    return Number(result.numUpdatedRows);
  }

  /** Gives which editor decided on a post first, and how; its sender, who confirmed it, decided nothing. */
  async decisionOn(messageId: string): Promise<RequestKey | undefined> {
    const query = this.#database.db.selectFrom('request_key').selectAll().where('messageId', '=', messageId);
    const row = await query
      .where('kind', '=', 'moderate')
      .where('usedAt', 'is not', null)
      .orderBy('usedAt')
      .limit(1)
      .executeTakeFirst();
    return row as RequestKey | undefined;
  }

  /** Gives what waits under a kind of key, oldest first; of one list where it is named. */
  async pending(kind: RequestKeyKind, list?: string, limit = 1_000): Promise<readonly RequestKey[]> {
    let query = this.#database.db
      .selectFrom('request_key')
      .selectAll()
      .where('kind', '=', kind)
      .where('usedAt', 'is', null)
      .where('expiresAt', '>', this.#database.clock.now());
    if (list !== undefined) query = query.where('list', '=', list);
    return (await query.orderBy('createdAt').limit(limit).execute()) as RequestKey[];
  }

  /** Takes out the keys whose time is over, with the requests that they held. */
  async takeExpired(limit: number): Promise<readonly RequestKey[]> {
    const { db, clock } = this.#database;
    const query = db.selectFrom('request_key').selectAll().where('expiresAt', '<=', clock.now());
    const rows = (await query.orderBy('expiresAt').limit(limit).execute()) as RequestKey[];
    if (rows.length > 0)
      await db
        .deleteFrom('request_key')
        .where(
          'digest',
          'in',
          rows.map((row) => row.digest),
        )
        .execute();
    return rows;
  }
}
