import { type Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { ArchivePosts } from './archive-posts.ts';
import { Authorities } from './authorities.ts';
import { Bouncers } from './bouncers.ts';
import { Bounces } from './bounces.ts';
import { CertificateLookUps } from './certificate-look-ups.ts';
import { CertificateWarnings } from './certificate-warnings.ts';
import { Certificates } from './certificates.ts';
import { DataSources } from './data-sources.ts';
import type { Database, OpenDatabase } from './database.ts';
import { Deliveries } from './deliveries.ts';
import { Distributions } from './distributions.ts';
import type { Engine } from './engine.ts';
import { Erasures } from './erasures.ts';
import { StoreError } from './error.ts';
import { Ciphertexts, Counters, Locks, Notices, PostIds } from './guards.ts';
import { Exclusions, Inclusions } from './inclusions.ts';
import { Jobs } from './jobs.ts';
import { ListRenames } from './list-renames.ts';
import { Messages } from './messages.ts';
import { migrationProvider } from './migrations.ts';
import { MirrorFiles } from './mirror-files.ts';
import { OldRows } from './old-rows.ts';
import { Persons } from './persons.ts';
import { openPostgres } from './postgres.ts';
import { Rates, UsedSignatures } from './rates.ts';
import { Receipts } from './receipts.ts';
import { Reports } from './records.ts';
import { RequestKeys } from './request-keys.ts';
import type { Schema } from './schema.ts';
import { openSqlite } from './sqlite.ts';
import { Subscribers } from './subscribers.ts';
import { TaskMails } from './task-mails.ts';
import { Tasks } from './tasks.ts';
import { inTransaction, refuseInTransaction } from './transaction-scope.ts';

/** One repository a table. */
export interface Repositories {
  readonly messages: Messages;
  readonly receipts: Receipts;
  readonly jobs: Jobs;
  readonly distributions: Distributions;
  readonly deliveries: Deliveries;
  readonly subscribers: Subscribers;
  readonly certificates: Certificates;
  readonly authorities: Authorities;
  readonly certificateLookUps: CertificateLookUps;
  readonly mirrorFiles: MirrorFiles;
  readonly notices: Notices;
  readonly ciphertexts: Ciphertexts;
  readonly postIds: PostIds;
  readonly counters: Counters;
  readonly locks: Locks;
  readonly bounces: Bounces;
  readonly bouncers: Bouncers;
  readonly reports: Reports;
  readonly requestKeys: RequestKeys;
  readonly rates: Rates;
  readonly usedSignatures: UsedSignatures;
  readonly persons: Persons;
  readonly archivePosts: ArchivePosts;
  readonly tasks: Tasks;
  readonly taskMails: TaskMails;
  readonly certificateWarnings: CertificateWarnings;
  readonly oldRows: OldRows;
  readonly listRenames: ListRenames;
  readonly erasures: Erasures;
  readonly inclusions: Inclusions;
  readonly exclusions: Exclusions;
  readonly dataSources: DataSources;
}

/** Which database it is. */
export interface StoreDescription {
  readonly engine: Engine;
  readonly version: string;
  /** The file of an embedded database. */
  readonly path?: string;
}

/** The database of a site. */
export interface Store extends Repositories {
  readonly engine: Engine;
  /**
   * Runs some work, all of it or nothing. Within it only `tx` is awaited: everybody else waits for its end.
   *
   * @returns what the work gives, once it is on the disk
   */
  transaction<T>(work: (tx: Repositories) => Promise<T>): Promise<T>;
  /**
   * Calls back when jobs may have become due: in this process, and on PostgreSQL on other nodes too.
   *
   * @returns ends it
   */
  onEnqueue(listener: () => void): () => void;
  /** @throws StoreError `store-unavailable` when the database gives no sign of life */
  ping(): Promise<void>;
  describe(): Promise<StoreDescription>;
  close(): Promise<void>;
}

/** What a store is opened with. */
export interface StoreOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Called when all of a transaction is done but its commit, and when it is on the disk; tests die there. */
  readonly onCommit?: (at: 'before-commit' | 'after-commit') => Promise<void>;
}

/**
 * Opens the database and brings its tables to this version.
 *
 * @param url `sqlite:/path/of/file` or `postgres://…`
 * @throws StoreError `bad-database-url`, `store-unavailable`, `migration-failed`
 */
export async function openStore(url: string, options: StoreOptions): Promise<Store> {
  const opened = url.startsWith('sqlite:') ? openSqlite(url) : openPostgres(url, options.log);
  try {
    await migrate(opened);
    const listeners = new Set<() => void>();
    await opened.listen(() => wakeAll(listeners));
    return storeOf(opened, options, listeners);
  } catch (error) {
    await opened.close().catch(() => undefined);
    if (error instanceof StoreError) throw error;
    throw new StoreError('store-unavailable', 'the database does not answer', { cause: error });
  }
}

async function migrate({ db, engine }: OpenDatabase): Promise<void> {
  const migrator = new Migrator({ db, provider: migrationProvider(engine) });
  const { error: cause } = await migrator.migrateToLatest();
  if (cause instanceof StoreError) throw cause;
  if (cause === undefined) return;
  throw new StoreError('migration-failed', 'the tables of the database cannot be brought to this version', {
    cause,
    hint: 'a newer version may have made them: run that one',
  });
}

function storeOf(opened: OpenDatabase, { clock, onCommit }: StoreOptions, listeners: Set<() => void>): Store {
  const { engine, db } = opened;
  const announce = (): void => {
    wakeAll(listeners);
    // Other nodes poll as well, so news that cannot be given delays a job and loses none.
    opened.announce().catch(() => undefined);
  };
  const outside: Database = {
    get db() {
      refuseInTransaction(opened);
      return db;
    },
    engine,
    clock,
    jobsChanged: announce,
  };
  return {
    ...repositories(outside),
    engine,
    transaction: async (work) => {
      let isChanged = false;
      const jobsChanged = () => {
        isChanged = true;
      };
      const result = await outside.db.transaction().execute((tx) =>
        inTransaction(opened, async () => {
          const done = await work(repositories({ db: tx, engine, clock, jobsChanged }));
          await onCommit?.('before-commit');
          return done;
        }),
      );
      await onCommit?.('after-commit');
      if (isChanged) announce();
      return result;
    },
    onEnqueue: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ping: async () => {
      await sql`select 1`.execute(outside.db);
    },
    describe: async () => {
      const { path } = opened;
      return { engine, version: await versionOf(outside.db, engine), ...(path !== undefined && { path }) };
    },
    close: async () => {
      listeners.clear();
      await opened.close();
    },
  };
}

const versionQueries = {
  sqlite: sql<{ version: string }>`select sqlite_version() as version`,
  postgres: sql<{ version: string }>`select current_setting('server_version') as version`,
};

async function versionOf(db: Kysely<Schema>, engine: Engine): Promise<string> {
  return (await versionQueries[engine].execute(db)).rows[0]!.version;
}

function wakeAll(listeners: ReadonlySet<() => void>): void {
  for (const listener of listeners) listener();
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
    authorities: new Authorities(database),
    certificateLookUps: new CertificateLookUps(database),
    mirrorFiles: new MirrorFiles(database),
    notices: new Notices(database),
    ciphertexts: new Ciphertexts(database),
    postIds: new PostIds(database),
    counters: new Counters(database),
    locks: new Locks(database),
    bounces: new Bounces(database),
    bouncers: new Bouncers(database),
    reports: new Reports(database),
    requestKeys: new RequestKeys(database),
    rates: new Rates(database),
    usedSignatures: new UsedSignatures(database),
    persons: new Persons(database),
    archivePosts: new ArchivePosts(database),
    tasks: new Tasks(database),
    taskMails: new TaskMails(database),
    certificateWarnings: new CertificateWarnings(database),
    oldRows: new OldRows(database),
    listRenames: new ListRenames(database),
    erasures: new Erasures(database),
    inclusions: new Inclusions(database),
    exclusions: new Exclusions(database),
    dataSources: new DataSources(database),
  };
}
