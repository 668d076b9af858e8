import pg from 'pg';
import { ListsError } from './error.ts';
import { isTruth } from './filter-truth.ts';

/** A database on a PostgreSQL server. */
export interface PostgresAccess {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

const connectMs = 4_000;
const statementMs = 4_000;
/** The server ends a statement itself; this is for one that does not. */
const answerMs = 5_000;

const booleanOid = 16;

/** Everything as the server writes it, but for its `t` and `f`. */
const types = {
  getTypeParser: (oid: number) => (oid === booleanOid ? (value: string) => value === 't' : String),
} as unknown as pg.CustomTypesConfig;

/**
 * Asks a PostgreSQL database for one value, within a transaction that writes nothing.
 *
 * @param parameters the values of `$1`, `$2` …
 * @throws ListsError `filter-database`
 */
export async function askPostgres(
  access: PostgresAccess,
  statement: string,
  parameters: readonly string[],
): Promise<boolean> {
  const client = new pg.Client({
    ...access,
    types,
    connectionTimeoutMillis: connectMs,
    query_timeout: answerMs,
    application_name: 'ssympa',
  });
  // What nobody listens to would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('begin read only');
    await client.query(`set local statement_timeout = ${statementMs}`);
    // A cursor: one row comes over, however many the statement has. Extended: there it can be one statement alone.
    const text = `declare answer no scroll cursor for ${statement}`;
    const declare = { text, values: [...parameters], queryMode: 'extended' };
    await client.query(declare);
    const { rows } = await client.query<unknown[]>({ text: 'fetch 1 from answer', rowMode: 'array' });
    return isTruth(rows[0]?.[0]);
  } catch (error) {
    // No cause: the server quotes values.
    const code = (error as { readonly code?: unknown }).code;
    const shown = typeof code === 'string' ? code : 'no answer';
    throw new ListsError('filter-database', `the PostgreSQL database of a filter cannot be asked (${shown})`);
  } finally {
    client.end().catch(() => undefined);
  }
}
