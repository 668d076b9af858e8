import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa, type TestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { loadSite } from '../config/site.ts';
import { silentLog } from '../log.ts';
import type { CertificateSource } from '../store/certificates.ts';
import { SiteTrust, type TrustTarget } from './site-trust.ts';
import { type NewCertificate, UserCertificates } from './user-certificates.ts';

const address = 'ann@example.org';
const hour = 3_600_000;

describe('the path of a certificate that somebody is encrypted to', () => {
  let made: FolderSite;
  let certificates: UserCertificates;
  const root = makeTestCa({ name: 'Root' });
  const partner = makeTestCa({ name: 'Partner' });
  let nowMs = root.nowMs;
  beforeEach(async () => {
    nowMs = root.nowMs;
    made = await makeFolderSite(['cafile root.pem', 'crl_dir crls']);
    made.write('root.pem', root.pem + partner.pem);
    made.write('partner.pem', partner.pem);
    certificates = await fresh();
  });
  afterEach(() => made.dispose());

  /** As a new process sees it. */
  const fresh = async () =>
    new UserCertificates(
      { now: () => nowMs },
      new SiteTrust(await loadSite(made.site.file), silentLog),
      () => ({ change: 'accept', renewal: 'accept' }),
    );
  const issue = (ca: TestCa) => ca.issue({ address, algorithm: 'rsa-2048' });

  /** As a signed message brings it, with the authorities of its valid path. */
  const harvest = (
    pair: TestIdentity,
    ca: TestCa,
    source: CertificateSource = 'message',
    more: Partial<NewCertificate> = {},
  ) =>
    made.store.transaction((tx) =>
      certificates.keep(tx, {
        address,
        certificate: pair.certificate,
        issuer: ca.certificate,
        authorities: ca.chain,
        usage: 'both',
        source,
        signingTimeMs: source === 'message' ? nowMs - hour : null,
        capabilities: null,
        ...more,
      }),
    );
  const chosen = async (target: TrustTarget = {}, by = certificates) => {
    const choice = (await by.chooseForEncryption(made.store, [address], target)).get(address)!;
    return choice.status === 'found' ? choice.certificate.sha256 : choice.code;
  };
  const revoke = (ca: TestCa, more: object = {}) =>
    made.write('crls/root', root.crlPem({ revoked: [ca], ...more }));

  it('leads over authorities that were kept when it came', async () => {
    const sub = root.subCa({ name: 'Sub' });
    const ann = issue(sub);
    await harvest(ann, sub);
    expect(await chosen()).toBe(ann.certificate.sha256);
    expect(await chosen({}, await fresh())).toBe(ann.certificate.sha256);
  });

  it.each([
    'operator',
    'smimea',
  ] as const)('is not asked for where a list at hand names the certificate itself (%s)', async (source) => {
    const stranger = makeTestCa({ name: 'Stranger' });
    const ann = issue(stranger);
    await harvest(ann, stranger, source);
    expect(await chosen()).toBe(ann.certificate.sha256);
    made.write('crls/stranger', stranger.crlPem({ revoked: [ann] }));
    expect(await chosen({}, await fresh())).toBe('certificate-not-accepted');
  });

  it.each([
    'message',
    'ldap',
    'operator',
    'smimea',
  ] as const)('is none while an authority in it is revoked, and is one again over another (%s)', async (source) => {
    const sub = root.subCa({ name: 'Sub' });
    const ann = issue(sub);
    await harvest(ann, sub, source);
    expect(await chosen()).toBe(ann.certificate.sha256);
    revoke(sub);
    expect(await chosen()).toBe('certificate-not-accepted');
    const [record] = await made.store.certificates.ofAddress(address);
    expect(record!.status).toBe('trusted');
    // The same authority, certified anew, comes with the message of somebody else.
    const again = root.subCa({ name: 'Sub', keys: sub });
    const bob = again.issue({ address: 'bob@example.org', algorithm: 'rsa-2048' });
    await made.store.transaction((tx) =>
      certificates.keep(tx, {
        address: 'bob@example.org',
        certificate: bob.certificate,
        authorities: again.chain,
        usage: 'both',
        source: 'message',
        signingTimeMs: nowMs,
        capabilities: null,
      }),
    );
    expect(await chosen()).toBe(ann.certificate.sha256);
  });

  it('is looked at again before long, without any change', async () => {
    const sub = root.subCa({ name: 'Sub', notAfterMs: nowMs + hour });
    const ann = issue(sub);
    await harvest(ann, sub);
    expect(await chosen()).toBe(ann.certificate.sha256);
    nowMs += hour + 1;
    expect(await chosen()).toBe('certificate-not-accepted');
  });

  it('must end at an anchor of that very list, whatever the site trusts', async () => {
    const narrow = await made.lists.create({
      name: 'narrow',
      owners: ['owner@example.org'],
      parameters: { cafile: 'partner.pem' },
    });
    const wide = await made.lists.create({ name: 'wide', owners: ['owner@example.org'] });
    const ann = issue(root);
    await harvest(ann, root);
    expect(await chosen(wide)).toBe(ann.certificate.sha256);
    expect(await chosen(narrow)).toBe('certificate-not-accepted');
    const other = partner.issue({ address, algorithm: 'ec-p256' });
    await harvest(other, partner);
    expect(await chosen(narrow)).toBe(other.certificate.sha256);
  });

  it('is asked for of nothing that an operator brought', async () => {
    const stranger = makeTestCa({ name: 'Stranger' });
    const ann = issue(stranger);
    await harvest(ann, stranger, 'operator');
    expect(await chosen()).toBe(ann.certificate.sha256);
    made.write('root.pem', '');
    expect(await chosen()).toBe(ann.certificate.sha256);
  });

  it('is asked for of what the DNS has by a list with anchors of its own alone', async () => {
    const narrow = await made.lists.create({
      name: 'narrow',
      owners: ['owner@example.org'],
      parameters: { cafile: 'partner.pem' },
    });
    const stranger = makeTestCa({ name: 'Stranger' });
    const ann = issue(stranger);
    await harvest(ann, stranger, 'smimea');
    expect(await chosen()).toBe(ann.certificate.sha256);
    expect(await chosen(narrow)).toBe('certificate-not-accepted');
  });

  it('is asked for of what the DNS has where smimea_path or its record demands it', async () => {
    const ann = issue(root);
    await harvest(ann, root, 'smimea', { needsPath: true });
    expect(await chosen()).toBe(ann.certificate.sha256);
    made.write('root.pem', partner.pem);
    expect(await chosen()).toBe('certificate-not-accepted');
    // Another record, which demands none, is there at the next look.
    expect(await harvest(ann, root, 'smimea')).toBe('known');
    expect(await chosen()).toBe(ann.certificate.sha256);
    const conf = 'domain example.org\nlistmaster root@example.org\ncafile root.pem\nsmimea_path anchor\n';
    made.write('sympa.conf', conf);
    expect(await chosen({}, await fresh())).toBe('certificate-not-accepted');
    made.write('root.pem', root.pem);
    expect(await chosen({}, await fresh())).toBe(ann.certificate.sha256);
  });

  it('is none where the site trusts nobody any more', async () => {
    const ann = issue(root);
    await harvest(ann, root);
    expect(await chosen()).toBe(ann.certificate.sha256);
    made.write('root.pem', '');
    expect(await chosen()).toBe('certificate-not-accepted');
  });

  it('gives way to a valid one of the same person', async () => {
    const sub = root.subCa({ name: 'Sub' });
    const [good, bad] = [root.issue({ address, algorithm: 'ec-p256' }), issue(sub)];
    await harvest(good, root);
    await harvest(bad, sub);
    revoke(sub);
    expect(await chosen()).toBe(good.certificate.sha256);
  });
});
