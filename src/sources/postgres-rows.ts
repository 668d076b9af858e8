import pg from 'pg';
import type { ReadBounds } from './data-source.ts';
import { SourcesError } from './error.ts';
import { maxSourceBytes } from './people.ts';
import type { TakeRow } from './sqlite-rows.ts';

/** A query of a PostgreSQL database. */
export interface PostgresRowsQuestion {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly statement: string;
}

const connectMs = 10_000;
/** Few: how wide they are is known only when they are here. */
const rowsAtOnce = 500;

/** Everything as the server writes it. */
const types = { getTypeParser: () => String } as unknown as pg.CustomTypesConfig;

/**
 * Reads the rows of a query, within a transaction that writes nothing.
 *
 * @throws SourcesError `source-database`, `source-timeout`, `source-too-large`
 */
export async function readPostgresRows(
  { statement, ...access }: PostgresRowsQuestion,
  { limitMs, signal }: ReadBounds,
  take: TakeRow,
): Promise<void> {
  const client = new pg.Client({
    ...access,
    types,
    connectionTimeoutMillis: Math.min(connectMs, limitMs),
    // The server ends a statement itself; this is for one that does not.
    query_timeout: limitMs + 1_000,
    application_name: 'ssympa',
  });
  // What nobody listens to would end the process.
  client.on('error', () => undefined);
  const untilMs = performance.now() + limitMs;
  // While a statement runs, this ends the connection under it.
  const end = () => void client.end().catch(() => undefined);
  signal?.addEventListener('abort', end);
  try {
    await client.connect();
    await client.query('begin read only');
    await client.query(`set local statement_timeout = ${Math.ceil(limitMs)}`);
    // A cursor: the rows come over in pieces. Extended: there it can be one statement alone.
    const declare = { text: `declare people no scroll cursor for ${statement}`, queryMode: 'extended' };
    await client.query(declare);
    await takeAll(client, untilMs, take);
  } catch (error) {
    throw failureOf(error);
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}

async function takeAll(client: pg.Client, untilMs: number, take: TakeRow): Promise<void> {
  let size = 0;
  const fetch = { text: `fetch ${rowsAtOnce} from people`, rowMode: 'array' } as const;
  for (;;) {
    const { rows } = await client.query<(string | null)[]>(fetch);
    for (const [first, second] of rows) {
      size += (first?.length ?? 0) + (second?.length ?? 0);
      take(first ?? '', second ?? '');
    }
    if (rows.length === 0) return;
    if (size > maxSourceBytes)
      throw new SourcesError('source-too-large', `the database sends more than ${maxSourceBytes} bytes`);
    if (performance.now() > untilMs)
      throw new SourcesError('source-timeout', 'the PostgreSQL database does not answer in time');
  }
}

/** `query_canceled`: the server ended the statement at its time limit. */
const cancelled = '57014';

function failureOf(error: unknown): SourcesError {
  if (error instanceof SourcesError) return error;
  // No cause: the server quotes values.
  const code = (error as { readonly code?: unknown }).code;
  if (code === cancelled)
    return new SourcesError('source-timeout', 'the PostgreSQL database does not answer in time');
  const shown = typeof code === 'string' ? code : 'no answer';
  return new SourcesError('source-database', `the PostgreSQL database cannot be asked (${shown})`);
}
