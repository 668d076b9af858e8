import type { Kysely } from 'kysely';
import type { Database } from './database.ts';
import { StoreError } from './error.ts';
import type { Schema } from './schema.ts';

/** What kind of address a message came to, and so what happens to it. */
export type MessageKind =
  | 'post'
  | 'request'
  | 'editor'
  | 'owner'
  | 'listmaster'
  | 'bounce'
  | 'command'
  | 'notice';

/** Where a message stands. */
export type MessageState =
  | 'incoming'
  | 'held'
  | 'distributed'
  | 'refused'
  | 'forwarded'
  | 'recorded'
  | 'quarantined'
  | 'discarded'
  | 'moderation'
  | 'auth'
  | 'executed'
  | 'expired';

/** A message as it is stored: the bytes as received and what was decided, never what was opened. */
export interface StoredMessage {
  readonly id: string;
  readonly kind: MessageKind;
  /** `name@domain`, empty for addresses of the site. */
  readonly list: string;
  readonly recipient: string;
  readonly envelopeSender: string;
  /** Empty once nothing needs the bytes any more. */
  readonly raw: Uint8Array;
  readonly size: number;
  readonly sha256: string;
  readonly receivedAt: number;
  readonly state: MessageState;
  readonly code: string | null;
  readonly reason: string | null;
  /** JSON. */
  readonly verdict: string | null;
  /** JSON. */
  readonly decision: string | null;
  readonly decidedAt: number | null;
  /** JSON: what a kind of message has beside this; never anything of an encrypted content but digests. */
  readonly extra: string | null;
}

/** A message without its bytes. */
export type MessageSummary = Omit<StoredMessage, 'raw'>;

/** A message that comes in. */
export type NewMessage = Pick<
  StoredMessage,
  'id' | 'kind' | 'list' | 'recipient' | 'envelopeSender' | 'raw' | 'size' | 'sha256' | 'receivedAt'
> & { readonly extra?: string | null };

/** What is written down with a state. */
export interface StateNote {
  readonly code: string | null;
  readonly reason: string | null;
  readonly verdict?: string | null;
  readonly decision?: string | null;
  readonly extra?: string | null;
}

const summaryColumns = [
  'id',
  'kind',
  'list',
  'recipient',
  'envelopeSender',
  'size',
  'sha256',
  'receivedAt',
  'state',
  'code',
  'reason',
  'verdict',
  'decision',
  'decidedAt',
  'extra',
] as const;

/** Messages as received. */
export class Messages {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(message: NewMessage): Promise<void> {
    const { db } = this.#database;
    if (db.isTransaction) await insertMessage(db, message);
    else await db.transaction().execute((tx) => insertMessage(tx, message));
  }

  async find(id: string): Promise<StoredMessage | undefined> {
    const row = await this.#database.db
      .selectFrom('message')
      .leftJoin('message_raw', 'message_raw.messageId', 'message.id')
      .selectAll('message')
      .select('message_raw.raw')
      .where('message.id', '=', id)
      .executeTakeFirst();
    return row && ({ ...row, raw: row.raw ?? new Uint8Array() } as StoredMessage);
  }

  /** @throws StoreError `no-such-message` */
  async get(id: string): Promise<StoredMessage> {
    const found = await this.find(id);
    if (!found) throw new StoreError('no-such-message', `no message ${id.slice(0, 64)} is stored`);
    return found;
  }

  /** Gives where a message stands, and of which list it is, without its bytes. */
  async standing(id: string): Promise<{ readonly state: MessageState; readonly list: string } | undefined> {
    const query = this.#database.db.selectFrom('message').select(['state', 'list']).where('id', '=', id);
    return (await query.executeTakeFirst()) as
      | { readonly state: MessageState; readonly list: string }
      | undefined;
  }

  /** Gives where a message stands, without its bytes. */
  async stateOf(id: string): Promise<MessageState | undefined> {
    const query = this.#database.db.selectFrom('message').select('state').where('id', '=', id);
    return (await query.executeTakeFirst())?.state as MessageState | undefined;
  }

  /**
   * Gives where a message stands, and keeps it there until the end of the transaction: of two who decide at the same
   * instant the second sees what the first decided.
   */
  async lockedState(id: string): Promise<MessageState | undefined> {
    const { db, engine } = this.#database;
    const query = db.selectFrom('message').select('state').where('id', '=', id);
    // SQLite has one writer at a time.
    const row = await (engine === 'postgres' ? query.forUpdate() : query).executeTakeFirst();
    return row?.state as MessageState | undefined;
  }

  /**
   * Writes down what became of a message. Verdict, decision and extra stay as they are where they are not given.
   */
  async setState(id: string, state: MessageState, note: StateNote): Promise<void> {
    const { code, reason, verdict, decision, extra } = note;
    const optional = {
      ...(verdict !== undefined && { verdict }),
      ...(decision !== undefined && { decision }),
      ...(extra !== undefined && { extra }),
    };
    await this.#database.db
      .updateTable('message')
      .set({ state, code, reason, ...optional, decidedAt: this.#database.clock.now() })
      .where('id', '=', id)
      .execute();
  }

  /** Gives messages in some states, oldest first, without their bytes. */
  async listByState(
    states: readonly MessageState[],
    { limit }: { readonly limit: number },
  ): Promise<readonly MessageSummary[]> {
    const rows = await this.#database.db
      .selectFrom('message')
      .select(summaryColumns)
      .where('state', 'in', states)
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows as MessageSummary[];
  }

  /** Gives the messages of a list in some states, oldest first, without their bytes. */
  async ofList(
    list: string,
    states: readonly MessageState[],
    { limit }: { readonly limit: number },
  ): Promise<readonly MessageSummary[]> {
    const rows = await this.#database.db
      .selectFrom('message')
      .select(summaryColumns)
      .where('list', '=', list)
      .where('state', 'in', states)
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows as MessageSummary[];
  }

  /** Gives the ids of the messages of a list whose bytes are kept, whatever became of them, oldest first. */
  async idsWithBytes(list: string): Promise<readonly string[]> {
    const rows = await this.#database.db
      .selectFrom('message')
      .innerJoin('message_raw', 'message_raw.messageId', 'message.id')
      .select('message.id')
      .where('message.list', '=', list)
      .orderBy('message.id')
      .execute();
    return rows.map(({ id }) => id);
  }

  /** Gives the newest message without its bytes. */
  async newest(): Promise<MessageSummary | undefined> {
    const query = this.#database.db
      .selectFrom('message')
      .select(summaryColumns)
      .orderBy('id', 'desc')
      .limit(1);
    return (await query.executeTakeFirst()) as MessageSummary | undefined;
  }

  async countByState(): Promise<Readonly<Record<string, number>>> {
    const rows = await this.#database.db
      .selectFrom('message')
      .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
      .groupBy('state')
      .execute();
    return Object.fromEntries(rows.map((row) => [row.state, Number(row.count)]));
  }

  /** Lets go of the bytes unless an archive or a distribution under way needs them; what was decided stays. */
  async dropRaw(id: string): Promise<void> {
    await this.#database.db
      .deleteFrom('message_raw')
      .where('messageId', '=', id)
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('archive_post').select('list').where('messageId', '=', id))),
      )
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('distribution')
              .select('id')
              .where('messageId', '=', id)
              .where('finishedAt', 'is', null),
          ),
        ),
      )
      .execute();
  }
}

async function insertMessage(db: Kysely<Schema>, { raw, ...message }: NewMessage): Promise<void> {
  await db
    .insertInto('message')
    .values({ ...message, state: 'incoming' })
    .execute();
  await db.insertInto('message_raw').values({ messageId: message.id, raw }).execute();
}
