import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { List } from '../../src/lists/list.ts';
import { NamedFilters } from '../../src/lists/named-filters.ts';
import { silentLog } from '../../src/log.ts';
import { type FolderSite, makeFolderSite } from '../kit/folder-site.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../kit/postgres.ts';
import { hasProgram } from '../kit/programs.ts';
import { secretsBase, slapdBase, startSlapd, type TestSlapd } from '../kit/slapd.ts';

let made: FolderSite;
let list: List;
let nowMs = 0;
let filters: NamedFilters;

beforeAll(async () => {
  made = await makeFolderSite();
  list = await made.lists.create({ name: 'plans', owners: ['ann@example.org'] });
  filters = new NamedFilters(made.site, { clock: { now: () => nowMs }, log: silentLog });
});
afterAll(() => made.dispose());

let files = 0;

/** Writes a filter under a new name and asks it about a sender. */
function ask(kind: 'ldap' | 'sql', lines: readonly string[], sender: string): Promise<boolean> {
  const file = `filter${++files}.${kind}`;
  made.write(`etc/search_filters/${file}`, `${lines.join('\n')}\n`);
  return filters.search(list, file, undefined, (path) => (path === 'sender' ? sender : undefined));
}

/** Addresses that mean something in a search filter or a statement. */
const hostile = [
  '*',
  '*)(uid=*',
  'ann@example.org)(|(uid=*)',
  ')(objectClass=*',
  '\\2a',
  'x\0',
  "' or '1'='1",
  "x'; drop table people; --",
  '$1',
  '?1',
  '\\',
];

const ldif = `dn: uid=ann,${slapdBase}
objectClass: inetOrgPerson
uid: ann
cn: Ann
sn: Ann
mail: ann@example.org
employeeType: prof

dn: uid=zoe,${secretsBase}
objectClass: inetOrgPerson
uid: zoe
cn: Zoé
sn: Zoe
mail: zoe@example.org
`;

describe.skipIf(!hasProgram('slapd'))('a .ldap filter and a directory of OpenLDAP', () => {
  let slapd: TestSlapd;
  let plain: readonly string[];
  beforeAll(async () => {
    slapd = await startSlapd(ldif);
    plain = [`host 127.0.0.1:${slapd.port}`, `suffix ${slapdBase}`];
  });
  afterAll(() => slapd?.stop());

  const login = () => [`bind_dn ${slapd.admin.name}`, `bind_password ${slapd.admin.password}`];

  it('finds who is there', async () => {
    const lines = [...plain, '# Professors', 'filter (&(mail = [sender]) \\', '  (employeeType = prof))'];
    expect(await ask('ldap', lines, 'ann@example.org')).toBe(true);
    expect(await ask('ldap', lines, 'bob@example.org')).toBe(false);
    expect(await ask('ldap', lines, 'zoe@example.org')).toBe(false);
  });

  it.each(hostile)('takes the sender %j for a value', async (sender) => {
    expect(await ask('ldap', [...plain, 'filter (mail=[sender])'], sender)).toBe(false);
    expect(await ask('ldap', [...plain, 'filter (&(uid=ann)(!(mail=[sender])))'], sender)).toBe(true);
  });

  it('looks as deep as it says', async () => {
    const deep = (scope: string) =>
      ask('ldap', [...plain, 'filter (mail=[sender])', `scope ${scope}`], 'ann@example.org');
    expect([await deep('base'), await deep('one'), await deep('sub')]).toEqual([false, true, true]);
  });

  it('logs in', async () => {
    const lines = [...plain, 'filter (mail=[sender])'];
    expect(await ask('ldap', lines, 'zoe@example.org')).toBe(false);
    expect(await ask('ldap', [...lines, ...login()], 'zoe@example.org')).toBe(true);
    const wrong = [...lines, `bind_dn ${slapd.admin.name}`, 'bind_password wrong'];
    await expect(ask('ldap', wrong, 'zoe@example.org')).rejects.toMatchObject({ code: 'directory-login' });
  });

  it('wants a start that is there', async () => {
    const lines = [plain[0]!, 'suffix ou=nowhere,dc=example,dc=org', 'filter (mail=[sender])'];
    await expect(ask('ldap', lines, 'ann@example.org')).rejects.toMatchObject({ code: 'directory-no-base' });
  });

  it.each(['starttls', 'ldaps'])('checks the server over %s', async (tls) => {
    const port = tls === 'ldaps' ? slapd.tlsPort : slapd.port;
    const lines = [
      `host localhost:${port}`,
      plain[1]!,
      'filter (mail=[sender])',
      `use_tls ${tls}`,
      'ssl_version tlsv1',
    ];
    expect(await ask('ldap', [...lines, `ca_file ${slapd.caFile}`], 'ann@example.org')).toBe(true);
    await expect(ask('ldap', lines, 'ann@example.org')).rejects.toMatchObject({
      code: 'directory-untrusted',
    });
    await expect(ask('ldap', [...lines, 'ca_verify optional'], 'ann@example.org')).rejects.toMatchObject({
      code: 'directory-untrusted',
    });
    expect(await ask('ldap', [...lines, 'ca_verify none'], 'ann@example.org')).toBe(true);
  });

  it('is asked again only after the time that the site sets', async () => {
    const own = await startSlapd(ldif);
    const lines = [`host 127.0.0.1:${own.port}`, plain[1]!, 'filter (mail=[sender])'];
    expect(await ask('ldap', lines, 'ann@example.org')).toBe(true);
    const file = `filter${files}.ldap`;
    await own.stop();
    const again = () => filters.search(list, file, 'ann@example.org', () => undefined);
    nowMs += 3_599_999;
    expect(await again()).toBe(true);
    nowMs += 1;
    await expect(again()).rejects.toMatchObject({ code: 'directory-unreachable', temporary: true });
  });
});

describe.skipIf(!hasPostgres())('a .sql filter and a PostgreSQL server', () => {
  let postgres: TestPostgres;
  let client: pg.Client;
  let access: readonly string[];
  beforeAll(async () => {
    postgres = await startPostgres();
    const text = await postgres.url();
    const url = new URL(text);
    client = new pg.Client({ connectionString: text });
    await client.connect();
    await client.query('create table people (mail text, age integer, rich boolean)');
    await client.query(
      "insert into people values ('ann@example.org', 40, true), ('bob@example.org', 0, false)",
    );
    access = [
      'sql_named_filter_query',
      'db_type PostgreSQL',
      `db_host ${url.hostname}`,
      `db_port ${url.port}`,
      `db_user ${url.username}`,
      `db_passwd ${url.password}`,
      `db_name ${url.pathname.slice(1)}`,
    ];
  });
  afterAll(async () => {
    await client?.end();
    await postgres?.stop();
  });

  const query = (statement: string, sender = 'ann@example.org') =>
    ask('sql', [...access, `statement ${statement}`], sender);

  it.each([
    ['select count(*) from people where mail = [sender]', true, true],
    ['select age from people where mail = [sender]', true, false],
    ['select rich from people where mail = [sender]', true, false],
    ['select age::numeric(5,2) from people where mail = [sender];', true, false],
    ['with p as (select * from people) select 1 from p where mail = [sender] and age > 0', true, false],
    ['select mail from people, generate_series(1, 50000) where mail = [sender]', true, true],
  ])('%s', async (statement, ann, bob) => {
    expect(await query(statement)).toBe(ann);
    expect(await query(statement, 'bob@example.org')).toBe(bob);
    expect(await query(statement, 'eve@example.org')).toBe(false);
  });

  it.each(
    hostile.filter((sender) => !sender.includes('\0')),
  )('takes the sender %j for a value', async (sender) => {
    expect(await query('select count(*) from people where mail = [sender]', sender)).toBe(false);
    expect(await query('select [sender] = [sender] and count(*) = 2 from people', sender)).toBe(true);
  });

  it.each([
    'delete from people returning 1',
    'select 1; delete from people',
    'select 1 from nowhere',
    "select age = [sender]::integer from people where mail = 'ann@example.org'",
    'select pg_sleep(60)',
  ])('fails on %j, changes nothing and quotes nothing', async (statement) => {
    const failure = query(statement, 'secret@example.org');
    await expect(failure).rejects.toMatchObject({ code: 'filter-database' });
    await expect(failure).rejects.not.toThrow('secret@example.org');
    expect((await client.query('select 1 from people')).rowCount).toBe(2);
  });

  it('fails with a wrong password and where there is no server', async () => {
    const statement = 'statement select 1';
    const wrong = access.map((line) => (line.startsWith('db_passwd') ? 'db_passwd wrong' : line));
    await expect(ask('sql', [...wrong, statement], 'a')).rejects.toThrow('28P01');
    const nowhere = access.map((line) => (line.startsWith('db_port') ? 'db_port 1' : line));
    await expect(ask('sql', [...nowhere, statement], 'a')).rejects.toThrow('ECONNREFUSED');
  });
});
