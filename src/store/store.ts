import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { Certificates } from './certificates.ts';
import type { Database } from './database.ts';
import { Deliveries } from './deliveries.ts';
import { Distributions } from './distributions.ts';
import { StoreError } from './error.ts';
import { Ciphertexts, Counters, Locks, Notices, PostIds } from './guards.ts';
import { Jobs } from './jobs.ts';
import { Messages } from './messages.ts';
import { type Engine, migrationProvider } from './migrations.ts';
import { MirrorFiles } from './mirror-files.ts';
import { Receipts } from './receipts.ts';
import { Bounces, Reports } from './records.ts';
import type { Schema } from './schema.ts';
import { NodeSqliteDialect } from './sqlite-dialect.ts';
import { Subscribers } from './subscribers.ts';

/** One repository a table. */
export interface Repositories {
  readonly messages: Messages;
  readonly receipts: Receipts;
  readonly jobs: Jobs;
  readonly distributions: Distributions;
  readonly deliveries: Deliveries;
  readonly subscribers: Subscribers;
  readonly certificates: Certificates;
  readonly mirrorFiles: MirrorFiles;
  readonly notices: Notices;
  readonly ciphertexts: Ciphertexts;
  readonly postIds: PostIds;
  readonly counters: Counters;
  readonly locks: Locks;
  readonly bounces: Bounces;
  readonly reports: Reports;
}

/** The database of a site. */
export interface Store extends Repositories {
  readonly engine: Engine;
  /** Runs some work, all of it or nothing; within it nothing but the database is awaited. */
  transaction<T>(work: (tx: Repositories) => Promise<T>): Promise<T>;
  /** Calls back when jobs may have become due, in this process and, on PostgreSQL, on other nodes too. */
  onJobs(listener: () => void): () => void;
  /** Asks the database for a sign of life. */
  ping(): Promise<void>;
  describe(): Promise<{ readonly engine: Engine; readonly version: string }>;
  close(): Promise<void>;
}

/** What a store is opened with. */
export interface StoreOptions {
  readonly clock: Clock;
  readonly log: Log;
}

const jobsChannel = 'ssympa_jobs';

/**
 * Opens the database and brings its tables to this version.
 *
 * @param url `sqlite:/path/of/file` or `postgres://…`
 * @throws StoreError `bad-database-url`, `store-unavailable`, `migration-failed`
 */
export async function openStore(url: string, options: StoreOptions): Promise<Store> {
  const opened = url.startsWith('sqlite:') ? openSqlite(url) : openPostgres(url, options.log);
  const store = new OpenStore(opened, options);
  try {
    await store.migrate();
    await opened.listen(() => store.wake());
    return store;
  } catch (error) {
    await store.close().catch(() => undefined);
    if (error instanceof StoreError) throw error;
    throw new StoreError('store-unavailable', 'the database does not answer', { cause: error });
  }
}

interface OpenDatabase {
  readonly engine: Engine;
  readonly db: Kysely<Schema>;
  listen(wake: () => void): Promise<void>;
  close(): Promise<void>;
}

function openSqlite(url: string): OpenDatabase {
  const path = resolve(url.slice('sqlite:'.length));
  if (path === '' || url === 'sqlite:')
    throw new StoreError('bad-database-url', 'sqlite: needs the path of a file');
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  } catch (cause) {
    throw new StoreError('store-unavailable', `the folder of ${path} cannot be made`, { cause });
  }
  const db = new Kysely<Schema>({ dialect: new NodeSqliteDialect(path) });
  return { engine: 'sqlite', db, listen: async () => {}, close: () => db.destroy() };
}

function openPostgres(url: string, log: Log): OpenDatabase {
  if (!/^postgres(ql)?:\/\//.test(url))
    throw new StoreError('bad-database-url', 'the database is sqlite:PATH or postgres://…');
  // Times and counts are bigint there; all of them are exact as numbers for the next 280,000 years.
  const types = {
    getTypeParser: (oid: number, format?: string) =>
      oid === 20 ? Number : pg.types.getTypeParser(oid, format as never),
  };
  const config = { connectionString: url, types: types as never, connectionTimeoutMillis: 10_000 };
  const pool = new pg.Pool({ ...config, max: 10 });
  pool.on('error', (error) => log.error('database connection lost', { error: error.name }));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const listener = new PostgresListener(config, log);
  const close = async () => {
    await listener.close();
    await db.destroy();
  };
  return { engine: 'postgres', db, listen: (wake) => listener.open(wake), close };
}

const reconnectMs = 2_000;

/** Listens for jobs of other nodes; while it cannot, the pollers find them. */
class PostgresListener {
  readonly #config: pg.ClientConfig;
  readonly #log: Log;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(config: pg.ClientConfig, log: Log) {
    this.#config = config;
    this.#log = log;
  }

  async open(wake: () => void): Promise<void> {
    const client = new pg.Client(this.#config);
    this.#client = client;
    client.on('notification', wake);
    client.on('error', () => {
      this.#log.warn('no news of jobs from the database for now');
      if (!this.#closed)
        this.#timer = setTimeout(() => void this.open(wake).catch(() => undefined), reconnectMs);
    });
    await client.connect();
    await client.query(`listen ${jobsChannel}`);
    wake();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#client?.end().catch(() => undefined);
  }
}

class OpenStore implements Store {
  readonly #opened: OpenDatabase;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  readonly messages: Messages;
  readonly receipts: Receipts;
  readonly jobs: Jobs;
  readonly distributions: Distributions;
  readonly deliveries: Deliveries;
  readonly subscribers: Subscribers;
  readonly certificates: Certificates;
  readonly mirrorFiles: MirrorFiles;
  readonly notices: Notices;
  readonly ciphertexts: Ciphertexts;
  readonly postIds: PostIds;
  readonly counters: Counters;
  readonly locks: Locks;
  readonly bounces: Bounces;
  readonly reports: Reports;

  constructor(opened: OpenDatabase, { clock }: StoreOptions) {
    this.#opened = opened;
    this.#clock = clock;
    const own = repositories(this.#database(opened.db, () => this.#announce(opened.db)));
    this.messages = own.messages;
    this.receipts = own.receipts;
    this.jobs = own.jobs;
    this.distributions = own.distributions;
    this.deliveries = own.deliveries;
    this.subscribers = own.subscribers;
    this.certificates = own.certificates;
    this.mirrorFiles = own.mirrorFiles;
    this.notices = own.notices;
    this.ciphertexts = own.ciphertexts;
    this.postIds = own.postIds;
    this.counters = own.counters;
    this.locks = own.locks;
    this.bounces = own.bounces;
    this.reports = own.reports;
  }

  get engine(): Engine {
    return this.#opened.engine;
  }

  async transaction<T>(work: (tx: Repositories) => Promise<T>): Promise<T> {
    let jobsChanged = false;
    const result = await this.#opened.db.transaction().execute(async (db) => {
      const note = () => {
        jobsChanged = true;
      };
      return work(repositories(this.#database(db, note)));
    });
    if (jobsChanged) this.#announce(this.#opened.db);
    return result;
  }

  onJobs(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  wake(): void {
    for (const listener of this.#listeners) listener();
  }

  async migrate(): Promise<void> {
    const { db, engine } = this.#opened;
    const migrator = new Migrator({ db, provider: migrationProvider(engine) });
    const { error } = await migrator.migrateToLatest();
    if (!error) return;
    const unreachable = /ECONN|ENOTFOUND|timeout|password|unable to open/i.test(
      String((error as Error).message),
    );
    const code = unreachable ? 'store-unavailable' : 'migration-failed';
    throw new StoreError(code, `the database cannot be used (${engine})`, { cause: error });
  }

  async ping(): Promise<void> {
    await sql`select 1`.execute(this.#opened.db);
  }

  async describe(): Promise<{ readonly engine: Engine; readonly version: string }> {
    const query =
      this.engine === 'sqlite' ? sql`select sqlite_version() as version` : sql`select version() as version`;
    const { rows } = await query.execute(this.#opened.db);
    return { engine: this.engine, version: String((rows[0] as { version: unknown }).version) };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#opened.close();
  }

  #database(db: Kysely<Schema>, jobsChanged: () => void): Database {
    return { db, engine: this.engine, clock: this.#clock, jobsChanged };
  }

  #announce(db: Kysely<Schema>): void {
    this.wake();
    if (this.engine !== 'postgres') return;
    // Other nodes poll as well, so a notice that cannot be given delays a job and loses none.
    sql`select pg_notify(${jobsChannel}, '')`.execute(db).catch(() => undefined);
  }
}

function repositories(database: Database): Repositories {
  return {
    messages: new Messages(database),
    receipts: new Receipts(database),
    jobs: new Jobs(database),
    distributions: new Distributions(database),
    deliveries: new Deliveries(database),
    subscribers: new Subscribers(database),
    certificates: new Certificates(database),
    mirrorFiles: new MirrorFiles(database),
    notices: new Notices(database),
    ciphertexts: new Ciphertexts(database),
    postIds: new PostIds(database),
    counters: new Counters(database),
    locks: new Locks(database),
    bounces: new Bounces(database),
    reports: new Reports(database),
  };
}
