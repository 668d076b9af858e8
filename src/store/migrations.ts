import { type Kysely, sql } from 'kysely';
import type { Migration, MigrationProvider } from 'kysely/migration';
import { firstTables } from './migrations/0001-first-tables.ts';

/** The engines that the store runs on. */
export type Engine = 'sqlite' | 'postgres';

/** The words that the engines do not share. */
export interface SqlWords {
  readonly text: string;
  readonly int: string;
  readonly bytes: string;
  /** Ends `create table`. */
  readonly table: string;
  /** Ends `create table` where the rows are small and mostly found by their key. */
  readonly keyed: string;
}

/** The statements of one migration. */
export type MigrationSql = (words: SqlWords) => readonly string[];

/** The words of each engine. */
export const sqlWords: Readonly<Record<Engine, SqlWords>> = {
  sqlite: { text: 'text', int: 'integer', bytes: 'blob', table: 'strict', keyed: 'strict, without rowid' },
  // Order by code point, as SQLite has it: a locale of the server, or a new version of it, must not move rows in an index.
  postgres: { text: 'text collate "C"', int: 'bigint', bytes: 'bytea', table: '', keyed: '' },
};

/** Numbered steps from an empty database to this version; one that was released is never edited. */
export const migrations: Readonly<Record<string, MigrationSql>> = {
  '0001-first-tables': firstTables,
};

/** Gives the migrations in an engine's words. */
export function migrationProvider(engine: Engine): MigrationProvider {
  const entries = Object.entries(migrations).map(([name, statements]): [string, Migration] => [
    name,
    {
      up: async (db: Kysely<unknown>) => {
        for (const statement of statements(sqlWords[engine])) await sql.raw(statement).execute(db);
      },
    },
  ]);
  return { getMigrations: async () => Object.fromEntries(entries) };
}
