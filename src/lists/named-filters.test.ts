import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { loadSite } from '../config/site.ts';
import { type Log, silentLog } from '../log.ts';
import type { VariableValue } from '../scenario/context.ts';
import type { List } from './list.ts';
import { NamedFilters } from './named-filters.ts';

let made: FolderSite;
let list: List;
let nowMs: number;
let logged: string[];
let filters: NamedFilters;

beforeEach(async () => {
  made = await makeFolderSite();
  list = await made.lists.create({ name: 'plans', owners: ['ann@example.org'] });
  nowMs = 1_000_000;
  logged = [];
  const error: Log['error'] = (event, fields) => logged.push(JSON.stringify([event, fields]));
  filters = new NamedFilters(made.site, { clock: { now: () => nowMs }, log: { ...silentLog, error } });
});

afterEach(() => made.dispose());

const variables: Record<string, VariableValue> = {
  sender: 'ann@example.org',
  email: 'bob@example.org',
  'msg_header->x-tag': ['one', 'two'],
};

function search(file: string, subject?: string, more: Record<string, VariableValue> = {}): Promise<boolean> {
  return filters.search(list, file, subject, (path) => ({ ...variables, ...more })[path]);
}

describe('a .txt filter', () => {
  it('finds the sender, or the second value instead', async () => {
    made.write('etc/search_filters/staff.txt', 'ann@example.org\n');
    expect(await search('staff.txt')).toBe(true);
    expect(await search('staff.txt', 'bob@example.org')).toBe(false);
    made.write('etc/search_filters/staff.txt', 'bob@example.org\n# ann@example.org\n');
    expect(await search('staff.txt')).toBe(false);
    expect(await search('staff.txt', 'BOB@example.org')).toBe(true);
  });

  it.each([
    'expl/plans',
    'etc/example.org',
    'etc',
  ])('is looked for in %s beside all others', async (folder) => {
    for (const one of ['expl/plans', 'etc/example.org', 'etc'])
      made.write(
        `${one}/search_filters/staff.txt`,
        one === folder ? '*@example.org\n' : 'nobody@example.org\n',
      );
    expect(await search('staff.txt')).toBe(true);
  });

  it('of another domain does not count', async () => {
    made.write('etc/other.example/search_filters/staff.txt', '*\n');
    await expect(search('staff.txt')).rejects.toMatchObject({ code: 'filter-not-found' });
  });

  it('may be missing only as the blocklist', async () => {
    expect(await search('blocklist.txt')).toBe(false);
    made.write('etc/search_filters/blocklist.txt', '*@example.org\n');
    expect(await search('blocklist.txt')).toBe(true);
    for (const file of ['staff.txt', 'blocklist.sql', 'blocklist.ldap'])
      await expect(search(file)).rejects.toMatchObject({ code: 'filter-not-found' });
    expect(logged).toHaveLength(3);
  });

  it('is not believed in part where one of its files cannot be read', async () => {
    made.write('expl/plans/search_filters/blocklist.txt', 'ann@example.org\n');
    made.write('etc/search_filters/blocklist.txt', `${'x'.repeat(2_000)}\n`);
    await expect(search('blocklist.txt')).rejects.toMatchObject({
      code: 'config-too-large',
      place: { file: join(made.dir, 'etc/search_filters/blocklist.txt'), line: 1 },
    });
    made.write('etc/search_filters/blocklist.txt', '\n'.repeat(5 << 20));
    await expect(search('blocklist.txt')).rejects.toMatchObject({ code: 'config-too-large' });
  });
});

it.each([
  '../etc/passwd',
  '..txt',
  'a/b.txt',
  'a.txt/../b.txt',
  'staff.pl',
  'staff',
  '',
  '.txt',
  'a\0.txt',
])('opens no file by the name %j', async (file) => {
  await expect(search(file)).rejects.toMatchObject({ code: 'filter-not-found' });
});

/** The words of a `.sql` filter on a SQLite database of the site. */
const sqlite = (statement: string, more = '') =>
  `sql_named_filter_query\ndb_type SQLite\ndb_name people.sqlite\n${more}statement ${statement}\n`;

function people(): DatabaseSync {
  const database = new DatabaseSync(join(made.dir, 'people.sqlite'));
  database.exec('create table people (mail text, age integer, note text)');
  database.exec("insert into people values ('ann@example.org', 40, ''), ('bob@example.org', 0, null)");
  return database;
}

describe('a .sql filter on SQLite', () => {
  const write = (statement: string, more?: string) =>
    made.write('etc/search_filters/db.sql', sqlite(statement, more));

  beforeEach(() => people().close());

  it.each([
    ['select count(*) from people where mail = [sender]', true],
    ['select count(*) from people where mail = [msg_header->x-tag]', false],
    ['select age from people where mail = [sender]', true],
    ['select age from people where mail = [email]', false],
    ['select note from people where mail = [sender]', false],
    ['select note from people where mail = [email]', false],
    ['select mail from people where 1 = 0', false],
    ['select 9223372036854775807', true],
    ['select [sender] = [sender] and [email] <> [sender];', true],
    ["select [msg_header->X-Tag] = 'one'", true],
    ["select [topic] = ''", true],
  ])('%s: %s', async (statement, expected) => {
    write(statement);
    expect(await search('db.sql')).toBe(expected);
  });

  it('tests the second value instead of the sender', async () => {
    write('select 1 from people where mail = [sender]');
    expect(await search('db.sql', 'eve@example.org')).toBe(false);
  });

  it.each([
    "' or '1'='1",
    "x'; drop table people; --",
    "') union select 1 --",
    '\\',
    '%',
    '*',
    '\0',
  ])('takes %j for a value and nothing else', async (address) => {
    write('select count(*) from people where mail = [sender]');
    expect(await search('db.sql', undefined, { sender: address })).toBe(false);
    expect(await search('db.sql')).toBe(true);
  });

  it.each([
    'delete from people',
    "insert into people values ('x', 1, '')",
    'select nothing from people',
    'selekt',
    "select load_extension('x')",
  ])('fails on %j', async (statement) => {
    write(statement);
    await expect(search('db.sql')).rejects.toMatchObject({ code: 'filter-database' });
  });

  it('fails where there is no database, and makes none', async () => {
    made.write('etc/search_filters/db.sql', sqlite('select 1').replace('people.sqlite', 'other.sqlite'));
    await expect(search('db.sql')).rejects.toMatchObject({ code: 'filter-database' });
    await expect(search('db.sql')).rejects.toMatchObject({ code: 'filter-database' });
  });

  it('ends a statement without end, and the daemon goes on meanwhile', async () => {
    write('with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n');
    let ticks = 0;
    const timer = setInterval(() => ticks++, 50);
    await expect(search('db.sql')).rejects.toThrow('it takes too long');
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(10);
  });

  it('says nothing of values in error and log', async () => {
    write('select abs([sender]), json([sender])');
    await expect(search('db.sql')).rejects.not.toThrow('ann@example.org');
    expect(logged.join()).not.toContain('ann@example.org');
    expect(logged.join()).toContain('filter-database');
  });

  it.each([
    [
      'a kind of database that is not offered',
      'sql_named_filter_query\ndb_type mysql\ndb_name a\nstatement select 1\n',
      2,
      'SQLite and PostgreSQL',
    ],
    ['no statement', 'sql_named_filter_query\ndb_type SQLite\ndb_name a\n', 1, 'statement is not set'],
    ['an unknown word', sqlite('select 1', 'db_nmae x\n'), 4, 'db_nmae'],
    ['no paragraph', 'db_type SQLite\n', 1, 'unknown parameter'],
    ['a variable within quotes', sqlite("select '[sender]'"), 4, 'within quotes'],
    ['a variable that there is not', sqlite('select [sendr]'), 4, '[sendr]'],
    ['a port that is none', sqlite('select 1', 'db_port 99999\n'), 4, 'db_port'],
  ])('is refused with its place for %s', async (_, text, line, words) => {
    made.write('etc/search_filters/db.sql', text);
    const failure = search('db.sql');
    await expect(failure).rejects.toMatchObject({ name: 'ConfigError', place: { line } });
    await expect(failure).rejects.toThrow(words);
  });
});

describe('answers of a database', () => {
  const write = (folder = 'etc') =>
    made.write(
      `${folder}/search_filters/db.sql`,
      sqlite('select count(*) from people where mail = [sender]'),
    );
  const rename = (database: DatabaseSync, to: string) =>
    database.exec(`update people set mail = '${to}' where age = 40`);

  it('are kept for the time that the site sets', async () => {
    const database = people();
    write();
    expect(await search('db.sql')).toBe(true);
    rename(database, 'carol@example.org');
    nowMs += 3_599_999;
    expect(await search('db.sql')).toBe(true);
    expect(await search('db.sql', 'carol@example.org')).toBe(true);
    nowMs += 1;
    expect(await search('db.sql')).toBe(false);
    database.close();
  });

  it('are forgotten when the file changes or a nearer one appears', async () => {
    const database = people();
    write();
    expect(await search('db.sql')).toBe(true);
    rename(database, 'carol@example.org');
    made.write('etc/search_filters/db.sql', sqlite('select count(*) from people where (mail = [sender])'));
    expect(await search('db.sql')).toBe(false);
    rename(database, 'ann@example.org');
    expect(await search('db.sql')).toBe(false);
    write('expl/plans');
    expect(await search('db.sql')).toBe(true);
    database.close();
  });

  it('are not kept where the site sets no time, and failures never', async () => {
    write();
    await expect(search('db.sql')).rejects.toMatchObject({ code: 'filter-database' });
    const database = people();
    expect(await search('db.sql')).toBe(true);
    made.write('sympa.conf', 'domain example.org\nlistmaster root@example.org\nsearch_filters_cache 0\n');
    const site = await loadSite(join(made.dir, 'sympa.conf'));
    filters = new NamedFilters(site, { clock: { now: () => nowMs }, log: silentLog });
    list = { ...list, robot: site.robots[0]! };
    expect(await search('db.sql')).toBe(true);
    rename(database, 'carol@example.org');
    expect(await search('db.sql')).toBe(false);
    database.close();
  });

  it('are asked only about values of some length', async () => {
    people().close();
    write();
    await expect(search('db.sql', 'x'.repeat(5_000))).rejects.toMatchObject({ code: 'filter-value' });
  });
});

describe('a .ldap filter', () => {
  const right = [
    'host ldap.example.org:389, [::1]:390',
    'suffix dc=example,dc=org',
    'filter (mail=[sender])',
  ];

  it.each([
    ['no host', right.slice(1), 1, 'host is not set'],
    ['no filter', right.slice(0, 2), 1, 'filter is not set'],
    ['an unknown word', [...right, 'filtr x'], 4, 'filtr'],
    ['a word twice', [...right, 'suffix dc=com'], 4, 'suffix is set'],
    ['a URL for a host', ['host ldaps://ldap.example.org', ...right.slice(1)], 1, 'HOST:PORT'],
    ['a port that is none', ['host ldap.example.org:0', ...right.slice(1)], 1, 'HOST:PORT'],
    ['a scope that is none', [...right, 'scope deep'], 4, 'scope'],
    ['a protection that is none', [...right, 'use_tls perhaps'], 4, 'use_tls'],
    ['a name without password', [...right, 'bind_dn cn=a'], 4, 'bind_password'],
    ['a password without name', [...right, 'bind_password hidden'], 4, 'bind_dn'],
    ['a faulty filter', [...right.slice(0, 2), 'filter (&(mail=[sender])'], 3, 'filter'],
    [
      'a faulty filter on two lines',
      [...right.slice(0, 2), 'filter (&(mail=[sender]) \\', '  (cn=a) x)'],
      3,
      'filter',
    ],
    [
      'what stands after two lines',
      [...right.slice(0, 2), 'filter (&(mail=[sender]) \\', '  (cn=a))', 'odd x'],
      5,
      'odd',
    ],
    ['a variable for an attribute', [...right.slice(0, 2), 'filter ([sender]=*)'], 3, 'outside of a value'],
    ['the text of a post', [...right.slice(0, 2), 'filter (cn=[msg_body])'], 3, 'content of a post'],
  ])('is refused with its place for %s', async (_, lines, line, words) => {
    made.write('etc/search_filters/dir.ldap', `${lines.join('\n')}\n`);
    const failure = search('dir.ldap');
    await expect(failure).rejects.toMatchObject({ name: 'ConfigError', place: { line } });
    await expect(failure).rejects.toThrow(words);
    await expect(failure).rejects.not.toThrow('hidden');
  });

  it('fails where no server answers', async () => {
    made.write('etc/search_filters/dir.ldap', `${['host 127.0.0.1:1', ...right.slice(1)].join('\n')}\n`);
    await expect(search('dir.ldap')).rejects.toMatchObject({ code: 'directory-unreachable' });
    expect(logged.join()).toContain('directory-unreachable');
  });
});
