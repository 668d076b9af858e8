import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Log } from '../log.ts';
import { CheckedDialect } from './checked-dialect.ts';
import type { OpenDatabase } from './database.ts';
import { StoreError } from './error.ts';
import { PostgresNews } from './postgres-news.ts';
import type { Schema } from './schema.ts';

const maxConnections = 10;
const connectTimeoutMs = 10_000;

/**
 * Opens a database on a PostgreSQL server; nothing is connected yet.
 *
 * @param url `postgres://user:password@host:port/database`
 * @throws StoreError `bad-database-url`
 */
export function openPostgres(url: string, log: Log): OpenDatabase {
  // No cause: the error of the URL parser quotes the password.
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url))
    throw new StoreError('bad-database-url', 'the database is sqlite:PATH or postgres://…');
  const config: pg.ClientConfig = {
    connectionString: url,
    types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    application_name: 'ssympa',
  };
  const pool = new pg.Pool({ ...config, max: maxConnections });
  // A connection that breaks is replaced; what nobody listens to would end the process: the pool tells of the idle ones only.
  pool.on('error', (error) => log.warn('database connection lost', { error: error.name }));
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<Schema>({
    dialect: new CheckedDialect(new PostgresDialect({ pool }), postgresFailure),
  });
  const news = new PostgresNews(config, log);
  return {
    engine: 'postgres',
    db,
    listen: (wake) => news.open(wake),
    announce: async () => {
      await sql`select pg_notify(${news.channel}, '')`.execute(db);
    },
    close: async () => {
      await news.close();
      await db.destroy();
    },
  };
}

const int8Oid = 20;
const byteaOid = 17;

/** Times and counts are bigint there, all of them exact as numbers for 280,000 years; bytes come in hexadecimal. */
function typeParser(oid: number, format?: string): (value: string) => unknown {
  if (oid === int8Oid) return Number;
  if (oid === byteaOid && format !== 'binary') return bytesOfHex;
  return pg.types.getTypeParser(oid, format as 'text');
}

function bytesOfHex(text: string): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.from(text.slice(2), 'hex');
  return new Uint8Array(buffer, byteOffset, length);
}

/**
 * SQLSTATE classes and codes that come from outside of the program: connection, rights, no such database, a standby that takes no
 * writes, conflicts with another node, resources, lock not available, operator, system.
 */
const outsideStates = /^(?:08|28|3D|25006|40|53|55P03|57|58)/;

function postgresFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error;
  const isOutside =
    error instanceof pg.DatabaseError ? outsideStates.test(error.code ?? '') : isNetwork(error);
  if (!isOutside) return error;
  return new StoreError('store-unavailable', 'the PostgreSQL server cannot be used', { cause: error });
}

/** What the driver says of a connection that failed is a plain Error, or one of the system's. */
function isNetwork(error: Error): boolean {
  return error.name === 'Error' || error instanceof AggregateError;
}
