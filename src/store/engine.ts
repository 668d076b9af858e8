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
