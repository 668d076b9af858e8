import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Kysely } from 'kysely';
import { CheckedDialect } from './checked-dialect.ts';
import type { OpenDatabase } from './database.ts';
import { StoreError } from './error.ts';
import type { Schema } from './schema.ts';
import { NodeSqliteDialect, primaryErrorCode } from './sqlite-dialect.ts';

const prefix = 'sqlite:';

/**
 * Opens the embedded database.
 *
 * @param url `sqlite:` and the path of a file, which is made where it is missing, with its folder
 * @throws StoreError `bad-database-url`, `store-unavailable`
 */
export function openSqlite(url: string): OpenDatabase {
  if (url === prefix) throw new StoreError('bad-database-url', 'sqlite: needs the path of a file');
  const path = resolve(url.slice(prefix.length));
  makeFile(path);
  const dialect = new CheckedDialect(new NodeSqliteDialect(path), (error) => sqliteFailure(error, path));
  const db = new Kysely<Schema>({ dialect });
  return {
    engine: 'sqlite',
    db,
    path,
    listen: async () => {},
    announce: async () => {},
    close: () => db.destroy(),
  };
}

/** Mail and addresses lie in it, so others may not read it; SQLite gives its log the same rights. */
function makeFile(path: string): void {
  try {
    const folder = dirname(path);
    // The daemon's socket lies beside the database: any user's pipe passes through, nobody else sees what is there.
    if (mkdirSync(folder, { recursive: true }) !== undefined) chmodSync(folder, 0o711);
    closeSync(openSync(path, 'a', 0o640));
  } catch (cause) {
    throw new StoreError('store-unavailable', `the database ${path} cannot be opened`, { cause });
  }
}

/** SQLite's primary result codes that come from outside of the program, and what may be done about each. */
const outsideFailures: Readonly<Record<number, string>> = {
  5: 'another process has held the database for too long',
  6: 'another process has held the database for too long',
  8: 'give this user the right to write the file and its folder',
  10: 'look for a faulty disk or file system',
  11: 'the file is damaged: restore it from a backup',
  13: 'the disk is full',
  14: 'give this user the right to write the file and its folder',
  15: 'the file system does not lock files as SQLite needs it',
  26: 'the file is something else than a database',
};

function sqliteFailure(error: unknown, path: string): unknown {
  const hint = outsideFailures[primaryErrorCode(error) ?? -1];
  if (hint === undefined) return error;
  return new StoreError('store-unavailable', `the database ${path} cannot be used`, { cause: error, hint });
}
