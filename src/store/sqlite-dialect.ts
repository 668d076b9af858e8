import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

/** Kysely on Node's own SQLite: one connection, one user of it at a time, each commit on the disk before it returns. */
export class NodeSqliteDialect implements Dialect {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  createDriver(): Driver {
    return new NodeSqliteDriver(this.#path);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new NodeSqliteAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}

class NodeSqliteAdapter extends SqliteAdapter {
  /** A migration is done whole or not at all, and two processes that start at once do it one after the other. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** The adapter has said that there is one connection: Kysely gives it to one user after the other. */
class NodeSqliteDriver implements Driver {
  readonly #path: string;
  #connection: NodeSqliteConnection | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async init(): Promise<void> {
    this.#connection = new NodeSqliteConnection(this.#path);
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection!;
  }

  async releaseConnection(): Promise<void> {}

  async beginTransaction(): Promise<void> {
    // IMMEDIATE: another process that writes is waited for here, not in the middle of the work.
    await whenFree(() => this.#connection!.run('begin immediate'));
  }

  async commitTransaction(): Promise<void> {
    this.#connection!.run('commit');
  }

  async rollbackTransaction(): Promise<void> {
    // A full disk ends the transaction by itself.
    if (this.#connection!.isTransaction) this.#connection!.run('rollback');
  }

  async destroy(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
  }
}

/** Statements kept prepared; the store has about a hundred different ones. */
const maxPrepared = 300;

interface Prepared {
  readonly statement: StatementSync;
  readonly givesRows: boolean;
}

class NodeSqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    // Nothing runs yet that could be held up, and the change to WAL needs the file for itself.
    this.run('pragma busy_timeout = 10000');
    this.run('pragma journal_mode = wal');
    // FULL: the log is synced at each commit, so "250" holds through a power cut.
    this.run('pragma synchronous = full');
    this.run('pragma foreign_keys = on');
    this.run(`pragma journal_size_limit = ${64 << 20}`);
    this.run(`pragma busy_timeout = ${busyBlockMs}`);
  }

  get isTransaction(): boolean {
    return this.#database.isTransaction;
  }

  run(sql: string): void {
    this.#database.exec(sql);
  }

  close(): void {
    this.#prepared.clear();
    this.#database.close();
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    // Within a transaction the file is this connection's already.
    return this.isTransaction ? this.#execute(query) : whenFree(() => this.#execute(query));
  }

  // biome-ignore lint/correctness/useYield: the interface asks for it, the store never streams
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('the store reads in pages, not in streams');
  }

  async #execute<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { statement, givesRows } = this.#prepare(sql);
    const values = parameters as readonly SQLInputValue[];
    if (givesRows) return { rows: statement.all(...values) as Row[] };
    const { changes } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  #prepare(sql: string): Prepared {
    const kept = this.#prepared.get(sql);
    if (kept) return kept;
    const statement = this.#database.prepare(sql);
    const prepared = { statement, givesRows: statement.columns().length > 0 };
    if (this.#prepared.size >= maxPrepared) this.#prepared.clear();
    this.#prepared.set(sql, prepared);
    return prepared;
  }
}

/** SQLite itself waits this long for another process, and holds up this one. */
const busyBlockMs = 20;
const busyPauseMs = 20;
const maxBusyTries = 250;
const busyErrorCode = 5;

/** Does something once no other process writes; this process goes on meanwhile. */
async function whenFree<T>(work: () => T | Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries >= maxBusyTries || primaryErrorCode(error) !== busyErrorCode) throw error;
      await pause(busyPauseMs);
    }
  }
}

/**
 * Gives SQLite's own number of an error.
 *
 * @returns the primary result code (`SQLITE_BUSY` is 5), or undefined for what is no error of SQLite
 */
export function primaryErrorCode(error: unknown): number | undefined {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown };
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : undefined;
}
