import type {
  CompiledQuery,
  DatabaseConnection,
  DatabaseIntrospector,
  Dialect,
  DialectAdapter,
  Driver,
  Kysely,
  QueryCompiler,
  QueryResult,
  TransactionSettings,
} from 'kysely';

/** Turns an engine's own error into a StoreError where it is an expected failure; gives a bug back as it is. */
export type TranslateError = (error: unknown) => unknown;

/** An engine's dialect, with what both engines must do alike: failures are StoreErrors, texts carry no NUL. */
export class CheckedDialect implements Dialect {
  readonly #inner: Dialect;
  readonly #translate: TranslateError;

  constructor(inner: Dialect, translate: TranslateError) {
    this.#inner = inner;
    this.#translate = translate;
  }

  createDriver(): Driver {
    return new CheckedDriver(this.#inner.createDriver(), this.#translate);
  }

  createQueryCompiler(): QueryCompiler {
    return this.#inner.createQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return this.#inner.createAdapter();
  }

  createIntrospector(db: Kysely<never>): DatabaseIntrospector {
    return this.#inner.createIntrospector(db);
  }
}

class CheckedDriver implements Driver {
  readonly #inner: Driver;
  readonly #translate: TranslateError;
  readonly #wrapped = new WeakMap<DatabaseConnection, CheckedConnection>();

  constructor(inner: Driver, translate: TranslateError) {
    this.#inner = inner;
    this.#translate = translate;
  }

  init(): Promise<void> {
    return this.#checked(() => this.#inner.init());
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const inner = await this.#checked(() => this.#inner.acquireConnection());
    const known = this.#wrapped.get(inner);
    if (known) return known;
    const connection = new CheckedConnection(inner, this.#translate);
    this.#wrapped.set(inner, connection);
    return connection;
  }

  beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    return this.#checked(() => this.#inner.beginTransaction(innerOf(connection), settings));
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#checked(() => this.#inner.commitTransaction(innerOf(connection)));
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#checked(() => this.#inner.rollbackTransaction(innerOf(connection)));
  }

  releaseConnection(connection: DatabaseConnection): Promise<void> {
    return this.#inner.releaseConnection(innerOf(connection));
  }

  destroy(): Promise<void> {
    return this.#inner.destroy();
  }

  async #checked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#translate(error);
    }
  }
}

class CheckedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;
  readonly #translate: TranslateError;

  constructor(inner: DatabaseConnection, translate: TranslateError) {
    this.inner = inner;
    this.#translate = translate;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      return await this.inner.executeQuery<Row>(withoutNul(query));
    } catch (error) {
      throw this.#translate(error);
    }
  }

  // biome-ignore lint/correctness/useYield: the interface asks for it, the store never streams
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('the store reads in pages, not in streams');
  }
}

function innerOf(connection: DatabaseConnection): DatabaseConnection {
  return (connection as CheckedConnection).inner;
}

/** PostgreSQL takes no NUL in a text, and peers write what they like into replies and Message-IDs. */
function withoutNul(query: CompiledQuery): CompiledQuery {
  if (!query.parameters.some(hasNul)) return query;
  const parameters = query.parameters.map((value) =>
    hasNul(value) ? value.replaceAll('\0', '\uFFFD') : value,
  );
  return { ...query, parameters };
}

function hasNul(value: unknown): value is string {
  return typeof value === 'string' && value.includes('\0');
}
