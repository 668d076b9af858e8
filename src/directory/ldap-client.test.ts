import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { hasProgram } from '../../test/kit/programs.ts';
import { secretsBase, slapdBase, startSlapd, type TestSlapd } from '../../test/kit/slapd.ts';
import type { DirectoryEntry } from './directory-entry.ts';
import { DirectoryError } from './error.ts';
import { type DirectoryAccess, type DirectorySearch, withDirectory } from './ldap-client.ts';

const photo = Buffer.from([0xff, 0xd8, 0x00, 0xff, 0x80, 0x0a]);

const certificate = makeTestCa().certificate.der;

const ldif = `dn: ou=people,${slapdBase}
objectClass: organizationalUnit
ou: people

dn: uid=ann,ou=people,${slapdBase}
objectClass: inetOrgPerson
uid: ann
cn: Ann
sn: Ann
mail: ann@example.org
mail: a.n@example.org
jpegPhoto:: ${photo.toString('base64')}
userCertificate;binary:: ${Buffer.from(certificate).toString('base64')}

dn: uid=bob,ou=people,${slapdBase}
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: Bob
mail: bob@example.org

dn: ou=friends,${slapdBase}
objectClass: organizationalUnit
ou: friends

dn: uid=ann,ou=friends,${slapdBase}
objectClass: alias
objectClass: extensibleObject
uid: ann
aliasedObjectName: uid=ann,ou=people,${slapdBase}

dn: ou=far,${slapdBase}
objectClass: referral
objectClass: extensibleObject
ou: far
ref: ldap://127.0.0.1:1/ou=far,dc=example,dc=com

dn: cn=plan,${secretsBase}
objectClass: device
cn: plan
`;

const people: DirectorySearch = {
  base: slapdBase,
  scope: 'sub',
  filter: '(mail=ann@example.org)',
  attributes: ['mail'],
  maxEntries: 10,
};

function look(
  access: DirectoryAccess,
  search: Partial<DirectorySearch> = {},
): Promise<readonly DirectoryEntry[]> {
  return withDirectory(access, (directory) => directory.search({ ...people, ...search }));
}

async function everything(
  access: DirectoryAccess,
  search: Partial<DirectorySearch> = {},
): Promise<readonly DirectoryEntry[]> {
  const found: DirectoryEntry[] = [];
  await withDirectory(access, (directory) =>
    directory.searchWhole({ ...people, ...search }, (page) => void found.push(...page)),
  );
  return found;
}

const names = (entries: readonly DirectoryEntry[]) => entries.map(({ name }) => name.split(',')[0]);

describe.skipIf(!hasProgram('slapd'))('a directory of OpenLDAP', () => {
  let slapd: TestSlapd;
  let plain: DirectoryAccess;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ssympa-directory-'));
    slapd = await startSlapd(ldif);
    plain = { servers: [{ host: '127.0.0.1', port: slapd.port }], tls: 'none', verifiesServer: true };
  });
  afterAll(async () => {
    await slapd?.stop();
    rmSync(folder, { recursive: true });
  });

  const over = (tls: 'starttls' | 'ldaps', more: Partial<DirectoryAccess> = {}): DirectoryAccess => ({
    servers: [{ host: 'localhost', port: tls === 'ldaps' ? slapd.tlsPort : slapd.port }],
    tls,
    verifiesServer: true,
    caFile: slapd.caFile,
    ...more,
  });

  it('finds an entry with the values of its attributes', async () => {
    const [ann] = await look(plain);
    expect(ann!.name).toBe(`uid=ann,ou=people,${slapdBase}`);
    const mails = ann!.values('MAIL').map((value) => Buffer.from(value).toString());
    expect(mails).toEqual(['ann@example.org', 'a.n@example.org']);
    expect(ann!.values('cn')).toEqual([]);
  });

  it('gives binary values as they are, in whatever case they are asked for', async () => {
    const [ann] = await look(plain, { attributes: ['JPEGPHOTO'] });
    expect(ann!.values('jpegphoto')).toEqual([new Uint8Array(photo)]);
  });

  it('gives certificates', async () => {
    const [ann] = await look(plain, {
      attributes: ['userCertificate;binary', 'userSMIMECertificate;binary'],
    });
    expect(ann!.values('usercertificate;binary')).toEqual([new Uint8Array(certificate)]);
    expect(ann!.values('userSMIMECertificate;binary')).toEqual([]);
  });

  it('finds nothing where nothing fits', async () => {
    expect(await look(plain, { filter: '(mail=eve@example.org)' })).toEqual([]);
  });

  it('gives no more entries than wanted', async () => {
    expect(await look(plain, { filter: '(uid=*)', maxEntries: 1 })).toHaveLength(1);
  });

  it.each([
    ['base', 0],
    ['one', 0],
    ['sub', 1],
  ] as const)('looks as deep as the scope %s says', async (scope, found) => {
    expect(await look(plain, { scope })).toHaveLength(found);
  });

  it('follows aliases only where it is told to', async () => {
    const friends = { base: `ou=friends,${slapdBase}` };
    expect(await look(plain, friends)).toEqual([]);
    expect(names(await look(plain, { ...friends, dereferencing: 'search' }))).toEqual(['uid=ann']);
    expect(await look(plain, { ...friends, dereferencing: 'find' })).toEqual([]);
    const alias = { base: `uid=ann,ou=friends,${slapdBase}`, scope: 'base' } as const;
    expect(await look(plain, alias)).toEqual([]);
    expect(names(await look(plain, { ...alias, dereferencing: 'find' }))).toEqual(['uid=ann']);
    expect(names(await look(plain, { ...friends, dereferencing: 'always' }))).toEqual(['uid=ann']);
  });

  it('follows no referral', async () => {
    const far = { filter: '(objectClass=*)', attributes: [] };
    expect(names(await look(plain, far))).not.toContain('ou=far');
    await expect(look(plain, { ...far, base: `ou=far,${slapdBase}` })).rejects.toMatchObject({
      code: 'directory-refused',
    });
  });

  it('gives no whole answer where it refers to another server for a part of it', async () => {
    const all = { filter: '(objectClass=*)', attributes: [] };
    await expect(everything(plain, all)).rejects.toMatchObject({ code: 'directory-bad-answer' });
    expect(names(await everything(plain, { ...all, base: `ou=people,${slapdBase}` }))).toHaveLength(3);
  });

  it('says that the start of the search is not there', async () => {
    await expect(look(plain, { base: 'ou=nowhere,dc=example,dc=org' })).rejects.toMatchObject({
      code: 'directory-no-base',
      temporary: false,
    });
  });

  it('sees as much as its login may see', async () => {
    const plan = { filter: '(cn=plan)' };
    expect(await look(plain, plan)).toEqual([]);
    expect(names(await look({ ...plain, login: slapd.admin }, plan))).toEqual(['cn=plan']);
  });

  it('does not go on anonymously with a wrong or an empty password', async () => {
    for (const password of ['wrong', ''])
      await expect(look({ ...plain, login: { ...slapd.admin, password } })).rejects.toMatchObject({
        code: 'directory-login',
        temporary: false,
      });
  });

  it.each(['starttls', 'ldaps'] as const)('checks the server over %s', async (tls) => {
    expect(await look(over(tls))).toHaveLength(1);
    const other = join(folder, 'other.pem');
    writeFileSync(other, makeTestCa({ name: 'Other CA' }).pem);
    await expect(look(over(tls, { caFile: other }))).rejects.toMatchObject({
      code: 'directory-untrusted',
      temporary: false,
    });
    const { caFile: _, ...system } = over(tls);
    await expect(look(system)).rejects.toMatchObject({ code: 'directory-untrusted' });
    expect(await look({ ...system, verifiesServer: false })).toHaveLength(1);
  });

  it.each([
    'starttls',
    'ldaps',
  ] as const)('wants the name of the server in its certificate over %s', async (tls) => {
    const port = tls === 'ldaps' ? slapd.tlsPort : slapd.port;
    await expect(look(over(tls, { servers: [{ host: '127.0.0.1', port }] }))).rejects.toMatchObject({
      code: 'directory-untrusted',
    });
  });

  it('sends no password before the server is trusted', async () => {
    const other = join(folder, 'another.pem');
    writeFileSync(other, makeTestCa().pem);
    await expect(
      look(over('starttls', { caFile: other, login: { ...slapd.admin, password: 'wrong' } })),
    ).rejects.toMatchObject({ code: 'directory-untrusted' });
  });

  it('takes authorities from a folder', async () => {
    const roots = mkdtempSync(join(folder, 'roots-'));
    writeFileSync(join(roots, 'a.pem'), makeTestCa().pem);
    writeFileSync(join(roots, 'b.0'), slapd.ca.pem);
    writeFileSync(join(roots, 'README'), 'Authorities.\n');
    const { caFile: _, ...access } = over('ldaps');
    expect(await look({ ...access, caPath: roots })).toHaveLength(1);
  });

  it('says that there are no authorities to trust', async () => {
    const empty = join(folder, 'empty.pem');
    writeFileSync(empty, 'nothing\n');
    for (const caFile of [empty, join(folder, 'nowhere.pem'), folder])
      await expect(look(over('ldaps', { caFile }))).rejects.toMatchObject({ code: 'ca-unreadable' });
    const faulty = join(folder, 'faulty.pem');
    writeFileSync(faulty, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    await expect(look(over('ldaps', { caFile: faulty }))).rejects.toBeInstanceOf(DirectoryError);
    const { caFile: _, ...access } = over('ldaps');
    const caPath = join(folder, 'nowhere');
    await expect(look({ ...access, caPath })).rejects.toMatchObject({ code: 'ca-unreadable' });
  });

  it('says that a plain port speaks no TLS', async () => {
    const limits = { stepMs: 2_000 };
    const access = over('ldaps', { servers: [{ host: 'localhost', port: slapd.port }], limits });
    await expect(look(access)).rejects.toBeInstanceOf(DirectoryError);
  });

  it('asks the next server where one gives no answer', async () => {
    const dead = { host: '127.0.0.1', port: 1 };
    for (const host of [dead.host, 'localhost', 'nowhere.invalid'])
      expect(await look({ ...plain, servers: [{ ...dead, host }, ...plain.servers] })).toHaveLength(1);
    const login = { ...slapd.admin, password: 'wrong' };
    await expect(look({ ...plain, login, servers: [...plain.servers, dead] })).rejects.toMatchObject({
      code: 'directory-login',
    });
  });

  it('refuses a faulty filter before it is sent', async () => {
    await expect(look(plain, { filter: '(mail=' })).rejects.toMatchObject({ code: 'bad-search-filter' });
  });

  it('lets the failure of the work through as it is', async () => {
    const failure = new Error('of the work');
    await expect(withDirectory(plain, () => Promise.reject(failure))).rejects.toBe(failure);
  });
});

/** Answers to a bind, and after it. */
type Script = (socket: Socket, request: number, id: number) => void;

const bindDone = (id: number) => Buffer.from([0x30, 12, 2, 1, id, 0x61, 7, 10, 1, 0, 4, 0, 4, 0]);
const extendedDone = (id: number) => Buffer.from([0x30, 12, 2, 1, id, 0x78, 7, 10, 1, 0, 4, 0, 4, 0]);
const emptyEntry = (id: number) => Buffer.from([0x30, 9, 2, 1, id, 0x64, 4, 4, 0, 0x30, 0]);

const ber = (tag: number, ...parts: readonly (Buffer | string)[]): Buffer => {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
};
const message = (id: number, ...parts: readonly Buffer[]) => ber(0x30, Buffer.from([2, 1, id]), ...parts);
const entryOfPage = (name: string) => ber(0x64, ber(4, name), ber(0x30));
const reference = (url: string) => ber(0x73, ber(4, url));
const searchDone = Buffer.from([0x65, 7, 10, 1, 0, 4, 0, 4, 0]);
const pageControl = (cookie: string) =>
  ber(
    0xa0,
    ber(0x30, ber(4, '1.2.840.113556.1.4.319'), ber(4, ber(0x30, Buffer.from([2, 1, 0]), ber(4, cookie)))),
  );

describe('a server that is no good', () => {
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  async function served(script: Script, more: Partial<DirectoryAccess> = {}): Promise<DirectoryAccess> {
    const server = createServer((socket) => {
      sockets.push(socket);
      let requests = 0;
      socket.on('error', () => undefined).on('data', (data) => script(socket, ++requests, data[4]!));
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const limits = { stepMs: 300, totalMs: 500, bytes: 1 << 20 };
    return { servers: [{ host: '127.0.0.1', port }], tls: 'none', verifiesServer: false, limits, ...more };
  }

  it.each([
    ['at all', () => undefined, 'none'],
    ['after the login', (socket, request, id) => request === 1 && socket.write(bindDone(id)), 'none'],
    ['in the handshake of TLS', () => undefined, 'ldaps'],
    [
      'after it agreed to StartTLS',
      (socket, request, id) => request === 1 && socket.write(extendedDone(id)),
      'starttls',
    ],
  ] as readonly [
    string,
    Script,
    DirectoryAccess['tls'],
  ][])('is waited for no longer where it does not answer %s', async (_, script, tls) => {
    const startedMs = performance.now();
    await expect(look(await served(script, { tls }))).rejects.toMatchObject({
      code: 'directory-timeout',
      temporary: true,
    });
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  const short = { filter: '(uid=*)' };
  const pages = (...of: readonly (readonly Buffer[])[]): Script => {
    return (socket, request, id) => {
      if (request === 1) return void socket.write(bindDone(id));
      const cookie = request - 1 < of.length ? `page ${request}` : '';
      for (const part of of[request - 2] ?? []) socket.write(message(id, part));
      socket.write(message(id, searchDone, pageControl(cookie)));
    };
  };

  it('may send pages without an entry: what stands behind them counts', async () => {
    const access = await served(pages([], [entryOfPage('uid=a')], [], [], [entryOfPage('uid=b')], []));
    expect(names(await everything(access, short))).toEqual(['uid=a', 'uid=b']);
  });

  it('is not waited for where it sends such pages without end', async () => {
    const endless: Script = (socket, request, id) => {
      if (request === 1) return void socket.write(bindDone(id));
      setTimeout(() => socket.write(message(id, searchDone, pageControl(`page ${request}`))), 10);
    };
    await expect(everything(await served(endless), short)).rejects.toMatchObject({
      code: 'directory-timeout',
    });
  });

  it('gives no more than wanted, over all pages', async () => {
    const access = await served(pages([entryOfPage('uid=a')], [entryOfPage('uid=b')]));
    await expect(everything(access, { ...short, maxEntries: 1 })).rejects.toMatchObject({
      code: 'directory-bad-answer',
    });
  });

  it('may refer to the parts of Active Directory that hold nobody, and to no other', async () => {
    const empty = ['DomainDnsZones', 'ForestDnsZones'].map((part) =>
      reference(`ldap://${part}.example.org/DC=${part},DC=example,DC=org`),
    );
    const access = await served(pages([entryOfPage('uid=a'), ...empty]));
    expect(names(await everything(access, short))).toEqual(['uid=a']);
    const other = await served(pages([entryOfPage('uid=a'), reference('ldap://b.example.org/ou=b,dc=org')]));
    await expect(everything(other, short)).rejects.toMatchObject({ code: 'directory-bad-answer' });
  });

  it('keeps the connection open for nobody', async () => {
    await look(await served(() => undefined, { tls: 'ldaps' })).catch(() => undefined);
    const [socket] = sockets;
    if (!socket!.closed) await once(socket!, 'close');
    expect(socket!.closed).toBe(true);
  });

  it('shares one time with the servers after it', async () => {
    const access = await served(() => undefined);
    const startedMs = performance.now();
    await expect(look({ ...access, servers: Array(50).fill(access.servers[0]) })).rejects.toMatchObject({
      code: 'directory-timeout',
    });
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it('is left where it ends the connection', async () => {
    await expect(look(await served((socket) => socket.destroy()))).rejects.toMatchObject({
      code: 'directory-unreachable',
      temporary: true,
    });
  });

  it('is left where it sends too much', async () => {
    const access = await served((socket, request, id) => {
      if (request === 1) socket.write(bindDone(id));
      else socket.write(Buffer.concat(Array(100_000).fill(emptyEntry(id))));
    });
    await expect(
      look({ ...access, limits: { ...access.limits, stepMs: 20_000, totalMs: 20_000 } }),
    ).rejects.toMatchObject({ code: 'directory-bad-answer', temporary: false });
  });

  it('may send many small messages at once', async () => {
    const access = await served(
      (socket, request, id) => {
        if (request === 1) socket.write(bindDone(id));
        else {
          const done = Buffer.from([0x30, 12, 2, 1, id, 0x65, 7, 10, 1, 0, 4, 0, 4, 0]);
          socket.write(Buffer.concat([...Array(50_000).fill(emptyEntry(id)), done]));
        }
      },
      { limits: { stepMs: 20_000, totalMs: 20_000 } },
    );
    expect(await look(access)).toHaveLength(people.maxEntries);
  });

  it.each([
    ['text', Buffer.from('220 mail.example.org ESMTP\r\n'.repeat(10))],
    ['a length without end', Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff])],
    ['a faulty length', Buffer.from([0x30, 0x8f, 1, 2, 3, 4, 5, 6, 7, 8, 9])],
    ['an answer of no known kind', Buffer.from([0x30, 5, 2, 1, 2, 0x7f, 0])],
    ['a broken answer', Buffer.from([0x30, 7, 2, 1, 2, 0x61, 2, 0x0a, 0x7f])],
  ])('gives a typed error where it sends %s', async (_, bytes) => {
    await expect(look(await served((socket) => socket.write(bytes)))).rejects.toBeInstanceOf(DirectoryError);
  });

  it('gets no password where it refuses StartTLS', async () => {
    const sent: Buffer[] = [];
    const access = await served(
      (socket, _request, id) => {
        socket.write(Buffer.from([0x30, 12, 2, 1, id, 0x78, 7, 10, 1, 2, 4, 0, 4, 0]));
        socket.on('data', (data) => sent.push(data));
      },
      { tls: 'starttls', login: { name: 'cn=admin', password: 'secret' } },
    );
    await expect(look(access)).rejects.toMatchObject({ code: 'directory-no-tls', temporary: false });
    expect(Buffer.concat(sent).includes('secret')).toBe(false);
  });
});
