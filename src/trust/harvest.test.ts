import { describe, expect, it } from 'vitest';
import { makeKeys, makeTestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import { message, signed, textEntity } from '../../test/kit/mail.ts';
import type { Certificate } from '../pki/certificate.ts';
import { openMessage } from '../smime/open-message.ts';
import { harvestOf } from './harvest.ts';

const address = 'alice@example.org';
const ca = makeTestCa();
const other = makeTestCa({ name: 'Other CA' });
const trust = {
  trustAnchors: [ca.certificate, other.certificate],
  untrusted: [],
  crls: [],
  crlCheck: 'present',
} as const;

function harvest(pair: TestIdentity, bag: readonly Certificate[], more: object = {}) {
  const entity = signed(textEntity('Hello\r\n'), { ...pair, ...more }, { atMs: ca.nowMs, chain: bag });
  const raw = message({ from: address, to: 'board@example.org' }, entity);
  const opened = openMessage(raw, { identities: [], lockedCertificates: [], trust, atMs: ca.nowMs });
  return harvestOf(opened, trust, ca.nowMs);
}

const sha = (certificates: readonly { readonly certificate: Certificate }[]) =>
  certificates.map(({ certificate }) => certificate.sha256);

describe('what is taken from a message', () => {
  const signing = ca.issue({ address, use: 'sign', algorithm: 'ec-p256' });
  const encrypting = (by = ca, of = address) =>
    by.issue({ address: of, use: 'encrypt', algorithm: 'rsa-2048' }).certificate;

  it('is the certificate of the signer with the authority that made it, and the one for encryption beside it', () => {
    const beside = encrypting();
    const { certificates } = harvest(signing, [beside]);
    expect(sha(certificates)).toEqual([signing.certificate.sha256, beside.sha256]);
    expect(certificates.map(({ issuer }) => issuer?.sha256)).toEqual(Array(2).fill(ca.certificate.sha256));
    expect(certificates.map(({ vouchedBy }) => vouchedBy)).toEqual([undefined, undefined]);
  });

  it('brings the authorities of the valid path with it, and no other of the message', () => {
    const sub = ca.subCa({ name: 'Sub' });
    const pair = sub.issue({ address, algorithm: 'rsa-2048' });
    const { certificates } = harvest(pair, [sub.certificate, other.subCa({ name: 'Stray' }).certificate]);
    expect(certificates.map(({ authorities }) => authorities?.map(({ sha256 }) => sha256))).toEqual([
      [sub.certificate.sha256, ca.certificate.sha256],
    ]);
  });

  it('is vouched for by the signer where the signature names it', () => {
    const [named, stuffed] = [encrypting(other), encrypting()];
    const { certificates } = harvest(signing, [stuffed], { encryptionCertificate: named });
    expect(sha(certificates)).toEqual([signing.certificate.sha256, named.sha256]);
    expect(certificates[1]!.vouchedBy).toBe(signing.certificate.sha256);
  });

  it.each([
    ['of-another-address', () => encrypting(ca, 'mallory@example.org')],
    ['without-path', () => encrypting(makeTestCa())],
    ['not-for-encryption', () => ca.issue({ address, use: 'sign', algorithm: 'ec-p256' }).certificate],
  ])('is not what the signature names wrongly: %s', (fault, make) => {
    const { certificates, preferenceFault } = harvest(signing, [], { encryptionCertificate: make() });
    expect(sha(certificates)).toEqual([signing.certificate.sha256]);
    expect(preferenceFault).toBe(fault);
  });

  it('is none of others, however many lie in the message', () => {
    const bag = Array.from({ length: 90 }, (_, i) => encrypting(ca, `user${i}@example.org`));
    const begun = cpuNow();
    expect(sha(harvest(signing, bag).certificates)).toEqual([signing.certificate.sha256]);
    expect(cpuNow() - begun).toBeLessThan(2_000);
  });

  it.each([
    ['ten thousand certificates', () => Array<Certificate>(10_000).fill(encrypting())],
    [
      'a name for each of a thousand people',
      () => [
        ca.issue({
          addresses: [address, ...Array.from({ length: 1_000 }, (_, i) => `user${i}@example.org`)],
          keys: makeKeys('rsa-2048'),
          use: 'encrypt',
        }).certificate,
      ],
    ],
  ])('is nothing that takes long: %s', (_what, make) => {
    const bag = make();
    const begun = cpuNow();
    const { certificates } = harvest(signing, bag);
    expect(cpuNow() - begun).toBeLessThan(5_000);
    for (const { certificate } of certificates)
      expect([signing.certificate.sha256, ...bag.map(({ sha256 }) => sha256)]).toContain(certificate.sha256);
    expect(certificates.length).toBeLessThanOrEqual(2);
  });
});
