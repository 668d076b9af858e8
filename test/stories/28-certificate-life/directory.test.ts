import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserCertificates } from '../../../src/trust/user-certificates.ts';
import { makeTestCa } from '../../kit/ca.ts';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { hasProgram } from '../../kit/programs.ts';
import { TestSite } from '../../kit/site.ts';
import { slapdBase, startSlapd, type TestSlapd } from '../../kit/slapd.ts';
import { trustOf } from '../../kit/trust-of.ts';

const board = 'board@lists.example.org';
const poster = 'poster@example.org';
const dave = 'dave@example.org';
const nobody = 'nobody@example.org';
const trap = '*@example.org';
const day = 86_400_000;

function ldifOf(address: string, der: Uint8Array): string {
  return [
    `dn: uid=dave,${slapdBase}`,
    'objectClass: inetOrgPerson',
    'uid: dave',
    'cn: Dave',
    'sn: Dave',
    `mail: ${address}`,
    `userCertificate;binary:: ${Buffer.from(der).toString('base64')}`,
    '',
  ].join('\n');
}

async function madeSite(conf: readonly string[], clock?: { now(): number }) {
  const site = await TestSite.make({ conf, ...(clock && { clock }), housekeepingPauseMs: 300 });
  await site.list('board', [poster, dave, nobody, trap], ['send privateorpublickey']);
  return { site, list: site.listKey('board'), pair: await site.person(poster) };
}

async function postSecret(site: TestSite, list: TestIdentity, pair: TestIdentity): Promise<void> {
  const inner = signed(textEntity('Secret\r\n'), pair);
  const raw = message({ from: poster, to: board }, encrypted(inner, list.certificate));
  expect(await site.post(raw, { from: poster, to: board })).toMatchObject({ code: 250 });
  expect(await site.settled()).toBe('distributed');
}

describe.skipIf(!hasProgram('slapd'))('story 28: missing certificates come from a directory', () => {
  const ca = makeTestCa();
  const pair = ca.issue({ address: dave, algorithm: 'rsa-2048' });
  let slapd: TestSlapd;
  let made: Awaited<ReturnType<typeof madeSite>>;
  let offsetMs = 0;
  beforeAll(async () => {
    slapd = await startSlapd(ldifOf(dave, pair.certificate.der));
    const conf = [
      `ldap_certificate_host localhost:${slapd.port}`,
      `ldap_certificate_suffix ${slapdBase}`,
      'ldap_certificate_ca_file directory-ca.pem',
    ];
    made = await madeSite(conf, { now: () => Date.now() + offsetMs });
    writeFileSync(`${made.site.dir}/directory-ca.pem`, slapd.ca.pem);
    appendFileSync(`${made.site.dir}/ca.pem`, ca.pem);
    await made.site.start();
  });
  afterAll(async () => {
    await made?.site.dispose();
    await slapd?.stop();
  });
  const statuses = () =>
    made.site.withStore(async (store) =>
      (await store.certificates.ofAddress(dave)).map(({ source, status }) => [source, status]),
    );

  it('the post goes out, sealed, to whom the directory knows, without a word that a certificate is missing', async () => {
    await postSecret(made.site, made.list, made.pair);
    await made.site.sink.waitForRecipients([dave]);
    const copies = made.site.sink.messages.filter(({ recipients }) => recipients.includes(dave));
    expect(copies).toHaveLength(1);
    expect(Buffer.from(decryptMessage(copies[0]!.data, pair)).toString()).toContain('Secret');
    expect(await statuses()).toEqual([['ldap', 'trusted']]);
  });

  it('who is not there waits and is told; an address that is written like a filter finds nobody', async () => {
    await made.site.sink.waitForRecipients([nobody, trap]);
    const waiting = await made.site.withStore((store) => store.deliveries.waiting({}));
    expect(waiting.map(({ address }) => address).sort()).toEqual([trap, nobody].sort());
    expect(await made.site.withStore((store) => store.certificates.ofAddress(trap))).toEqual([]);
  });

  it('nobody is asked about again at once', async () => {
    const before = await made.site.withStore((store) => store.certificateLookUps.find(nobody));
    expect(before).toMatchObject({ address: nobody, found: 0 });
    await postSecret(made.site, made.list, made.pair);
    await made.site.sink.waitForRecipients([dave, dave]);
    await made.site.idle();
    expect(await made.site.withStore((store) => store.certificateLookUps.find(nobody))).toEqual(before);
  });

  it('is asked again when its word is old: what it has no more goes out of use', async () => {
    const gone = 'gone@example.org';
    const clock = made.site.clock;
    await made.site.withStore(async (store) => {
      const { certificate } = ca.issue({ address: gone, algorithm: 'rsa-2048' });
      const about = { usage: 'both', source: 'ldap', signingTimeMs: null, capabilities: null } as const;
      await new UserCertificates(clock, trustOf([])).keep(store, { address: gone, certificate, ...about });
      await store.certificateLookUps.note(gone, 1, day);
    });
    offsetMs += 2 * day;
    const statusOfGone = () =>
      made.site.withStore(async (store) => (await store.certificates.ofAddress(gone))[0]!.status);
    await expect.poll(statusOfGone, { timeout: 20_000 }).toBe('superseded');
    expect(await statuses()).toEqual([['ldap', 'trusted']]);
  });

  it('that does not answer any more changes nothing', async () => {
    await slapd.stop();
    offsetMs += 2 * day;
    const asked = async () =>
      (await made.site.withStore((store) => store.jobs.list())).some(
        ({ kind, attempts, payload }) =>
          kind === 'look-up-certificates' && payload.address === dave && attempts > 0,
      );
    await expect.poll(asked, { timeout: 20_000 }).toBe(true);
    expect(await statuses()).toEqual([['ldap', 'trusted']]);
  });
});

describe('story 28: a directory that says nothing', () => {
  let deaf: Server;
  const sockets: Socket[] = [];
  let made: Awaited<ReturnType<typeof madeSite>>;
  beforeAll(async () => {
    deaf = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const { port } = deaf.address() as { port: number };
    made = await madeSite([`ldap_certificate_host 127.0.0.1:${port}`, 'ldap_certificate_timeout 30s']);
    await made.site.person(dave);
    await made.site.start();
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    deaf.close();
    await made?.site.dispose();
  });

  it('keeps nobody else waiting', async () => {
    await postSecret(made.site, made.list, made.pair);
    await made.site.sink.waitForRecipients([poster, dave]);
    expect(sockets.length).toBeGreaterThan(0);
    const jobs = await made.site.withStore((store) => store.jobs.list());
    expect(jobs.map(({ kind }) => kind)).toContain('look-up-certificates');
  });
});
