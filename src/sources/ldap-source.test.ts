import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasProgram } from '../../test/kit/programs.ts';
import { slapdBase, startSlapd, type TestSlapd } from '../../test/kit/slapd.ts';
import { type LdapSearch, type LdapServer, readLdapSource, readTwoLevelLdapSource } from './ldap-source.ts';

const people = `ou=people,${slapdBase}`;

const entry = (uid: string, more: readonly string[] = []) =>
  [`dn: uid=${uid},${people}`, 'objectClass: inetOrgPerson', `uid: ${uid}`, `sn: ${uid}`, ...more, ''].join(
    '\n',
  );

const crowd = Array.from({ length: 1_200 }, (_, i) =>
  entry(`u${i}`, [`cn: User ${i}`, `mail: u${i}@crowd.example`, 'title: crowd']),
);

const ldif = [
  `dn: ${people}\nobjectClass: organizationalUnit\nou: people\n`,
  entry('ann', ['cn: Ann (boss)', 'mail: ann@example.net', 'mail: ann@example.org', 'title: boss']),
  entry('bob', ['cn: Bob', 'mail: Bob@Example.NET', 'title: boss']),
  entry('dan', ['cn: Dan', 'title: boss']),
  ...crowd,
  [
    `dn: cn=team,${slapdBase}`,
    'objectClass: groupOfNames',
    'cn: team',
    `member: uid=ann,${people}`,
    `member: uid=gone,${people}`,
    `member: uid=bob,${people}`,
    '',
  ].join('\n'),
].join('\n');

const site = { resolve: (path: string) => path };
const bounds = { limitMs: 20_000 };
const search: LdapSearch = {
  suffix: slapdBase,
  scope: 'sub',
  timeout: 10,
  filter: '(title=boss)',
  attrs: 'mail, cn',
  select: 'first',
};

describe.skipIf(!hasProgram('slapd'))('a directory as a data source', () => {
  let slapd: TestSlapd;
  let server: LdapServer;
  beforeAll(async () => {
    slapd = await startSlapd(ldif);
    server = { host: `localhost:${slapd.tlsPort}`, use_tls: 'ldaps', ca_file: slapd.caFile };
  });
  afterAll(() => slapd?.stop());

  const read = (more: Partial<LdapSearch> = {}, on: Partial<LdapServer> = {}) =>
    readLdapSource({ ...server, ...on }, { ...search, ...more }, site, bounds);

  it('names those who have the attribute', async () => {
    const { people: found, faulty } = await read();
    expect(found).toEqual(
      new Map([
        ['ann@example.net', 'Ann (boss)'],
        ['bob@example.net', 'Bob'],
      ]),
    );
    expect(faulty).toBe(0);
  });

  it('gives all values, or those that match', async () => {
    expect((await read({ select: 'all' })).people.size).toBe(3);
    const { people: found } = await read({ select: 'regex', regex: '@example\\.org$' });
    expect([...found.keys()]).toEqual(['ann@example.org']);
  });

  it('is not asked with a pattern that is none, whether somebody is found or not', async () => {
    const wrong = { select: 'regex', regex: '(', filter: '(uid=nobody)' } as const;
    await expect(read(wrong)).rejects.toMatchObject({ code: 'source-bad-parameter' });
  });

  it('gives everybody, or nobody where the server cuts its answer short', async () => {
    const all = { filter: '(title=crowd)', attrs: 'mail' };
    await expect(read(all)).rejects.toMatchObject({ code: 'directory-bad-answer' });
    const login = { bind_dn: slapd.admin.name, bind_password: slapd.admin.password };
    expect((await read(all, login)).people.size).toBe(1_200);
  });

  it('is asked in two steps: the entries that a group names', async () => {
    const first: LdapSearch = { ...search, filter: '(cn=team)', attrs: 'member', select: 'all' };
    const second: LdapSearch = { ...search, suffix: '[attrs1]', scope: 'base', filter: '(objectClass=*)' };
    const answer = await readTwoLevelLdapSource(server, [first, second], site, bounds);
    expect([...answer.people.keys()]).toEqual(['ann@example.net', 'bob@example.net']);
  });

  it('takes a value of the first step for itself, whatever characters it has', async () => {
    const first: LdapSearch = { ...search, filter: '(uid=ann)', attrs: 'cn' };
    const second: LdapSearch = { ...search, filter: '(cn=[attrs1])' };
    const answer = await readTwoLevelLdapSource(server, [first, second], site, bounds);
    expect([...answer.people.keys()]).toEqual(['ann@example.net']);
  });

  it('that is not trusted, or does not take the password, is a failure that says no secret', async () => {
    const { ca_file: _, ...system } = server;
    await expect(readLdapSource(system, search, site, bounds)).rejects.toMatchObject({
      code: 'directory-untrusted',
    });
    const login = { bind_dn: slapd.admin.name, bind_password: 'a wrong secret' };
    const error = await read({}, login).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'directory-login' });
    expect(JSON.stringify(error) + String(error)).not.toContain('a wrong secret');
  });
});
