import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEngines, startOfTest } from '../../test/kit/engines.ts';
import type { CertificateRecord } from './certificates.ts';
import type { Store } from './store.ts';

const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
let made = 0;
const fresh = (name: string) => `${name}-${String(++made).padStart(4, '0')}`;

describeOnEngines('certificates', (kit) => {
  let store: Store;
  beforeAll(async () => {
    store = await kit.open();
  });
  beforeEach(() => {
    kit.clock.at = startOfTest;
  });

  it('of one address and digest are one, which keeps its id and when it was first seen', async () => {
    const address = `${fresh('bob')}@example.org`;
    const { certificates } = store;
    await certificates.upsert(certificateOf(address, 'aa'));
    const [first] = await certificates.ofAddress(address);
    const changed = certificateOf(address, 'aa', { usage: 'sign', firstSeen: 9, capabilities: null });
    await certificates.upsert(changed);
    await certificates.upsert(certificateOf(address, 'bb'));
    const kept = { ...changed, id: first!.id, firstSeen: 3, narrow: false, needsPath: false };
    expect(await certificates.get(first!.id)).toEqual(kept);
    await certificates.upsert({ ...changed, narrow: true, needsPath: true });
    expect(await certificates.get(first!.id)).toEqual({ ...kept, narrow: true, needsPath: true });
    expect(await certificates.ofAddress(address)).toHaveLength(2);
    await expect(certificates.get('unknown')).rejects.toMatchObject({ code: 'no-such-certificate' });
  });

  it('are found by address, by many addresses, by status and by their end', async () => {
    const addresses = Array.from({ length: 3 }, () => `${fresh('carol')}@example.org`);
    const { certificates } = store;
    for (const address of addresses)
      await certificates.upsert(certificateOf(address, 'cc', { notAfter: 77 }));
    const [first] = await certificates.ofAddress(addresses[0]!);
    kit.clock.at += 5;
    await certificates.setStatus(first!.id, 'revoked', 'by the CRL');
    const revoked = { status: 'revoked', note: 'by the CRL', updatedAt: kit.clock.at };
    expect(await certificates.list({ address: addresses[0]!, status: 'revoked' })).toMatchObject([revoked]);
    const many = [...addresses, ...Array.from({ length: 1_200 }, (_, i) => `none${i}@example.org`)];
    expect(await certificates.ofAddresses(many)).toHaveLength(3);
    const ending = (await certificates.expiring(78)).filter((one) => one.sha256 === 'cc');
    expect(ending.map((one) => one.address)).toEqual(addresses.slice(1));
    expect((await certificates.expiring(77)).filter((one) => one.sha256 === 'cc')).toEqual([]);
    expect(await certificates.count()).toBe((await certificates.list()).length);
  });
});

function certificateOf(address: string, sha256: string, more: Partial<CertificateRecord> = {}) {
  const use = { usage: 'both', source: 'message', status: 'trusted', capabilities: ['aes-256-gcm'] } as const;
  const times = { notBefore: 1, notAfter: 2, signingTime: null, firstSeen: 3, updatedAt: 3 };
  return {
    address,
    sha256,
    issuer: 'CN=CA',
    serial: '0a',
    ...use,
    ...times,
    der: everyByte,
    note: null,
    ...more,
  };
}
