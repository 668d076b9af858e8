import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  chownSync,
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { randomToken } from '../../src/secrets.ts';
import { freePort } from './free-port.ts';

/** A PostgreSQL server of a test's own. */
export interface TestPostgres {
  /** Makes a fresh, empty database, and gives its URL. */
  url(): Promise<string>;
  /** Ends every connection to a database, as a server that is started anew does. */
  dropConnections(url: string): Promise<void>;
  /** Waits until a connection to a database waits for a lock that another holds. */
  untilWaiting(url: string): Promise<void>;
  stop(): Promise<void>;
}

const debianFolder = '/usr/lib/postgresql';
const superuser = 'ssympa_test';
const startMs = 30_000;
const waitMs = 10_000;

/**
 * Tells whether the server's programs are installed, for `describe.skipIf`.
 *
 * @throws Error where they are missing and `CI=true`: there nothing may be skipped
 */
export function hasPostgres(): boolean {
  const found = findFolder() !== undefined;
  if (!found && process.env.CI === 'true') throw new Error('the PostgreSQL server is not installed');
  return found;
}

/** Starts a server on loopback, in a temporary folder, as durable as it is by default. */
export async function startPostgres(): Promise<TestPostgres> {
  const programs = findFolder();
  if (programs === undefined) throw new Error('the PostgreSQL server is not installed');
  const account = serverAccount();
  const folder = mkdtempSync(join(tmpdir(), 'ssympa-postgres-'));
  if (account) chownSync(folder, account.uid, account.gid);
  const password = randomToken(12);
  await initialise(programs, folder, password, account);
  const port = await freePort();
  const server = launch(programs, folder, port, account);
  const admin = `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`;
  const stop = () => end(server, folder);
  try {
    await untilReady(admin, server);
  } catch (error) {
    await stop();
    throw error;
  }
  let made = 0;
  return {
    url: async () => {
      const name = `site_${++made}`;
      await ask(admin, `create database ${name}`);
      return admin.replace(/postgres$/, name);
    },
    dropConnections: async (url) => {
      const name = url.slice(url.lastIndexOf('/') + 1);
      await ask(admin, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    },
    untilWaiting: async (url) => {
      const name = url.slice(url.lastIndexOf('/') + 1);
      const held = `select 1 from pg_stat_activity where datname = '${name}' and wait_event_type = 'Lock'`;
      for (const untilMs = Date.now() + waitMs; (await ask(admin, held)) === 0; await pause(20))
        if (Date.now() > untilMs) throw new Error('no transaction waits for another');
    },
    stop,
  };
}

/** Debian keeps the server's programs off the PATH, a folder for each version. */
function findFolder(): string | undefined {
  return [...debianFolders(), ...(process.env.PATH ?? '').split(delimiter)].find(
    (folder) => isProgram(join(folder, 'initdb')) && isProgram(join(folder, 'postgres')),
  );
}

function debianFolders(): readonly string[] {
  try {
    const versions = readdirSync(debianFolder).filter((name) => /^\d+$/.test(name));
    return versions.sort((a, b) => Number(b) - Number(a)).map((name) => join(debianFolder, name, 'bin'));
  } catch {
    return [];
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The server refuses to run as root: then it runs as the account that its package made. */
function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  if (!line) throw new Error('there is no account postgres for the server');
  return { uid: Number(line[1]), gid: Number(line[2]) };
}

async function initialise(
  programs: string,
  folder: string,
  password: string,
  account: Account | undefined,
): Promise<void> {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account) chownSync(passwordFile, account.uid, account.gid);
  const rights = [`--username=${superuser}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  // A locale whose order is not that of the code points: the store must not depend on it.
  const locale = ['--encoding=UTF8', '--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en'];
  const args = ['-D', join(folder, 'data'), ...rights, ...locale, '--no-sync'];
  await promisify(execFile)(join(programs, 'initdb'), args, { ...account, cwd: folder });
}

function launch(programs: string, folder: string, port: number, account: Account | undefined): ChildProcess {
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories='];
  const args = ['-D', join(folder, 'data'), ...settings.flatMap((setting) => ['-c', setting])];
  const server = spawn(join(programs, 'postgres'), args, { ...account, cwd: folder, stdio: 'ignore' });
  // A test run that is broken off leaves no server behind.
  const kill = () => server.kill('SIGQUIT');
  process.once('exit', kill);
  server.once('exit', () => process.removeListener('exit', kill));
  return server;
}

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  const untilMs = Date.now() + startMs;
  for (;;) {
    try {
      await ask(url, 'select 1');
      return;
    } catch (error) {
      if (server.exitCode !== null || Date.now() > untilMs)
        throw new Error('the PostgreSQL server did not start', { cause: error });
      await pause(50);
    }
  }
}

/** @returns how many rows it gave */
async function ask(url: string, query: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(query)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

async function end(server: ChildProcess, folder: string): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    const ended = once(server, 'exit');
    server.kill('SIGINT');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}
