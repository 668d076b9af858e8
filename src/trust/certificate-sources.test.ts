import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestCa, type TestIdentity } from '../../test/kit/ca.ts';
import {
  type DnsAnswering,
  smimeaData,
  startDnsServer,
  type TestDnsServer,
} from '../../test/kit/dns-server.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { freePort } from '../../test/kit/free-port.ts';
import { hasProgram } from '../../test/kit/programs.ts';
import { slapdBase, startSlapd, type TestSlapd } from '../../test/kit/slapd.ts';
import { silentLog } from '../log.ts';
import { CertificateDirectory } from './certificate-directory.ts';
import { CertificateDns } from './certificate-dns.ts';
import { CertificateSources, namesSource, pausesOf } from './certificate-sources.ts';
import { SiteTrust } from './site-trust.ts';

const ca = makeTestCa();
const stranger = makeTestCa({ name: 'Stranger' });
const issue = (address: string, from = ca) => from.issue({ address, algorithm: 'ec-p256', use: 'encrypt' });
const ann = { inDirectory: issue('ann@example.org'), inDns: issue('ann@example.org', stranger) };
const bob = { inDirectory: issue('bob@example.org', stranger) };

const recordsOf =
  (numbers: readonly [number, number, number], data: Uint8Array): DnsAnswering =>
  ({ name }) => ({ records: [{ name, type: 'SMIMEA', data: smimeaData(numbers, data) }], isValidated: true });

let dns: TestDnsServer;
const sites: FolderSite[] = [];
beforeAll(async () => {
  dns = await startDnsServer(() => ({}));
});
afterAll(async () => {
  await dns.stop();
  for (const site of sites) await site.dispose();
});

async function siteOf(lines: readonly string[]): Promise<FolderSite> {
  const made = await makeFolderSite(['cafile anchors.pem', ...lines]);
  sites.push(made);
  made.write('anchors.pem', ca.pem);
  return made;
}

async function sourcesOf(lines: readonly string[]): Promise<CertificateSources> {
  const { site, store } = await siteOf(lines);
  const anchors = new SiteTrust(site, silentLog);
  const parts = { site: () => site, anchors, clock: { now: () => Date.now() } };
  const byDns = new CertificateDns({ ...parts, rates: store.rates, log: silentLog });
  return new CertificateSources(new CertificateDirectory(parts), byDns);
}

const shas = (found: readonly { readonly certificate: { readonly sha256: string } }[]) =>
  found.map(({ certificate }) => certificate.sha256);
const sha = ({ certificate }: TestIdentity) => certificate.sha256;
const resolver = () => `smimea_resolver 127.0.0.1:${dns.port}`;

describe('the sources of certificates', () => {
  it('are none where the site names none', async () => {
    const sources = await sourcesOf([]);
    expect(sources.isNamed).toBe(false);
    const finding = await sources.find('ann@example.org', false);
    expect(finding).toEqual({ found: [], settled: new Set(), validForMs: null });
  });

  it('the DNS alone is one', async () => {
    dns.answer = recordsOf([3, 0, 0], ann.inDns.certificate.der);
    const sources = await sourcesOf([resolver()]);
    const { found, settled, failure } = await sources.find('ann@example.org', false);
    expect([shas(found), settled, failure]).toEqual([[sha(ann.inDns)], new Set(['smimea']), undefined]);
  });

  it('while the directory is out of reach the DNS is asked for whoever has nothing in use', async () => {
    dns.answer = recordsOf([3, 0, 0], ann.inDns.certificate.der);
    const sources = await sourcesOf([`ldap_certificate_host 127.0.0.1:${await freePort()}`, resolver()]);
    const none = await sources.find('ann@example.org', false);
    expect([shas(none.found), none.settled]).toEqual([[sha(ann.inDns)], new Set(['smimea'])]);
    expect(none.failure).toMatchObject({ code: 'directory-unreachable' });
    const asked = dns.seen.length;
    const one = await sources.find('ann@example.org', true);
    expect([one.found, one.settled, dns.seen.length]).toEqual([[], new Set(), asked]);
  });

  it('a resolver that fails settles nothing', async () => {
    dns.answer = () => ({ code: 2 });
    const finding = await (await sourcesOf([resolver()])).find('ann@example.org', true);
    expect(finding).toMatchObject({ found: [], settled: new Set(), failure: { code: 'resolver-failure' } });
  });
});

describe.skipIf(!hasProgram('slapd'))('a directory and the DNS', () => {
  let slapd: TestSlapd;
  let sources: CertificateSources;
  const entry = (uid: string, { certificate }: TestIdentity) =>
    [
      `dn: uid=${uid},${slapdBase}`,
      'objectClass: inetOrgPerson',
      ...['uid', 'cn', 'sn'].map((name) => `${name}: ${uid}`),
      `mail: ${uid}@example.org`,
      `userCertificate;binary:: ${Buffer.from(certificate.der).toString('base64')}`,
      '\n',
    ].join('\n');
  beforeAll(async () => {
    slapd = await startSlapd(entry('ann', ann.inDirectory) + entry('bob', bob.inDirectory));
    sources = await sourcesOf([
      `ldap_certificate_host localhost:${slapd.port}`,
      `ldap_certificate_suffix ${slapdBase}`,
      `ldap_certificate_ca_file ${slapd.caFile}`,
      resolver(),
    ]);
  });
  afterAll(() => slapd?.stop());

  it('the directory wins, and the DNS is not asked', async () => {
    dns.answer = recordsOf([3, 0, 0], ann.inDns.certificate.der);
    const asked = dns.seen.length;
    const { found, settled } = await sources.find('ann@example.org', true);
    expect([shas(found), settled]).toEqual([[sha(ann.inDirectory)], new Set(['ldap', 'smimea'])]);
    expect(dns.seen.length).toBe(asked);
  });

  it('a digest in the DNS speaks for a certificate of the directory that no anchor stands for', async () => {
    dns.answer = () => ({ code: 3 });
    expect((await sources.find('bob@example.org', false)).found).toEqual([]);
    const digest = createHash('sha256').update(bob.inDirectory.certificate.spki).digest();
    dns.answer = recordsOf([3, 1, 1], digest);
    const { found } = await sources.find('bob@example.org', false);
    expect([shas(found), found[0]?.source]).toEqual([[sha(bob.inDirectory)], 'smimea']);
  });
});

describe('how long nobody is asked about again', () => {
  const hour = 3_600_000;
  const ldap = [
    'ldap_certificate_host a.example',
    'ldap_certificate_retry 2h',
    'ldap_certificate_refresh 9h',
  ];
  const smimea = ['smimea_resolver 127.0.0.1', 'smimea_retry 3h', 'smimea_refresh 8h'];
  it.each([
    ['a directory alone', ldap, { retryMs: 2 * hour, refreshMs: 9 * hour }],
    ['the DNS alone', smimea, { retryMs: 3 * hour, refreshMs: 8 * hour }],
    ['both: the gentler and the fresher', [...ldap, ...smimea], { retryMs: 3 * hour, refreshMs: 8 * hour }],
  ])('%s', async (_what, lines, expected) => {
    const { conf } = (await siteOf(lines)).site;
    expect([namesSource(conf), pausesOf(conf)]).toEqual([true, expected]);
  });
});
