import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Site } from '../../src/config/site.ts';
import { fetchLdapCrl } from '../../src/trust/fetch-ldap-crl.ts';
import { makeTestCa, type TestCa } from '../kit/ca.ts';
import { type FolderSite, makeFolderSite } from '../kit/folder-site.ts';
import { hasProgram } from '../kit/programs.ts';
import { slapdBase, startSlapd, type TestSlapd } from '../kit/slapd.ts';

/** What a site allows to be asked. */
function siteThat(made: FolderSite, hosts: readonly string[]): Pick<Site, 'conf'> {
  return { conf: { ...made.site.conf, fetch_private_hosts: [...hosts] } };
}

describe.skipIf(!hasProgram('slapd'))('revocation lists in a directory of OpenLDAP', () => {
  let made: FolderSite;
  let slapd: TestSlapd;
  let ca: TestCa;
  let crl: Uint8Array;
  beforeAll(async () => {
    made = await makeFolderSite();
    ca = makeTestCa();
    crl = ca.crl({ revoked: [ca.issue({ address: 'ann@example.org' })] });
    const padding = { oid: '1.3.6.1.4.1.55555.1', critical: false, value: new Uint8Array(5 << 20) };
    const large = ca.crl({ others: [padding] });
    slapd = await startSlapd(
      [
        `dn: cn=CA,${slapdBase}`,
        'objectClass: applicationProcess',
        'objectClass: certificationAuthority',
        'cn: CA',
        `cACertificate;binary:: ${Buffer.from(ca.certificate.der).toString('base64')}`,
        `certificateRevocationList;binary:: ${Buffer.from(crl).toString('base64')}`,
        `authorityRevocationList;binary:: ${Buffer.from(crl).toString('base64')}`,
        '',
        `dn: cn=Large CA,${slapdBase}`,
        'objectClass: applicationProcess',
        'objectClass: certificationAuthority',
        'cn: Large CA',
        `cACertificate;binary:: ${Buffer.from(ca.certificate.der).toString('base64')}`,
        `certificateRevocationList;binary:: ${Buffer.from(large).toString('base64')}`,
        `authorityRevocationList;binary:: ${Buffer.from(crl).toString('base64')}`,
        '',
      ].join('\n'),
    );
  });
  afterAll(async () => {
    await slapd.stop();
    await made.dispose();
  });

  const dn = `cn=CA,${slapdBase}`;

  it.each([
    ['with the attribute named', `${dn}?certificateRevocationList;binary`],
    ['with the attribute named, the option left out', `${dn}?certificateRevocationList`],
    ['without an attribute', dn],
    ['with a scope and a filter', `${slapdBase}?certificateRevocationList;binary?sub?(cn=CA)`],
    ['with its name escaped', `${encodeURIComponent(dn)}?certificateRevocationList?base?(objectClass=*)`],
  ])('are fetched by a URL %s', async (_what, rest) => {
    const list = await fetchLdapCrl(`ldap://localhost:${slapd.port}/${rest}`, siteThat(made, ['localhost']));
    expect(Buffer.from(list).equals(Buffer.from(crl))).toBe(true);
  });

  it('are not asked for on a host of the own network that the operator did not allow', async () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]'])
      await expect(
        fetchLdapCrl(`ldap://${host}:${slapd.port}/${dn}`, siteThat(made, [])),
      ).rejects.toMatchObject({ code: 'fetch-refused-address' });
  });

  it('are not taken where they are larger than 4 MiB', async () => {
    const url = `ldap://localhost:${slapd.port}/cn=Large CA,${slapdBase}?certificateRevocationList`;
    await expect(fetchLdapCrl(url, siteThat(made, ['localhost']))).rejects.toMatchObject({
      code: 'directory-bad-answer',
    });
  });

  it('come from the very address that was checked', async () => {
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const url = `ldap://crl.example.org:${slapd.port}/${dn}`;
    const site = siteThat(made, ['crl.example.org']);
    expect(Buffer.from(await fetchLdapCrl(url, site, resolve)).equals(Buffer.from(crl))).toBe(true);
    await expect(fetchLdapCrl(url, siteThat(made, []), resolve)).rejects.toMatchObject({
      code: 'fetch-refused-address',
    });
  });

  it('by LDAPS come only from a server that proves its name', async () => {
    await expect(
      fetchLdapCrl(`ldaps://localhost:${slapd.tlsPort}/${dn}`, siteThat(made, ['localhost'])),
    ).rejects.toMatchObject({ code: 'directory-untrusted' });
  });

  it.each([
    [
      'nothing there',
      'directory-no-base',
      (port: number) => `ldap://localhost:${port}/cn=nobody,${slapdBase}`,
    ],
    ['an entry without a list', 'fetch-status', (port: number) => `ldap://localhost:${port}/${slapdBase}`],
    ['a user', 'fetch-bad-url', (port: number) => `ldap://ann:hush@localhost:${port}/${dn}`],
    ['no host', 'fetch-bad-url', () => `ldap:///${dn}`],
    ['another scheme', 'fetch-bad-url', () => `http://localhost/${dn}`],
    ['a scope of no kind', 'fetch-bad-url', (port: number) => `ldap://localhost:${port}/${dn}??all`],
    ['a broken escape', 'fetch-bad-url', (port: number) => `ldap://localhost:${port}/%zz`],
    ['a faulty filter', 'bad-search-filter', (port: number) => `ldap://localhost:${port}/${dn}??base?(cn=`],
    ['no end', 'fetch-bad-url', (port: number) => `ldap://localhost:${port}/${'x'.repeat(3_000)}`],
  ])('are told of with a typed error where the URL names %s: %s', async (_what, code, url) => {
    await expect(fetchLdapCrl(url(slapd.port), siteThat(made, ['localhost']))).rejects.toMatchObject({
      code,
    });
  });
});
