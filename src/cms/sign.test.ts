import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type KeyAlgorithm, makeTestCa, type TestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { parseAs } from '../../test/kit/forge-cms.ts';
import { readAsn1 } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { attributesToDigest, readAttributes } from './attribute.ts';
import { capabilityNames } from './capability.ts';
import { findPreferredCertificate } from './encryption-key-preference.ts';
import { formatCertsOnly, signContent, signingDigests } from './sign.ts';
import { verifySignerInfo } from './verify.ts';

const content = Buffer.from('Content-Type: text/plain\r\n\r\ntext\r\n');
let ca: TestCa;
let subCa: TestCa;
let alice: TestIdentity;
beforeAll(() => {
  ca = makeTestCa();
  subCa = ca.subCa({});
  alice = subCa.issue({ address: 'alice@example.org' });
});

function signerOf({ certificate, privateKey }: TestIdentity) {
  return { certificate, privateKey, chain: subCa.chain };
}

describe('signing', () => {
  it('is proved by verifying, for any content', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, detached) => {
        fc.pre(bytes[0] !== 0x31);
        const der = signContent({ content: bytes, detached, signer: signerOf(alice), atMs: ca.nowMs });
        const signed = parseAs('signed', der);
        expect(signed.eContent === undefined).toBe(detached);
        expect(verifySignerInfo(signed, signed.signerInfos[0]!, bytes)).toMatchObject({ status: 'good' });
      }),
      { numRuns: 40 },
    );
  });

  it.each<[KeyAlgorithm, string, string]>([
    ['rsa-2048', 'rsa-pkcs1-sha256', 'sha256'],
    ['rsa-pss-2048', 'rsa-pss-sha256', 'sha256'],
    ['ec-p256', 'ecdsa-sha256', 'sha256'],
    ['ec-p384', 'ecdsa-sha384', 'sha384'],
    ['ec-p521', 'ecdsa-sha512', 'sha512'],
    ['ed25519', 'ed25519', 'sha512'],
    ['ed448', 'ed448', 'shake256'],
  ])('signs with %s as %s', (algorithm, signatureAlgorithm, digestAlgorithm) => {
    const identity = subCa.issue({ address: 'x@example.org', algorithm });
    const signed = parseAs(
      'signed',
      signContent({ content, detached: false, signer: signerOf(identity), atMs: ca.nowMs }),
    );
    const verdict = verifySignerInfo(signed, signed.signerInfos[0]!, content);
    expect(verdict).toMatchObject({ status: 'good', signatureAlgorithm, digestAlgorithm });
    expect(signingDigests(signerOf(identity))).toEqual([digestAlgorithm]);
  });

  it('writes DER with every signed attribute that S/MIME asks for', () => {
    const der = signContent({
      content,
      detached: true,
      signer: signerOf(alice),
      atMs: Date.UTC(2026, 5, 1, 12),
    });
    readAsn1(der, { strict: true });
    const signed = parseAs('signed', der);
    const [info] = signed.signerInfos;
    const attributes = readAttributes(readAsn1(attributesToDigest(info!.signedAttrs!.raw)!));
    expect(attributes.map(({ type }) => type).sort()).toEqual(
      [
        oids.contentType,
        oids.messageDigest,
        oids.signingTime,
        oids.smimeCapabilities,
        oids.encryptionKeyPreference,
        oids.signingCertificateV2,
        oids.cmsAlgorithmProtection,
      ].sort(),
    );
    const verdict = verifySignerInfo(signed, info!, content);
    expect(verdict).toMatchObject({ status: 'good', signingTimeMs: Date.UTC(2026, 5, 1, 12) });
    if (verdict.status !== 'good') return;
    expect(capabilityNames(verdict.capabilities!)[0]).toBe('aes-256-gcm');
    expect(findPreferredCertificate(verdict.encryptionKeyPreference!, signed.certificates)?.sha256).toBe(
      alice.certificate.sha256,
    );
  });

  it('sends the issuers of the certificate, without the root', () => {
    const signed = parseAs(
      'signed',
      signContent({ content, detached: true, signer: signerOf(alice), atMs: ca.nowMs }),
    );
    expect(signed.certificates.map(({ sha256 }) => sha256).sort()).toEqual(
      [alice.certificate.sha256, subCa.certificate.sha256].sort(),
    );
  });

  it('prefers and sends the certificate to encrypt to where it is another one, and none where the key only signs', () => {
    const signing = subCa.issue({ address: 'bob@example.org', algorithm: 'ed25519', use: 'sign' });
    const encrypting = subCa.issue({ address: 'bob@example.org', algorithm: 'x25519', use: 'encrypt' });
    const preferenceOf = (encryptionCertificate?: TestIdentity) => {
      const signer = {
        ...signerOf(signing),
        ...(encryptionCertificate && { encryptionCertificate: encryptionCertificate.certificate }),
      };
      const signed = parseAs('signed', signContent({ content, detached: true, signer, atMs: ca.nowMs }));
      const verdict = verifySignerInfo(signed, signed.signerInfos[0]!, content);
      if (verdict.status !== 'good') throw new Error(verdict.code);
      const { encryptionKeyPreference: preference } = verdict;
      return preference && findPreferredCertificate(preference, signed.certificates)?.sha256;
    };
    expect(preferenceOf(encrypting)).toBe(encrypting.certificate.sha256);
    expect(preferenceOf()).toBeUndefined();
  });

  it('signs by several keys at once, each with its own digest and name', () => {
    const others = (['ec-p384', 'ed25519'] as const).map((algorithm) =>
      subCa.issue({ address: `${algorithm}@example.org`, algorithm }),
    );
    const signers = [alice, ...others].map(signerOf);
    const signed = parseAs(
      'signed',
      signContent({ content, detached: true, signer: signers, atMs: ca.nowMs }),
    );
    expect(signed.signerInfos).toHaveLength(3);
    const verdicts = signed.signerInfos.map((info) => verifySignerInfo(signed, info, content));
    expect(verdicts.map(({ status }) => status)).toEqual(['good', 'good', 'good']);
    const names = verdicts.map((verdict) => verdict.status === 'good' && verdict.certificate.sha256);
    expect(new Set(names)).toEqual(new Set(signers.map(({ certificate }) => certificate.sha256)));
    expect([...signingDigests(signers)].sort()).toEqual(['sha256', 'sha384', 'sha512']);
    // Two RSA keys name their digest once, and the chain that they share is sent once.
    const twice = signContent({
      content,
      detached: true,
      signer: [alice, subCa.issue({ address: 'x@example.org' })].map(signerOf),
      atMs: ca.nowMs,
    });
    const { digestAlgorithms, certificates } = parseAs('signed', twice);
    expect(digestAlgorithms).toHaveLength(1);
    expect(certificates).toHaveLength(3);
    expect(() => signContent({ content, detached: true, signer: [], atMs: 0 })).toThrow(
      expect.objectContaining({ code: 'cannot-sign-with' }),
    );
  });

  it('signs and verifies with ML-DSA', () => {
    const identity = subCa.issue({ address: 'pq@example.org', keys: generateKeyPairSync('ml-dsa-44') });
    const signed = parseAs(
      'signed',
      signContent({ content, detached: true, signer: signerOf(identity), atMs: ca.nowMs }),
    );
    expect(verifySignerInfo(signed, signed.signerInfos[0]!, content)).toMatchObject({
      status: 'good',
      signatureAlgorithm: 'ml-dsa-44',
    });
  });

  it("refuses a key that is not the certificate's, and one that cannot sign", () => {
    const other = subCa.issue({ address: 'other@example.org', algorithm: 'ec-p256' });
    const agreeing = subCa.issue({ address: 'x@example.org', algorithm: 'x25519', use: 'encrypt' });
    const sign = (signer: ReturnType<typeof signerOf>) => () =>
      signContent({ content, detached: true, signer, atMs: ca.nowMs });
    expect(sign({ ...signerOf(alice), privateKey: other.privateKey })).toThrow(
      expect.objectContaining({ code: 'key-mismatch' }),
    );
    expect(sign(signerOf(agreeing))).toThrow(expect.objectContaining({ code: 'cannot-sign-with' }));
  });
});

describe('certificates alone', () => {
  it('come back as they were', () => {
    const all = [alice.certificate, subCa.certificate, ca.certificate];
    const signed = parseAs('signed', formatCertsOnly(all));
    expect(signed).toMatchObject({ eContent: undefined, signerInfos: [], unreadable: 0 });
    expect(signed.certificates.map(({ sha256 }) => sha256).sort()).toEqual(
      all.map(({ sha256 }) => sha256).sort(),
    );
  });
});
