import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { trustOf } from '../../test/kit/trust-of.ts';
import type { CertificateUsage } from './certificate-file-name.ts';
import { type NewCertificate, UserCertificates } from './user-certificates.ts';

const address = 'alice@example.org';
const start = Date.now();
const hour = 3_600_000;

describe('which certificate of a person is in use', () => {
  let made: FolderSite;
  let certificates: UserCertificates;
  let nowMs = start;
  const ca = makeTestCa();
  const another = makeTestCa({ name: 'Another' });
  const trusted = [ca.certificate, another.certificate];
  beforeEach(async () => {
    nowMs = start;
    const clock = { now: () => nowMs };
    made = await makeFolderSite([], clock);
    certificates = new UserCertificates(clock, trustOf(trusted));
  });
  afterEach(() => made.dispose());

  const issue = (more: object = {}) => ca.issue({ address, algorithm: 'rsa-2048', ...more });

  /** @param hours signing time, or `undefined` for an operator's act */
  function keep(
    pair: TestIdentity,
    usage: CertificateUsage,
    hours?: number,
    more: Partial<NewCertificate> = {},
  ) {
    const source = hours === undefined ? 'operator' : 'message';
    const signingTimeMs = hours === undefined ? null : start + hours * hour;
    const { certificate } = pair;
    return certificates.keep(made.store, {
      address,
      certificate,
      issuer: ca.certificate,
      usage,
      source,
      signingTimeMs,
      capabilities: null,
      ...more,
    });
  }

  async function inUse(): Promise<readonly string[]> {
    const records = await made.store.certificates.ofAddress(address);
    return records
      .filter((one) => one.status === 'trusted')
      .map((one) => one.sha256)
      .sort();
  }

  async function chosen() {
    const choice = (await certificates.chooseForEncryption(made.store, [address], {})).get(address);
    return choice?.status === 'found' ? choice.certificate.sha256 : choice?.code;
  }

  async function idOf(pair: TestIdentity): Promise<string> {
    const records = await made.store.certificates.ofAddress(address);
    return records.find((one) => one.sha256 === pair.certificate.sha256)!.id;
  }

  async function statusOf(pair: TestIdentity): Promise<string> {
    return (await made.store.certificates.get(await idOf(pair))).status;
  }

  const sha = (...pairs: TestIdentity[]) => pairs.map((pair) => pair.certificate.sha256).sort();

  it('is that of the newest signature, not of the newest arrival', async () => {
    const [older, newer] = [issue(), issue()];
    expect(await keep(newer, 'both', -1)).toBe('new');
    expect(await keep(older, 'both', -2)).toBe('older');
    expect(await inUse()).toEqual(sha(newer));
  });

  it('stays beside a later one that can do less', async () => {
    const [signing, both] = [issue({ use: 'sign' }), issue()];
    await keep(signing, 'sign', -1);
    expect(await keep(both, 'both', -2)).toBe('new');
    expect(await inUse()).toEqual(sha(signing, both));
    expect(await chosen()).toBe(both.certificate.sha256);
  });

  it('is not an old one when a later pair serves both uses', async () => {
    const [signing, encrypting, both] = [issue({ use: 'sign' }), issue({ use: 'encrypt' }), issue()];
    await keep(signing, 'sign', -1);
    await keep(encrypting, 'encrypt', -1);
    expect(await keep(both, 'both', -2)).toBe('older');
    expect(await chosen()).toBe(encrypting.certificate.sha256);
  });

  it('is not an old one for encryption when a later one for both is there', async () => {
    const [encrypting, both] = [issue({ use: 'encrypt' }), issue()];
    await keep(both, 'both', -1);
    expect(await keep(encrypting, 'encrypt', -2)).toBe('older');
  });

  it('may be an old one when the later one is over', async () => {
    const [short, long] = [issue({ notAfterMs: start + hour }), issue()];
    await keep(short, 'both', -1);
    nowMs = start + 2 * hour;
    expect(await keep(long, 'both', -2)).toBe('replaced');
    expect(await chosen()).toBe(long.certificate.sha256);
  });

  it('is the one that an operator brings, even after a signature by a clock that goes ahead', async () => {
    const [harvested, imported] = [issue(), issue()];
    await keep(harvested, 'both', 0.1);
    expect(await keep(imported, 'both')).toBe('new');
    expect(await inUse()).toEqual(sha(imported));
  });

  it('is not an operator\u2019s any more after a later signature with another', async () => {
    const [imported, harvested] = [issue(), issue()];
    await keep(imported, 'both');
    expect(await keep(harvested, 'both', -1)).toBe('older');
    nowMs += 2 * hour;
    expect(await keep(harvested, 'both', 1)).toBe('replaced');
    expect(await inUse()).toEqual(sha(harvested));
  });

  it('does not come back by an old signature once it was withdrawn, but by a later one', async () => {
    const pair = issue();
    await keep(pair, 'both', -3);
    await made.store.certificates.setStatus(await idOf(pair), 'withdrawn');
    expect(await keep(pair, 'both', -2)).toBe('older');
    expect(await inUse()).toEqual([]);
    nowMs += 2 * hour;
    expect(await keep(pair, 'both', 1)).toBe('new');
    expect(await inUse()).toEqual(sha(pair));
  });

  it('never comes back by a signature once it was revoked', async () => {
    const pair = issue();
    await keep(pair, 'both', -3);
    await made.store.certificates.setStatus(await idOf(pair), 'revoked');
    nowMs += 2 * hour;
    expect(await keep(pair, 'both', 1)).toBe('older');
    expect(await inUse()).toEqual([]);
  });

  it('is renewed when its client announces other ciphers, and known otherwise', async () => {
    const pair = issue();
    await keep(pair, 'both', -3, { capabilities: ['aes-256-cbc'] });
    expect(await keep(pair, 'both', -2, { capabilities: ['aes-256-cbc'] })).toBe('known');
    expect(await keep(pair, 'both', -1, { capabilities: ['aes-256-gcm'] })).toBe('renewed');
    expect(await keep(pair, 'both', -2, { capabilities: ['aes-256-cbc'] })).toBe('known');
    const [record] = await made.store.certificates.ofAddress(address);
    expect(record!.capabilities).toEqual(['aes-256-gcm']);
  });

  it('says why there is none', async () => {
    expect(await chosen()).toBe('no-certificate');
    await keep(issue({ use: 'sign' }), 'sign', -1);
    expect(await chosen()).toBe('no-certificate');
    await keep(issue({ notAfterMs: start + hour }), 'both', -1);
    nowMs = start + 2 * hour;
    expect(await chosen()).toBe('certificate-expired');
  });

  it('of a pair that came with one message is the one for encryption alone', async () => {
    const [both, encrypting] = [issue(), issue({ use: 'encrypt' })];
    await keep(both, 'both', -1);
    await keep(encrypting, 'encrypt', -1);
    expect(await chosen()).toBe(encrypting.certificate.sha256);
  });

  it('stays in use, pinned, while one of another authority waits', async () => {
    const [pinned, foreign] = [issue(), another.issue({ address, algorithm: 'rsa-2048', fresh: true })];
    await keep(pinned, 'both', -3);
    expect(await keep(foreign, 'both', -2)).toBe('pending');
    expect(await keep(foreign, 'both', -1)).toBe('known');
    expect(await chosen()).toBe(pinned.certificate.sha256);
    expect(await statusOf(foreign)).toBe('pending');
  });

  it('is that of another authority once somebody confirmed it, and of none twice', async () => {
    const [pinned, foreign] = [issue(), another.issue({ address, algorithm: 'rsa-2048', fresh: true })];
    await keep(pinned, 'both', -3);
    await keep(foreign, 'both', -2);
    const id = await idOf(foreign);
    expect(await certificates.confirm(made.store, id, 'the operator')).toBe(true);
    expect(await certificates.confirm(made.store, id, 'the operator')).toBe(false);
    expect(await chosen()).toBe(foreign.certificate.sha256);
    const history = await made.store.certificates.history(id);
    expect(history.map(({ status, source, note }) => [status, source, note])).toEqual([
      ['pending', 'message', 'change'],
      ['trusted', 'message', 'confirmed by the operator'],
    ]);
    const old = await made.store.certificates.history(await idOf(pinned));
    expect(old.map(({ status, note }) => [status, note])).toEqual([
      ['trusted', null],
      ['superseded', 'replaced'],
    ]);
  });

  it('never is one that ended while it waited', async () => {
    const foreign = makeTestCa().issue({
      address,
      algorithm: 'rsa-2048',
      fresh: true,
      notAfterMs: start + hour,
    });
    await keep(issue(), 'both', -3);
    await keep(foreign, 'both', -2);
    nowMs = start + 2 * hour;
    expect(await certificates.confirm(made.store, await idOf(foreign), 'the operator')).toBe(false);
  });

  it('is not that of an authority that only bears the name of the one that is known', async () => {
    const impostor = makeTestCa();
    expect(impostor.name.der).toEqual(ca.name.der);
    await keep(issue(), 'both', -3);
    const foreign = impostor.issue({ address, algorithm: 'rsa-2048', fresh: true });
    expect(await keep(foreign, 'both', -2, { issuer: impostor.certificate })).toBe('pending');
  });

  it('may be of any authority where it certifies the key that is known', async () => {
    const pinned = issue();
    await keep(pinned, 'both', -3);
    const other = makeTestCa().issue({ address, algorithm: 'rsa-2048', keys: pinned });
    expect(await keep(other, 'both', -2)).toBe('new');
  });

  it('is one that a signature of the certificate in use names', async () => {
    const pinned = issue();
    const foreign = another.issue({ address, algorithm: 'rsa-2048', fresh: true });
    await keep(pinned, 'both', -3);
    const vouchedBy = pinned.certificate.sha256;
    expect(await keep(foreign, 'both', -2, { vouchedBy })).toBe('replaced');
    expect(await chosen()).toBe(foreign.certificate.sha256);
  });

  it('is held against an ended one, too: time alone gives no authority the place of another', async () => {
    await keep(issue({ notAfterMs: start + hour }), 'both', -3);
    nowMs = start + 2 * hour;
    const foreign = another.issue({ address, algorithm: 'rsa-2048', fresh: true });
    expect(await keep(foreign, 'both', 1)).toBe('pending');
    expect(await chosen()).toBe('certificate-expired');
    expect(await keep(issue({ fresh: true }), 'both', 1.5)).toBe('replaced');
  });

  it('never is one of a revoked key, whoever certifies it anew', async () => {
    const pair = issue();
    await keep(pair, 'both', -3);
    await made.store.certificates.setStatus(await idOf(pair), 'revoked');
    expect(await keep(issue({ keys: pair }), 'both', -2)).toBe('pending');
    expect(await keep(issue({ fresh: true }), 'both', -1)).toBe('new');
  });

  it.each([
    ['change', 'accept', () => another.issue({ address, algorithm: 'rsa-2048', fresh: true }), 'replaced'],
    ['renewal', 'confirm', () => issue({ fresh: true }), 'pending'],
  ] as const)('follows the policy of the site: certificate_%s %s', async (name, value, make, outcome) => {
    await keep(issue(), 'both', -3);
    const policy = { change: 'confirm', renewal: 'accept', [name]: value } as const;
    certificates = new UserCertificates({ now: () => nowMs }, trustOf(trusted), () => policy);
    expect(await keep(make(), 'both', -2)).toBe(outcome);
  });

  it('stays beside one of another kind of key: RSA beside EC', async () => {
    const [rsa, ec] = [issue(), issue({ algorithm: 'ec-p256' })];
    await keep(rsa, 'both', -3, { capabilities: ['aes-256-gcm'] });
    await keep(ec, 'both', -2, { capabilities: ['aes-256-cbc'] });
    expect(await inUse()).toEqual(sha(rsa, ec));
    expect(await chosen()).toBe(rsa.certificate.sha256);
    await keep(ec, 'both', -1, { capabilities: ['aes-128-gcm'] });
    expect(await chosen()).toBe(ec.certificate.sha256);
  });

  it('is that of a directory only where nobody proved another', async () => {
    const [listed, signed] = [issue(), another.issue({ address, algorithm: 'rsa-2048', fresh: true })];
    expect(await keep(listed, 'both', undefined, { source: 'ldap' })).toBe('new');
    expect(await keep(signed, 'both', -1)).toBe('new');
    expect(await chosen()).toBe(signed.certificate.sha256);
    expect(await keep(listed, 'both', undefined, { source: 'ldap' })).toBe('older');
    expect(await chosen()).toBe(signed.certificate.sha256);
  });

  it('is put aside when its person left the last list and came back, until it is proved again', async () => {
    const pair = issue();
    await keep(pair, 'both', -3);
    const leftAt = nowMs + hour;
    nowMs += 2 * hour;
    await certificates.beginAnew(made.store, address, leftAt);
    expect(await chosen()).toBe('no-certificate');
    expect(await keep(pair, 'both', 0.5)).toBe('older');
    expect(await chosen()).toBe('no-certificate');
    nowMs += hour;
    expect(await keep(pair, 'both', 2.5)).toBe('new');
    expect(await chosen()).toBe(pair.certificate.sha256);
  });
});
