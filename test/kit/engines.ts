import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { type Log, silentLog } from '../../src/log.ts';
import type { Engine } from '../../src/store/engine.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { hasPostgres, startPostgres, type TestPostgres } from './postgres.ts';

/** A clock that a test sets. */
export interface SetClock {
  at: number;
  now(): number;
}

/** What a test on one engine works with. */
export interface EngineKit {
  readonly engine: Engine;
  readonly clock: SetClock;
  /** Makes an empty database, which takes a while, and gives its URL. */
  freshUrl(): Promise<string>;
  /** The database that the tests share. */
  readonly url: string;
  /** Opens a store, on the shared database unless told; it is closed at the end. */
  open(url?: string, log?: Log): Promise<Store>;
  /** Waits until a transaction is held up by another; on SQLite the second one always is, before its first statement. */
  untilWaiting(): Promise<void>;
  /** The server, on PostgreSQL. */
  readonly server: TestPostgres | undefined;
}

/** The time at which every test starts. */
export const startOfTest = Date.UTC(2026, 10, 24, 12);

/** Runs the same tests on SQLite and on PostgreSQL; where no server is installed, those are skipped by name. */
export function describeOnEngines(name: string, tests: (kit: EngineKit) => void): void {
  describe(`${name} on sqlite`, () => tests(engineKit('sqlite')));
  describe.skipIf(!hasPostgres())(`${name} on postgres`, () => tests(engineKit('postgres')));
}

function engineKit(engine: Engine): EngineKit {
  const clock: SetClock = { at: startOfTest, now: () => clock.at };
  const opened: Store[] = [];
  let server: TestPostgres | undefined;
  let folder = '';
  let made = 0;
  let url = '';
  const freshUrl = async () => (server ? server.url() : `sqlite:${join(folder, `${++made}.db`)}`);
  beforeAll(async () => {
    if (engine === 'postgres') server = await startPostgres();
    else folder = mkdtempSync(join(tmpdir(), 'ssympa-store-'));
    url = await freshUrl();
  });
  afterAll(async () => {
    await Promise.all(opened.map((store) => store.close()));
    await server?.stop();
    if (folder !== '') rmSync(folder, { recursive: true });
  });
  return {
    engine,
    clock,
    freshUrl,
    get url() {
      return url;
    },
    open: async (at = url, log = silentLog) => {
      const store = await openStore(at, { clock, log });
      opened.push(store);
      return store;
    },
    untilWaiting: async () => server?.untilWaiting(url),
    get server() {
      return server;
    },
  };
}
