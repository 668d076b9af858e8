import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPostgres, startPostgres, type TestPostgres } from '../../test/kit/postgres.ts';
import { readSqlSource, type SqlQuery } from './sql-source.ts';

const site = { resolve: (path: string) => path };
const bounds = { limitMs: 20_000 };
const insert = (count: number) =>
  `insert into p with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
   select 'user' || i || '@example.net', 'User ' || i from n`;

const endless = 'with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n';

async function everyBound(query: SqlQuery): Promise<void> {
  const { people, faulty } = await readSqlSource(
    { ...query, sql_query: 'select mail, name from p order by 1;' },
    site,
    bounds,
  );
  expect(people.size).toBe(12_000);
  expect(people.get('user7@example.net')).toBe('User 7');
  expect(faulty).toBe(0);
  const odd = await readSqlSource({ ...query, sql_query: "select null union all select 'x'" }, site, bounds);
  expect(odd).toEqual({ people: new Map(), faulty: 2 });
  for (const statement of ['delete from p', 'select 1; delete from p', 'select nothing from nowhere'])
    await expect(
      readSqlSource({ ...query, sql_query: statement }, site, bounds).then(() => 'read'),
      statement,
    ).rejects.toMatchObject({ code: 'source-database' });
  const still = await readSqlSource({ ...query, sql_query: 'select mail from p' }, site, bounds);
  expect(still.people.size).toBe(12_000);
  await expect(
    readSqlSource({ ...query, sql_query: endless }, site, { limitMs: 1_500 }),
  ).rejects.toMatchObject({ code: 'source-timeout' });
  const ended = readSqlSource({ ...query, sql_query: endless }, site, {
    ...bounds,
    signal: AbortSignal.timeout(1_000),
  });
  await expect(ended).rejects.toMatchObject({ name: 'SourcesError' });
}

describe('a SQLite database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ssympa-sql-'));
  const file = join(folder, 'people.db');
  const query: SqlQuery = { db_type: 'SQLite', db_name: file, sql_query: '' };
  beforeAll(() => {
    const database = new DatabaseSync(file);
    database.exec(`create table p (mail text, name text); ${insert(12_000)}`);
    database.close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  // The library takes the first of two statements and leaves the second: it changes nothing either.
  it('gives the rows of a query, within bounds, and is never changed', async () => {
    const { people } = await readSqlSource(
      { ...query, sql_query: 'select mail, name from p;' },
      site,
      bounds,
    );
    expect(people.size).toBe(12_000);
    await expect(readSqlSource({ ...query, sql_query: 'delete from p' }, site, bounds)).rejects.toMatchObject(
      { code: 'source-database' },
    );
    await expect(
      readSqlSource({ ...query, sql_query: endless }, site, { limitMs: 1_500 }),
    ).rejects.toMatchObject({ code: 'source-timeout' });
    const signal = AbortSignal.timeout(500);
    await expect(
      readSqlSource({ ...query, sql_query: endless }, site, { ...bounds, signal }),
    ).rejects.toMatchObject({ code: 'source-timeout' });
  }, 30_000);

  it('that is not there gives no answer, and is not made', async () => {
    const missing = { ...query, db_name: join(folder, 'none.db'), sql_query: 'select 1' };
    for (let i = 0; i < 2; i++)
      await expect(readSqlSource(missing, site, bounds)).rejects.toMatchObject({ code: 'source-database' });
  });

  it('is one of two kinds that are offered', async () => {
    await expect(
      readSqlSource({ ...query, db_type: 'MySQL', sql_query: 'select 1' }, site, bounds),
    ).rejects.toMatchObject({ code: 'source-unsupported' });
  });
});

describe('options of a PostgreSQL database', () => {
  const query: SqlQuery = {
    db_type: 'PostgreSQL',
    db_host: '127.0.0.1',
    db_port: 1,
    db_name: 'people',
    sql_query: 'select 1',
  };

  it.each([
    [{ db_options: 'sslmode=require' }, 'source-unsupported'],
    [{ db_options: 'sslmode=prefer;sslrootcert=ca.pem' }, 'source-unsupported'],
    [{ db_env: 'PGSSLMODE=verify-full' }, 'source-unsupported'],
    [{ db_options: 'sslmode=prefer' }, 'source-database'],
    [{}, 'source-database'],
  ])('%j that ask for TLS are never passed over', async (more, code) => {
    await expect(readSqlSource({ ...query, ...more }, site, bounds)).rejects.toMatchObject({ code });
  });
});

describe.skipIf(!hasPostgres())('a PostgreSQL database', () => {
  let server: TestPostgres;
  let query: SqlQuery;
  beforeAll(async () => {
    server = await startPostgres();
    const url = await server.url();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('create table p (mail text, name text)');
    await client.query(insert(12_000));
    await client.end();
    const { hostname, port, username, password, pathname } = new URL(url);
    query = {
      db_type: 'PostgreSQL',
      db_host: hostname,
      db_port: Number(port),
      db_name: pathname.slice(1),
      db_user: username,
      db_passwd: password,
      sql_query: '',
    };
  });
  afterAll(() => server?.stop());

  it('gives the rows of a query, within bounds, and is never changed', async () => {
    await everyBound(query);
  }, 60_000);

  it('that does not take the password says nothing of it', async () => {
    const wrong = { ...query, db_passwd: 'a wrong secret', sql_query: 'select 1' };
    const error = await readSqlSource(wrong, site, bounds).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'source-database' });
    expect(JSON.stringify(error) + String(error)).not.toContain('a wrong secret');
  });
});
