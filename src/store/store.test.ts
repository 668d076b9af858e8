import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeOnEngines, type EngineKit } from '../../test/kit/engines.ts';
import { silentLog } from '../log.ts';
import { type StoreErrorCode, storeErrorCodes } from './error.ts';
import { openStore, type Store } from './store.ts';

const list = 'list@example.org';
let made = 0;

/** A list that no other test has. */
function freshList(): string {
  return `list-${++made}@example.org`;
}

const clock = { now: () => 0 };

function child(act: string, url: string, list = ''): ChildProcess {
  const program = resolve(import.meta.dirname, '../../test/kit/store-child.ts');
  return spawn(process.execPath, [program, act, url, list], { stdio: ['pipe', 'pipe', 'inherit'] });
}

function failure(code: StoreErrorCode): object {
  return { name: 'StoreError', code, temporary: storeErrorCodes[code].temporary };
}

function untilCalled(register: (listener: () => void) => () => void): Promise<void> {
  return new Promise((settle) => {
    const end = register(() => {
      end();
      settle();
    });
  });
}

describeOnEngines('a store', (kit) => {
  it('says which engine and version it is, and where it lies', async () => {
    const url = await kit.freshUrl();
    const described = await (await kit.open(url)).describe();
    const path = kit.engine === 'sqlite' ? { path: url.slice('sqlite:'.length) } : {};
    expect(described).toEqual({ engine: kit.engine, version: expect.stringMatching(/^\d+\.\d+/), ...path });
  });

  it('keeps what was written when it is opened again', async () => {
    const list = freshList();
    const first = await kit.open();
    await first.subscribers.add({ list, address: 'alice@example.org' });
    const second = await kit.open();
    expect(await second.subscribers.isSubscriber(list, 'alice@example.org')).toBe(true);
  });

  it('is made once when several processes open an empty database at the same time', async () => {
    const url = await kit.freshUrl();
    const stores = await Promise.all(Array.from({ length: 4 }, () => kit.open(url)));
    await Promise.all(stores.map((store) => store.ping()));
  });

  it('refuses tables that a newer version has made', async () => {
    const url = await kit.freshUrl();
    const store = await kit.open(url);
    await store.close();
    await markNewer(url);
    await expect(kit.open(url)).rejects.toMatchObject(failure('migration-failed'));
  });

  it('does the whole work of a transaction or nothing of it', async () => {
    const list = freshList();
    const store = await kit.open();
    const work = store.transaction(async (tx) => {
      await tx.subscribers.add({ list, address: 'alice@example.org' });
      await tx.jobs.enqueue({ role: 'tasks', kind: 'k', subject: 'rolled back' });
      throw new Error('in the middle');
    });
    await expect(work).rejects.toThrow('in the middle');
    expect(await store.subscribers.count(list)).toBe(0);
    expect(await store.jobs.find('k', 'rolled back')).toBeUndefined();
  });

  it('shows the work of a transaction to nobody before its end', async () => {
    const list = freshList();
    const [writer, reader] = [await kit.open(), await kit.open()];
    await writer.transaction(async (tx) => {
      await tx.subscribers.add({ list, address: 'alice@example.org' });
      expect(await tx.subscribers.count(list)).toBe(1);
    });
    const seen: number[] = [];
    await writer.transaction(async (tx) => {
      await tx.subscribers.add({ list, address: 'bob@example.org' });
      seen.push(await reader.subscribers.count(list));
    });
    expect([...seen, await reader.subscribers.count(list)]).toEqual([1, 2]);
  });

  it('gives each of many transactions at once a number of its own', async () => {
    const list = freshList();
    const stores = [await kit.open(), await kit.open()];
    const numbers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => stores[i % 2]!.transaction((tx) => tx.counters.next(list))),
    );
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  it('refuses the store itself to the work of a transaction', async () => {
    const list = freshList();
    const store = await kit.open();
    const misuse: readonly ((tx: unknown) => Promise<unknown>)[] = [
      () => store.subscribers.count(list),
      () => store.transaction(async () => 1),
      () => store.ping(),
    ];
    for (const work of misuse)
      await expect(store.transaction(work)).rejects.toThrow('only its own repositories');
    expect(await store.subscribers.count(list)).toBe(0);
  });

  it('tells of new jobs after the commit, and of none that were rolled back', async () => {
    const store = await kit.open();
    const heard: number[] = [];
    const end = store.onEnqueue(async () => {
      heard.push(0);
    });
    await store
      .transaction(async (tx) => {
        await tx.jobs.enqueue({ role: 'tasks', kind: 'k', subject: 'never' });
        throw new Error('no');
      })
      .catch(() => undefined);
    expect(heard).toEqual([]);
    await store.transaction(async (tx) => {
      await tx.jobs.enqueue({ role: 'tasks', kind: 'k', subject: 's' });
      expect(heard).toEqual([]);
    });
    expect(heard.length).toBeGreaterThan(0);
    end();
    const before = heard.length;
    await store.jobs.enqueue({ role: 'tasks', kind: 'k', subject: 't' });
    expect(heard.length).toBe(before);
  });

  it('takes a NUL in a text, as a mark that something stood there', async () => {
    const list = freshList();
    const store = await kit.open();
    await store.subscribers.add({ list, address: 'a@example.org', gecos: 'A\0B' });
    expect((await store.subscribers.find(list, 'a@example.org'))?.gecos).toBe('A\uFFFDB');
  });

  it('holds a committed transaction through kill -9, and nothing of one that was not', async () => {
    const { url } = kit;
    const store = await kit.open();
    const list = freshList();
    for (const act of ['die-after-commit', 'die-before-commit']) {
      const [, signal] = await once(child(act, url, list), 'exit');
      expect(signal).toBe('SIGKILL');
    }
    const there = (await store.subscribers.list(list)).map((row) => row.address);
    expect(there).toEqual(['kept@example.org']);
  });

  it('shares jobs among processes so that each is done once', async () => {
    const { url } = kit;
    const store = await kit.open();
    for (const job of await store.jobs.list()) await store.jobs.complete(job.id);
    const subjects = Array.from({ length: 90 }, (_, i) => `job ${i}`);
    for (const subject of subjects) await store.jobs.enqueue({ role: 'tasks', kind: 'k', subject, runAt: 0 });
    const workers = [1, 2, 3].map(() => child('work-jobs-off', url));
    await Promise.all(workers.map((worker) => once(worker.stdout!, 'data')));
    for (const worker of workers) worker.stdin!.write('go\n');
    const counts = await Promise.all(workers.map((worker) => once(worker.stdout!, 'data')));
    expect(counts.reduce((sum, [text]) => sum + Number(text), 0)).toBe(subjects.length);
    expect(await store.jobs.list()).toEqual([]);
    expect((await store.bounces.list('')).map((row) => row.id).toSorted()).toEqual(subjects.toSorted());
  });

  it('goes on while another process holds the database, and writes when it is free', async () => {
    const { url } = kit;
    const store = await kit.open();
    const list = freshList();
    const holder = child('hold-the-database', url, list);
    await once(holder.stdout!, 'data');
    const written = store.subscribers.add({ list, address: 'slow@example.org' });
    let turns = 0;
    const timer = setInterval(() => turns++, 10);
    await written;
    clearInterval(timer);
    await once(holder, 'exit');
    expect(turns).toBeGreaterThan(5);
    expect(await store.subscribers.count(list)).toBe(1);
  });

  if (kit.engine === 'postgres') serverTests(kit);
});

function serverTests(kit: EngineKit): void {
  it('hears of the jobs of other nodes, after a lost connection too', async () => {
    const { url } = kit;
    const [near, far] = [await kit.open(), await kit.open()];
    const heard = untilCalled((listener) => far.onEnqueue(listener));
    await near.jobs.enqueue({ role: 'tasks', kind: 'k', subject: '1' });
    await heard;
    await kit.server!.dropConnections(url);
    await pause(100);
    // Once it listens again it wakes by itself: what was announced meanwhile was not heard.
    await untilCalled((listener) => far.onEnqueue(listener));
    const again = untilCalled((listener) => far.onEnqueue(listener));
    await near.jobs.enqueue({ role: 'tasks', kind: 'k', subject: '2' });
    await again;
  });

  it('says that the server is unavailable while it is', async () => {
    const { url } = kit;
    const store = await kit.open();
    const list = freshList();
    const cut = store.transaction(async (tx) => {
      await tx.subscribers.add({ list, address: 'a@example.org' });
      await kit.server!.dropConnections(url);
      await tx.subscribers.add({ list, address: 'b@example.org' });
    });
    await expect(cut).rejects.toMatchObject(failure('store-unavailable'));
    expect(await store.subscribers.count(list)).toBe(0);
    const wrongPassword = url.replace(/:[^:@]*@/, ':wrong@');
    await expect(kit.open(wrongPassword)).rejects.toMatchObject(failure('store-unavailable'));
    const noServer = url.replace(/:\d+\//, ':1/');
    await expect(kit.open(noServer)).rejects.toMatchObject(failure('store-unavailable'));
  });
}

describe('the URL of a database', () => {
  it.each([
    '',
    'sqlite:',
    'mysql://localhost/x',
    'postgres://[',
    '/var/lib/x.db',
  ])('is refused: %j', async (url) => {
    await expect(openStore(url, { clock, log: silentLog })).rejects.toMatchObject(
      failure('bad-database-url'),
    );
  });

  it('never shows its password in the error', async () => {
    const opened = openStore('postgres://me:hush@[/x', { clock, log: silentLog });
    const error = await opened.catch((caught: unknown) => caught as Error);
    expect(JSON.stringify([String(error), (error as Error).stack, (error as Error).cause])).not.toContain(
      'hush',
    );
  });
});

describe('the file of an embedded store', () => {
  let folder = '';
  const open = (name: string): Promise<Store> =>
    openStore(`sqlite:${join(folder, name)}`, { clock, log: silentLog });
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ssympa-file-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('and its log are not readable by others', async () => {
    const store = await open('sub/private.db');
    await store.subscribers.add({ list, address: 'a@example.org' });
    for (const name of ['private.db', 'private.db-wal'])
      expect(statSync(join(folder, 'sub', name)).mode & 0o777 & ~0o640).toBe(0);
    await store.close();
  });

  it('is refused with a hint when it is no database, a folder, or under a file', async () => {
    writeFileSync(
      join(folder, 'text'),
      'no database at all, only a text that is long enough to be read as one\n'.repeat(20),
    );
    const unavailable = failure('store-unavailable');
    await expect(open('text')).rejects.toMatchObject({
      ...unavailable,
      hint: expect.stringContaining('else'),
    });
    await expect(open('')).rejects.toMatchObject(unavailable);
    await expect(open('text/below.db')).rejects.toMatchObject(unavailable);
  });
});

async function markNewer(url: string): Promise<void> {
  const insert = `insert into kysely_migration (name, timestamp) values ('9999-later', '2030-01-01T00:00:00Z')`;
  if (url.startsWith('sqlite:')) {
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(url.slice('sqlite:'.length));
    database.exec(insert);
    database.close();
    return;
  }
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(insert);
  await client.end();
}
