import type { Site } from '../config/site.ts';
import type { ReadBounds } from './data-source.ts';
import { SourcesError } from './error.ts';
import { PeopleCollector, type SourceAnswer } from './people.ts';
import { readPostgresRows } from './postgres-rows.ts';
import { readSqliteRows, type TakeRow } from './sqlite-rows.ts';

/** A query of a database: addresses in its first column, perhaps names in the second. */
export interface SqlQuery {
  readonly db_type: string;
  readonly db_host?: string | undefined;
  readonly db_port?: number | undefined;
  readonly db_name: string;
  readonly db_options?: string | undefined;
  readonly db_env?: string | undefined;
  readonly db_user?: string | undefined;
  readonly db_passwd?: string | undefined;
  readonly sql_query: string;
}

type ReadRows = (
  query: SqlQuery,
  statement: string,
  how: ReadBounds & Pick<Site, 'resolve'>,
  take: TakeRow,
) => Promise<void>;

const readSqlite: ReadRows = ({ db_name: file }, statement, { resolve, ...bounds }, take) =>
  readSqliteRows({ file: resolve(file), statement }, bounds, take);

/** Says that the connection is to be encrypted; `prefer` and what is below it also takes one that is not. */
const asksForTls = /ssl(?!mode\s*=\s*'?(?:disable|allow|prefer)\b)/i;

const readPostgres: ReadRows = async (query, statement, bounds, take) => {
  if (asksForTls.test(`${query.db_options ?? ''} ${query.db_env ?? ''}`))
    throw new SourcesError('source-unsupported', 'TLS to a PostgreSQL database is not offered', {
      hint: 'take it out of db_options and db_env only where the way to the database is safe, as to one of this machine',
    });
  const { db_host: host = 'localhost', db_port: port = 5_432, db_name: database, db_user: user } = query;
  return readPostgresRows(
    { host, port: port || 5_432, database, user, password: query.db_passwd, statement },
    bounds,
    take,
  );
};

const engines: Readonly<Record<string, ReadRows>> = {
  sqlite: readSqlite,
  postgresql: readPostgres,
  pg: readPostgres,
};

/**
 * Asks a database. Whatever the query is, it changes nothing.
 *
 * @throws SourcesError
 */
export async function readSqlSource(
  query: SqlQuery,
  { resolve }: Pick<Site, 'resolve'>,
  bounds: ReadBounds,
): Promise<SourceAnswer> {
  const kind = query.db_type.toLowerCase();
  const readRows = Object.hasOwn(engines, kind) ? engines[kind] : undefined;
  if (!readRows)
    throw new SourcesError(
      'source-unsupported',
      `db_type ${query.db_type.slice(0, 40)} is not offered: SQLite and PostgreSQL are`,
    );
  const collector = new PeopleCollector();
  const statement = query.sql_query.replace(/[;\s]+$/, '');
  await readRows(query, statement, { ...bounds, resolve }, (address, gecos) =>
    collector.take(address, gecos),
  );
  return collector.answer();
}
