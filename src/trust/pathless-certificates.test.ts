import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa, type TestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { loadSite } from '../config/site.ts';
import { silentLog } from '../log.ts';
import { CertificateFolder } from './certificate-folder.ts';
import { PathlessCertificates } from './pathless-certificates.ts';
import { SiteTrust } from './site-trust.ts';
import { type NewCertificate, UserCertificates } from './user-certificates.ts';

const address = 'ann@example.org';
const hour = 3_600_000;
const root = makeTestCa({ name: 'Root' });
const partner = makeTestCa({ name: 'Partner' });

describe('certificates whose anchors went', () => {
  let made: FolderSite;
  let certificates: UserCertificates;
  let pathless: PathlessCertificates;
  let folder: CertificateFolder;
  let smimeaPath: 'record' | 'anchor';
  let nowMs: number;
  const clock = { now: () => nowMs };
  beforeEach(async () => {
    nowMs = root.nowMs - 2 * hour;
    made = await makeFolderSite(['cafile root.pem'], clock);
    made.write('root.pem', root.pem + partner.pem);
    const site = await loadSite(made.site.file);
    const anchors = new SiteTrust(site, silentLog);
    const { store, lists } = made;
    certificates = new UserCertificates(clock, anchors);
    const parts = { store, anchors, clock, log: silentLog };
    smimeaPath = 'record';
    const places = async () => ({
      site: { ...site, conf: { ...site.conf, smimea_path: smimeaPath } },
      lists: await lists.all(),
    });
    pathless = new PathlessCertificates({ ...parts, places });
    folder = new CertificateFolder({ ...parts, folder: site.certDir, certificates });
  });
  afterEach(() => made.dispose());

  const issue = (ca: TestCa) => ca.issue({ address, algorithm: 'rsa-2048', fresh: true });
  const bring = (pair: TestIdentity, ca: TestCa, more: Partial<NewCertificate> = {}) =>
    made.store.transaction((tx) =>
      certificates.keep(tx, {
        address,
        certificate: pair.certificate,
        issuer: ca.certificate,
        authorities: ca.chain,
        usage: 'both',
        source: 'message',
        signingTimeMs: root.nowMs - 2 * hour,
        capabilities: null,
        ...more,
      }),
    );
  const recordOf = async ({ certificate }: TestIdentity) =>
    (await made.store.certificates.ofAddress(address)).find(({ sha256 }) => sha256 === certificate.sha256)!;
  const statusOf = async (pair: TestIdentity) => (await recordOf(pair)).status;
  const chosen = async () => {
    const choice = (await certificates.chooseForEncryption(made.store, [address], {})).get(address)!;
    return choice.status === 'found' ? choice.certificate.sha256 : choice.code;
  };
  const files = async () => {
    await folder.synchronise();
    return readdirSync(made.site.certDir).filter((name) => name.includes('@'));
  };

  it('are put aside, in the folder too, and come back with the anchor; their history tells', async () => {
    const ann = issue(root);
    await bring(ann, root);
    expect(await pathless.mark()).toEqual({ putAside: 0, broughtBack: 0 });
    expect(await files()).toEqual([address]);
    made.write('root.pem', partner.pem);
    expect(await pathless.mark()).toEqual({ putAside: 1, broughtBack: 0 });
    expect([await statusOf(ann), await files(), await chosen()]).toEqual([
      'untrusted',
      [],
      'certificate-not-accepted',
    ]);
    made.write('root.pem', partner.pem + root.pem);
    expect(await pathless.mark()).toEqual({ putAside: 0, broughtBack: 1 });
    expect([await files(), await chosen()]).toEqual([[address], ann.certificate.sha256]);
    expect(await made.store.certificates.history((await recordOf(ann)).id)).toMatchObject([
      { status: 'trusted' },
      { status: 'untrusted', note: 'no path to an anchor' },
      { status: 'trusted', note: 'a path to an anchor again' },
    ]);
  });

  it('are told apart by the authority that signed them, many at once', async () => {
    const [sub, gone] = [root.subCa({ name: 'Sub' }), partner.subCa({ name: 'Sub' })];
    for (const [index, ca] of [sub, gone, sub, gone, gone].entries()) {
      const address = `user${index}@example.org`;
      await bring(ca.issue({ address }), ca, { address });
    }
    made.write('root.pem', root.pem);
    expect(await pathless.mark()).toEqual({ putAside: 3, broughtBack: 0 });
    const records = await made.store.certificates.list({ status: 'trusted' });
    expect(records.map(({ address }) => address)).toEqual(['user0@example.org', 'user2@example.org']);
  });

  it('stay in use where a list still has the anchor, or an operator or the DNS brought them', async () => {
    made.write('own.pem', root.pem);
    const owners = ['owner@example.org'];
    await made.lists.create({ name: 'own', owners, parameters: { cafile: 'own.pem' } });
    const ann = issue(root);
    await bring(ann, root);
    const others = [
      ['eve@example.org', 'operator'],
      ['joe@example.org', 'smimea'],
    ] as const;
    for (const [address, source] of others)
      await bring(partner.issue({ address }), partner, { address, source, signingTimeMs: null });
    made.write('root.pem', '');
    expect(await pathless.mark()).toEqual({ putAside: 0, broughtBack: 0 });
    made.write('own.pem', '');
    expect(await pathless.mark()).toEqual({ putAside: 1, broughtBack: 0 });
  });

  it('are put aside of what the DNS has, too, where smimea_path or the record demands a path', async () => {
    const [ann, bob] = [issue(root), root.issue({ address: 'bob@example.org' })];
    await bring(ann, root, { source: 'smimea', signingTimeMs: null, needsPath: true });
    const address = 'bob@example.org';
    await bring(bob, root, { address, source: 'smimea', signingTimeMs: null });
    made.write('root.pem', partner.pem);
    expect(await pathless.mark()).toEqual({ putAside: 1, broughtBack: 0 });
    expect(await statusOf(ann)).toBe('untrusted');
    smimeaPath = 'anchor';
    expect(await pathless.mark()).toEqual({ putAside: 1, broughtBack: 0 });
    smimeaPath = 'record';
    expect(await pathless.mark()).toEqual({ putAside: 0, broughtBack: 1 });
    made.write('root.pem', root.pem);
    expect(await pathless.mark()).toEqual({ putAside: 0, broughtBack: 1 });
  });

  it('stay as they are while a file of anchors or the config of a list cannot be read', async () => {
    const owners = ['owner@example.org'];
    await made.lists.create({ name: 'own', owners, parameters: { cafile: 'missing.pem' } });
    const ann = issue(root);
    await bring(ann, root);
    made.write('root.pem', partner.pem);
    expect(await pathless.mark()).toEqual({ putAside: 0, broughtBack: 0 });
    made.write('expl/own/config', 'subject\n');
    expect((await made.lists.all())[0]!.error).toBeDefined();
    expect(await pathless.mark()).toEqual({ putAside: 0, broughtBack: 0 });
    made.write('missing.pem', partner.pem);
    made.write('expl/own/config', 'subject x\ncafile missing.pem\n\nowner\nemail owner@example.org\n');
    expect(await pathless.mark()).toEqual({ putAside: 1, broughtBack: 0 });
    expect(await statusOf(ann)).toBe('untrusted');
  });

  it('are not used again by who left the last list and came back, until they are proved anew', async () => {
    const ann = issue(root);
    await bring(ann, root);
    const leftAt = root.nowMs - hour;
    nowMs = root.nowMs - hour / 2;
    made.write('root.pem', partner.pem);
    await pathless.mark();
    made.write('root.pem', partner.pem + root.pem);
    await pathless.mark();
    nowMs = root.nowMs;
    await certificates.beginAnew(made.store, address, leftAt);
    expect(await statusOf(ann)).toBe('pending');
    expect(await bring(ann, root, { signingTimeMs: root.nowMs - 3 * hour })).toBe('older');
    nowMs += hour;
    expect(await bring(ann, root, { signingTimeMs: root.nowMs + hour / 2 })).toBe('new');
    await certificates.beginAnew(made.store, address, leftAt);
    expect(await statusOf(ann)).toBe('trusted');
  });

  it('come back by another authority, and by their next message', async () => {
    const sub = root.subCa({ name: 'Sub' });
    const ann = issue(sub);
    await bring(ann, sub, { authorities: [] });
    expect(await pathless.mark()).toEqual({ putAside: 1, broughtBack: 0 });
    expect(await bring(ann, sub, { signingTimeMs: root.nowMs - hour })).toBe('new');
    expect(await statusOf(ann)).toBe('trusted');
    const other = root.subCa({ name: 'Other' });
    const bob = other.issue({ address: 'bob@example.org' });
    await bring(bob, other, { address: 'bob@example.org', authorities: [] });
    await made.store.certificates.setStatus(
      (await made.store.certificates.ofAddress('bob@example.org'))[0]!.id,
      'untrusted',
    );
    expect(await pathless.mark()).toEqual({ putAside: 0, broughtBack: 0 });
    await made.store.authorities.keep(
      other.chain.map(({ sha256, der, notAfterMs }) => ({ sha256, der, notAfter: notAfterMs })),
    );
    expect(await pathless.mark()).toEqual({ putAside: 0, broughtBack: 1 });
  });

  it('are held against others, and never come back beside what took their place', async () => {
    const [ann, next, stranger] = [issue(root), issue(partner), issue(partner)];
    await bring(ann, root);
    made.write('root.pem', partner.pem);
    await pathless.mark();
    expect(await bring(stranger, partner, { signingTimeMs: root.nowMs - hour })).toBe('pending');
    await bring(next, partner, { source: 'operator', signingTimeMs: null });
    expect(await statusOf(ann)).toBe('superseded');
    made.write('root.pem', root.pem + partner.pem);
    expect(await pathless.mark()).toEqual({ putAside: 0, broughtBack: 0 });
    expect(await chosen()).toBe(next.certificate.sha256);
  });
});
