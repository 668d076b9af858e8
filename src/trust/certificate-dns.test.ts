import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { type DnsReply, smimeaData, startDnsServer, type TestDnsServer } from '../../test/kit/dns-server.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { loadSite } from '../config/site.ts';
import { silentLog } from '../log.ts';
import type { Certificate } from '../pki/certificate.ts';
import { CertificateDns, resolverOf } from './certificate-dns.ts';
import { SiteTrust } from './site-trust.ts';
import { smimeaNameOf } from './smimea-name.ts';

const ann = 'ann@example.org';
const ca = makeTestCa({ name: 'Known CA' });
const stranger = makeTestCa({ name: 'Stranger CA' });
const issue = (from: typeof ca, more: object = {}) =>
  from.issue({ address: ann, algorithm: 'ec-p256', use: 'encrypt', ...more });
const known = issue(ca);
const unknown = issue(stranger);

type Numbers = readonly [number, number, number];
type Entry = readonly [numbers: Numbers, data: Uint8Array];

const full = (usage: number, { certificate }: { readonly certificate: Certificate }): Entry => [
  [usage, 0, 0],
  certificate.der,
];
const sha = (name: 'sha256' | 'sha512', data: Uint8Array) => createHash(name).update(data).digest();

let server: TestDnsServer;
let made: FolderSite;
let entries: readonly Entry[] = [];
let reply: DnsReply = {};
beforeAll(async () => {
  server = await startDnsServer(({ transport, name }) => {
    // Nothing of this fits into a datagram.
    if (transport === 'udp') return { isTruncated: true };
    const records = entries.map(
      ([numbers, data]) => ({ name, type: 'SMIMEA', data: smimeaData(numbers, data) }) as const,
    );
    return { records, isValidated: true, ...reply };
  });
  made = await makeFolderSite();
  made.write('anchors.pem', ca.pem);
});
afterAll(async () => {
  await server.stop();
  await made.dispose();
});
beforeEach(() => {
  reply = {};
});

async function dnsOf(lines: readonly string[] = []): Promise<CertificateDns> {
  const usual = [`smimea_resolver 127.0.0.1:${server.port}`, 'cafile anchors.pem'];
  made.write(
    'sympa.conf',
    ['domain example.org', 'listmaster root@example.org', ...usual, ...lines, ''].join('\n'),
  );
  const site = await loadSite(`${made.dir}/sympa.conf`);
  const anchors = new SiteTrust(site, silentLog);
  const clock = { now: () => Date.now() };
  return new CertificateDns({ site: () => site, anchors, rates: made.store.rates, clock, log: silentLog });
}

async function found(
  zone: readonly Entry[],
  {
    lines,
    others,
    address,
  }: { lines?: readonly string[]; others?: readonly TestIdentity[]; address?: string } = {},
): Promise<readonly string[]> {
  entries = zone;
  const certificates = (others ?? []).map(({ certificate }) => certificate);
  const { usable } = await (await dnsOf(lines)).find(address ?? ann, certificates);
  return usable.map(({ certificate }) => certificate.sha256);
}

const is = (...identities: TestIdentity[]) => identities.map(({ certificate }) => certificate.sha256);

describe('certificates of the DNS', () => {
  it('are asked for at the name of the address', async () => {
    await found([]);
    expect(server.seen.at(-1)!.name.toLowerCase()).toBe(smimeaNameOf(ann));
  });

  it('DANE-EE speaks for a certificate itself, whoever made it', async () => {
    entries = [full(3, unknown)];
    const { usable, validForMs } = await (await dnsOf()).find(ann);
    expect(usable).toMatchObject([{ address: ann, usage: 'encrypt', source: 'smimea', signingTimeMs: null }]);
    expect(usable[0]!.certificate.sha256).toBe(unknown.certificate.sha256);
    expect(usable[0]!.issuer).toBeUndefined();
    expect(validForMs).toBe(3_600_000);
  });

  it('the authority is named where an anchor of the site stands above it', async () => {
    entries = [full(3, known)];
    const { usable } = await (await dnsOf()).find(ann);
    expect(usable[0]!.issuer?.sha256).toBe(ca.certificate.sha256);
  });

  it('are not used without DNSSEC', async () => {
    reply = { isValidated: false };
    expect(await found([full(3, known)])).toEqual([]);
  });

  it.each([
    ['of somebody else', issue(ca, { address: 'eve@example.org' })],
    ['that has ended', issue(ca, { notBeforeMs: 1_000, notAfterMs: 2_000_000 })],
    ['that only signs', issue(ca, { use: 'sign' })],
    ['that is not for mail', issue(ca, { eku: ['1.3.6.1.5.5.7.3.1'] })],
    ['whose key is too short', issue(ca, { algorithm: 'rsa-1024' })],
  ])('no record makes up for one %s', async (_what, identity) => {
    expect(await found([full(3, identity), full(1, identity)])).toEqual([]);
  });

  it('PKIX-EE demands a path to an anchor of the site as well', async () => {
    expect(await found([full(1, known), full(1, unknown)])).toEqual(is(known));
  });

  it('PKIX-TA demands a path to an anchor of the site over the authority that it names', async () => {
    const hash: Entry = [[0, 1, 1], sha('sha256', ca.certificate.spki)];
    expect(await found([hash], { others: [known, unknown] })).toEqual(is(known));
    expect(await found([full(0, stranger)], { others: [known, unknown] })).toEqual([]);
  });

  it.each([
    [[full(1, known)], true],
    [[full(0, ca)], true],
    [[full(2, ca)], false],
    [[full(1, known), full(3, known)], false],
  ] as readonly (readonly [
    readonly Entry[],
    boolean,
  ])[])('say whether they count only with a path: each record that demands one does, unless another speaks for it (%#)', async (zone, needsPath) => {
    entries = zone;
    const { usable } = await (await dnsOf()).find(ann, [known.certificate]);
    const one = usable.find(({ certificate }) => certificate.sha256 === known.certificate.sha256);
    expect(one?.needsPath).toBe(needsPath);
  });

  it('DANE-TA makes the authority that it names an anchor for this person', async () => {
    expect(await found([full(2, stranger)], { others: [known, unknown] })).toEqual(is(unknown));
  });

  it('DANE-TA does so for no authority of which it has a digest alone', async () => {
    const hash: Entry = [[2, 0, 1], sha('sha256', stranger.certificate.der)];
    expect(await found([hash], { others: [unknown] })).toEqual([]);
  });

  it('a certificate is no authority above itself', async () => {
    expect(await found([full(2, unknown)])).toEqual([]);
  });

  it.each([
    ['the SHA-256 of the certificate', [[3, 0, 1], sha('sha256', unknown.certificate.der)]],
    ['the SHA-512 of the certificate', [[3, 0, 2], sha('sha512', unknown.certificate.der)]],
    ['the SHA-256 of the key', [[3, 1, 1], sha('sha256', unknown.certificate.spki)]],
    ['the SHA-512 of the key', [[3, 1, 2], sha('sha512', unknown.certificate.spki)]],
    ['the key', [[3, 1, 0], unknown.certificate.spki]],
  ] as readonly (readonly [
    string,
    Entry,
  ])[])('%s speaks for a certificate from elsewhere, and gives none', async (_what, entry) => {
    expect(await found([entry], { others: [known, unknown] })).toEqual(is(unknown));
    expect(await found([entry])).toEqual([]);
  });

  it('with smimea_path anchor none is used without a path to an anchor of the site', async () => {
    const lines = ['smimea_path anchor'];
    expect(await found([full(3, unknown), full(3, known)], { lines })).toEqual(is(known));
    expect(await found([full(2, stranger)], { lines, others: [unknown] })).toEqual([]);
  });

  it('one that its authority revoked is not used', async () => {
    made.write('crls/known.pem', crlPem(known));
    const lines = [`crl_dir ${made.dir}/crls`, 'crl_policy prefer'];
    expect(await found([full(3, known), full(3, unknown)], { lines })).toEqual(is(unknown));
  });

  it('what is no certificate is left out', async () => {
    expect(await found([[[3, 0, 0], Buffer.from('junk')], full(3, unknown)])).toEqual(is(unknown));
  });

  it('nobody is asked about whose address has no name in the DNS', async () => {
    const before = server.seen.length;
    expect(await found([full(3, unknown)], { address: 'ann@[192.0.2.1]' })).toEqual([]);
    expect(server.seen.length).toBe(before);
  });

  it('no more persons of a domain are asked about in an hour than the site allows', async () => {
    const dns = await dnsOf(['smimea_domain_max 2']);
    const ask = (name: string) => dns.find(`${name}@walked.example`);
    await ask('a');
    await ask('b');
    const before = server.seen.length;
    await expect(ask('c')).rejects.toMatchObject({ code: 'resolver-limit', temporary: true });
    expect(server.seen.length).toBe(before);
    await dns.find('a@another.example');
  });
});

describe('the resolver', () => {
  const resolver = async (...lines: string[]) => {
    made.write('other.conf', ['domain example.org', 'listmaster root@example.org', ...lines, ''].join('\n'));
    return resolverOf((await loadSite(`${made.dir}/other.conf`)).conf);
  };

  it.each([
    ['127.0.0.1', { host: '127.0.0.1', port: 53 }],
    ['127.1.2.3:5353', { host: '127.1.2.3', port: 5_353 }],
    ['::1', { host: '::1', port: 53 }],
    ['[::1]:5353', { host: '::1', port: 5_353 }],
  ])('is on this machine: %s', async (text, expected) => {
    expect(await resolver(`smimea_resolver ${text}`)).toMatchObject(expected);
  });

  it.each([
    '192.0.2.53',
    '0.0.0.0',
    '[2001:db8::53]:53',
    '::ffff:192.0.2.53',
  ])('on another machine is taken only where the way is said to be safe: %s', async (text) => {
    await expect(resolver(`smimea_resolver ${text}`)).rejects.toMatchObject({ code: 'resolver-untrusted' });
    const host = text.replace(/^\[(.*)\]:53$/, '$1');
    const named = await resolver(`smimea_resolver ${text}`, 'smimea_resolver_remote on');
    expect(named).toMatchObject({ host, port: 53 });
  });

  it.each([
    'localhost',
    '127.0.0.1:0',
    '127.0.0.1:70000',
    '::1:x',
    '[127.0.0.1',
    '1.2.3',
    'dns.example:53',
  ])('is no resolver: %s', async (text) => {
    await expect(resolver(`smimea_resolver ${text}`)).rejects.toMatchObject({ name: 'ConfigError' });
  });
});

function crlPem(revoked: TestIdentity): string {
  const body = Buffer.from(ca.crl({ revoked: [revoked] })).toString('base64');
  return `-----BEGIN X509 CRL-----\n${body}\n-----END X509 CRL-----\n`;
}
