import { createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { EqualityFilter } from 'ldapts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { freePort } from '../../test/kit/free-port.ts';
import { hasProgram } from '../../test/kit/programs.ts';
import { secretsBase, slapdBase, startSlapd, type TestSlapd } from '../../test/kit/slapd.ts';
import { signContent } from '../cms/sign.ts';
import { parseSearchFilter } from '../directory/filter-text.ts';
import { silentLog } from '../log.ts';
import { CertificateDirectory, filterFor } from './certificate-directory.ts';
import { SiteTrust } from './site-trust.ts';

const base64 = (der: Uint8Array) => Buffer.from(der).toString('base64');

function entry(uid: string, mail: string, more: readonly string[]): string {
  return [
    `dn: uid=${uid},${slapdBase}`,
    'objectClass: inetOrgPerson',
    `uid: ${uid}`,
    `cn: ${uid}`,
    `sn: ${uid}`,
    `mail: ${mail}`,
    ...more,
    '',
    '',
  ].join('\n');
}

const ofCertificate = (der: Uint8Array) => `userCertificate;binary:: ${base64(der)}`;
const ofSigned = (der: Uint8Array) => `userSMIMECertificate:: ${base64(der)}`;

/** As RFC 2798 has it: signed data whose content is empty. */
function signedEntry(signer: TestIdentity, more: object = {}): Uint8Array {
  const content = new Uint8Array(0);
  return signContent({
    content,
    detached: false,
    signer: { ...signer, chain: [], ...more },
    atMs: Date.now(),
  });
}

describe.skipIf(!hasProgram('slapd'))('the directory of certificates', () => {
  const ca = makeTestCa();
  const issue = (address: string, more: object = {}) => ca.issue({ address, algorithm: 'rsa-2048', ...more });
  const pairs = {
    ann: issue('ann@example.org'),
    bob: issue('bob@example.org'),
    bobSigning: issue('bob@example.org', { use: 'sign' }),
    carol: issue('carol@example.org'),
    dan: makeTestCa().issue({ address: 'dan@example.org' }),
    eve: issue('eve@example.org'),
    old: issue('fay@example.org', { notBeforeMs: 1_000, notAfterMs: 2_000_000 }),
    hidden: issue('gil@example.org'),
  };
  const broken = signedEntry(pairs.carol);
  broken.set([broken.at(-1)! ^ 1], broken.length - 1);
  const ldif = [
    entry('ann', 'ann@example.org', [ofCertificate(pairs.ann.certificate.der)]),
    entry('bob', 'bob@example.org', [
      ofCertificate(pairs.bobSigning.certificate.der),
      ofSigned(signedEntry(pairs.bobSigning, { encryptionCertificate: pairs.bob.certificate })),
    ]),
    entry('carol', 'carol@example.org', [ofSigned(broken)]),
    entry('dan', 'dan@example.org', [ofCertificate(pairs.dan.certificate.der)]),
    entry('mallory', 'victim@example.org', [ofCertificate(pairs.eve.certificate.der)]),
    entry('fay', 'fay@example.org', [ofCertificate(pairs.old.certificate.der)]),
    `dn: uid=gil,${secretsBase}\n${entry('x', 'gil@example.org', [
      ofCertificate(pairs.hidden.certificate.der),
    ])
      .split('\n')
      .slice(1)
      .join('\n')
      .replaceAll(/: x$/gm, ': gil')}`,
  ].join('');
  let slapd: TestSlapd;
  let deaf: Server;
  const deafSockets: Socket[] = [];
  const sites: FolderSite[] = [];
  beforeAll(async () => {
    slapd = await startSlapd(ldif);
    deaf = createServer((socket) => deafSockets.push(socket));
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await slapd?.stop();
    for (const socket of deafSockets) socket.destroy();
    deaf.close();
    for (const site of sites) await site.dispose();
  });

  /** @param lines further parameters, each over those of the default */
  async function directory(lines: readonly string[] = []): Promise<CertificateDirectory> {
    const usual = {
      ldap_certificate_host: `localhost:${slapd.port}`,
      ldap_certificate_suffix: slapdBase,
      ldap_certificate_ca_file: slapd.caFile,
      cafile: 'anchors.pem',
    };
    const given = Object.fromEntries(
      lines.map((line) => [line.split(' ')[0]!, line.split(' ').slice(1).join(' ')]),
    );
    const conf = Object.entries({ ...usual, ...given }).map(([name, value]) => `${name} ${value}`);
    const made = await makeFolderSite(conf);
    sites.push(made);
    made.write('anchors.pem', ca.pem);
    const anchors = new SiteTrust(made.site, silentLog);
    return new CertificateDirectory({ site: () => made.site, anchors, clock: { now: () => Date.now() } });
  }

  const found = async (address: string, lines: readonly string[] = []) =>
    (await (await directory(lines)).find(address)).usable.map(({ certificate }) => certificate.sha256);
  const usableOf = async (address: string) => (await (await directory()).find(address)).usable;
  const sha = (...identities: TestIdentity[]) => identities.map(({ certificate }) => certificate.sha256);

  it('gives the certificate of a person, with the authority that made it', async () => {
    const [one, ...more] = await usableOf('ann@example.org');
    expect(more).toEqual([]);
    expect(one).toMatchObject({ usage: 'both', source: 'ldap', capabilities: null, signingTimeMs: null });
    expect(one!.certificate.sha256).toBe(pairs.ann.certificate.sha256);
    expect(one!.issuer?.sha256).toBe(ca.certificate.sha256);
  });

  it('takes capabilities from signed data whose signature is valid, for the certificate that it prefers', async () => {
    const [one, ...more] = await usableOf('bob@example.org');
    expect(more).toEqual([]);
    expect(one!.certificate.sha256).toBe(pairs.bob.certificate.sha256);
    expect(one!.capabilities).toContain('aes-256-gcm');
  });

  it.each([
    ['signed data whose signature is not valid', 'carol@example.org'],
    ['a certificate of an authority that the site does not trust', 'dan@example.org'],
    ['a certificate of somebody else', 'victim@example.org'],
    ['a certificate that has ended', 'fay@example.org'],
    ['a person who is not there', 'nobody@example.org'],
    ['an entry that nobody may read', 'gil@example.org'],
  ])('gives nothing for %s', async (_what, address) => {
    expect(await found(address)).toEqual([]);
  });

  it('logs in where it is told to', async () => {
    const { name, password } = slapd.admin;
    const login = [`ldap_certificate_bind_dn ${name}`, `ldap_certificate_bind_password ${password}`];
    expect(await found('gil@example.org', login)).toEqual(sha(pairs.hidden));
    await expect(found('gil@example.org', [login[0]!])).rejects.toMatchObject({ code: 'directory-login' });
  });

  it('asks the next server where one does not answer', async () => {
    const host = `ldap_certificate_host localhost:${await freePort()},localhost:${slapd.port}`;
    expect(await found('ann@example.org', [host])).toEqual(sha(pairs.ann));
  });

  it('speaks LDAPS as well', async () => {
    const lines = [`ldap_certificate_host localhost:${slapd.tlsPort}`, 'ldap_certificate_use_tls ldaps'];
    expect(await found('ann@example.org', lines)).toEqual(sha(pairs.ann));
  });

  it.each(['starttls', 'ldaps'])('uses no server whose certificate it cannot verify: %s', async (tls) => {
    const port = tls === 'ldaps' ? slapd.tlsPort : slapd.port;
    const made = await directory([
      `ldap_certificate_host localhost:${port}`,
      `ldap_certificate_use_tls ${tls}`,
      'ldap_certificate_ca_file anchors.pem',
    ]);
    await expect(made.find('ann@example.org')).rejects.toMatchObject({ code: 'directory-untrusted' });
  });

  it('uses no server whose certificate is for another host', async () => {
    const lines = [`ldap_certificate_host 127.0.0.1:${slapd.port}`];
    await expect(found('ann@example.org', lines)).rejects.toMatchObject({ code: 'directory-untrusted' });
  });

  it('gives up on a server that says nothing within its time', async () => {
    const { port } = deaf.address() as { port: number };
    const begun = performance.now();
    const lines = [`ldap_certificate_host 127.0.0.1:${port}`, 'ldap_certificate_timeout 1s'];
    await expect(found('ann@example.org', lines)).rejects.toMatchObject({
      code: 'directory-timeout',
      temporary: true,
    });
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('finds nobody else by an address that is written like a filter', async () => {
    for (const address of [
      '*)(uid=*@example.org',
      '*@example.org',
      'ann)(|(mail=*@example.org',
      '\\2a@example.org',
    ])
      expect(await found(address)).toEqual([]);
  });
});

describe('the filter for an address', () => {
  it('has the address and its parts in it', () => {
    const template = '(&(mail=[address])(uid=[local])(dc=[domain])(cn=[other]))';
    expect(filterFor(template, 'ann@example.org')).toBe(
      '(&(mail=ann@example.org)(uid=ann)(dc=example.org)(cn=[other]))',
    );
  });

  it('compares with the address as it is, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (local) => {
        fc.pre(local.isWellFormed());
        const address = `${local}@example.org`;
        const filter = parseSearchFilter(filterFor('(mail=[address])', address));
        expect(filter).toBeInstanceOf(EqualityFilter);
        expect((filter as EqualityFilter).value).toBe(address);
      }),
    );
  });
});
