import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
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
  beforeEach(async () => {
    nowMs = start;
    const clock = { now: () => nowMs };
    made = await makeFolderSite([], clock);
    certificates = new UserCertificates(clock);
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
    const choice = (await certificates.chooseForEncryption(made.store, [address])).get(address);
    return choice?.status === 'found' ? choice.certificate.sha256 : choice?.code;
  }

  async function idOf(pair: TestIdentity): Promise<string> {
    const records = await made.store.certificates.ofAddress(address);
    return records.find((one) => one.sha256 === pair.certificate.sha256)!.id;
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
    expect(await keep(long, 'both', -2)).toBe('new');
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
    expect(await keep(harvested, 'both', 1)).toBe('new');
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
});
