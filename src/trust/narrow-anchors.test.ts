import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa, type TestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { loadSite } from '../config/site.ts';
import type { List } from '../lists/list.ts';
import { silentLog } from '../log.ts';
import type { CertificatePolicy } from './certificate-change.ts';
import { SiteTrust } from './site-trust.ts';
import { type NewCertificate, UserCertificates } from './user-certificates.ts';

const address = 'ann@example.org';
const hour = 3_600_000;
const root = makeTestCa({ name: 'Root' });
const partner = makeTestCa({ name: 'Partner' });
const third = makeTestCa({ name: 'Third' });

describe('a certificate that only the anchors of one list accept', () => {
  let made: FolderSite;
  let certificates: UserCertificates;
  let wide: List;
  let narrow: List;
  beforeEach(async () => {
    made = await makeFolderSite(['cafile root.pem']);
    made.write('root.pem', root.pem);
    made.write('partner.pem', partner.pem);
    const create = (name: string, parameters: Readonly<Record<string, string>>) =>
      made.lists.create({ name, owners: ['owner@example.org'], parameters });
    wide = await create('wide', {});
    narrow = await create('narrow', { cafile: 'partner.pem' });
    await follow('accept');
  });
  afterEach(() => made.dispose());

  const follow = async (
    change: CertificatePolicy['change'],
    renewal: CertificatePolicy['renewal'] = 'accept',
  ) => {
    const trust = new SiteTrust(await loadSite(made.site.file), silentLog);
    certificates = new UserCertificates({ now: () => root.nowMs }, trust, () => ({
      change,
      renewal,
    }));
  };
  const issue = (ca: TestCa) => ca.issue({ address, algorithm: 'rsa-2048', fresh: true });
  /** As the harvest of a message does: what reads files comes before the transaction. */
  const bring = async (pair: TestIdentity, ca: TestCa, hours: number, more: Partial<NewCertificate> = {}) => {
    const incoming = {
      address,
      certificate: pair.certificate,
      issuer: ca.certificate,
      authorities: ca.chain,
      usage: 'both',
      source: 'message',
      signingTimeMs: root.nowMs + hours * hour,
      capabilities: null,
      ...more,
    } as const;
    const isOfMessage = incoming.source === 'message';
    const [judged] = isOfMessage ? await certificates.judgeNarrow(made.store, [incoming]) : [incoming];
    return made.store.transaction((tx) => certificates.keep(tx, judged!));
  };
  const chosen = async (list: List) => {
    const choice = (await certificates.chooseForEncryption(made.store, [address], list)).get(address)!;
    return choice.status === 'found' ? choice.certificate.sha256 : choice.code;
  };
  const statusOf = async ({ certificate }: TestIdentity) =>
    (await made.store.certificates.ofAddress(address)).find(({ sha256 }) => sha256 === certificate.sha256)
      ?.status;

  it('encrypts on that list alone', async () => {
    const own = issue(partner);
    await bring(own, partner, -1);
    expect(await chosen(narrow)).toBe(own.certificate.sha256);
    expect(await chosen(wide)).toBe('certificate-not-accepted');
  });

  it('takes the place of none that the site accepts, and the other way round', async () => {
    const [good, own] = [issue(root), issue(partner)];
    await bring(good, root, -3);
    expect(await bring(own, partner, -2)).toBe('new');
    expect([await chosen(wide), await chosen(narrow)]).toEqual([
      good.certificate.sha256,
      own.certificate.sha256,
    ]);
    const next = issue(root);
    expect(await bring(next, root, -1)).toBe('replaced');
    expect([await chosen(wide), await chosen(narrow)]).toEqual([
      next.certificate.sha256,
      own.certificate.sha256,
    ]);
    expect(await statusOf(good)).toBe('superseded');
  });

  it('keeps no earlier one out that the site accepts, of a message or of the directory', async () => {
    const [listed, good, own] = [issue(root), issue(root), issue(partner)];
    await bring(own, partner, -1);
    expect(await bring(listed, root, 0, { source: 'ldap', signingTimeMs: null })).toBe('new');
    expect(await chosen(wide)).toBe(listed.certificate.sha256);
    expect(await bring(good, root, -2)).toBe('new');
    expect(await chosen(wide)).toBe(good.certificate.sha256);
  });

  it('gives way to a later one of its own authority, and to none of another that some list has for itself', async () => {
    const own = issue(partner);
    await bring(own, partner, -3);
    const foreign = issue(third);
    await bring(foreign, third, -2);
    expect(await chosen(narrow)).toBe(own.certificate.sha256);
    const next = issue(partner);
    expect(await bring(next, partner, -1)).toBe('replaced');
    expect(await chosen(narrow)).toBe(next.certificate.sha256);
    expect([await statusOf(own), await statusOf(foreign)]).toEqual(['superseded', 'trusted']);
  });

  it('makes none wait that the site accepts, where changes wait', async () => {
    await follow('confirm');
    const [good, own] = [issue(root), issue(partner)];
    await bring(own, partner, -3);
    expect(await bring(good, root, -2)).toBe('new');
    expect(await chosen(wide)).toBe(good.certificate.sha256);
  });

  it('waits beside one that the site accepts, and once confirmed takes nothing from it', async () => {
    await follow('confirm');
    const [good, own] = [issue(root), issue(partner)];
    await bring(good, root, -3);
    expect(await bring(own, partner, -2)).toBe('pending');
    expect(await chosen(wide)).toBe(good.certificate.sha256);
    const [pending] = await made.store.certificates.list({ address, status: 'pending' });
    expect(await certificates.confirm(made.store, pending!.id, 'ann')).toBe(true);
    expect([await chosen(wide), await chosen(narrow)]).toEqual([
      good.certificate.sha256,
      own.certificate.sha256,
    ]);
  });

  it('takes the place of the one before once confirmed, whatever ciphers that one announced, and of no other authority', async () => {
    await follow('accept', 'confirm');
    const [own, next, foreign] = [issue(partner), issue(partner), issue(third)];
    await bring(foreign, third, -4);
    await bring(own, partner, -3, { capabilities: ['aes-256-gcm'] });
    expect(await bring(next, partner, -2)).toBe('pending');
    const [pending] = await made.store.certificates.list({ address, status: 'pending' });
    await made.store.transaction((tx) => certificates.confirm(tx, pending!.id, 'ann'));
    expect(await chosen(narrow)).toBe(next.certificate.sha256);
    expect([await statusOf(own), await statusOf(foreign)]).toEqual(['superseded', 'trusted']);
  });

  it('gives way to what an operator brings, which counts on every list', async () => {
    const [own, brought] = [issue(partner), issue(root)];
    await bring(own, partner, -1);
    await bring(brought, root, 0, { source: 'operator', signingTimeMs: null });
    expect([await chosen(wide), await chosen(narrow)]).toEqual(Array(2).fill(brought.certificate.sha256));
    expect(await statusOf(own)).toBe('superseded');
  });

  it('counts for the site as well once that has its anchor and the person signs again', async () => {
    const [own, good] = [issue(partner), issue(root)];
    await bring(own, partner, -3);
    made.write('root.pem', root.pem + partner.pem);
    await bring(own, partner, -2);
    expect(await bring(good, root, -1)).toBe('replaced');
    expect(await statusOf(own)).toBe('superseded');
  });
});
