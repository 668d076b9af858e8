import { generateKeyPairSync, sign } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeTestCa, type TestCa, type TestIdentity } from '../../test/kit/ca.ts';
import {
  type ForgedSigner,
  forgeSigned,
  forgeSignedBy,
  honestAttributes,
  parseAs,
} from '../../test/kit/forge-cms.ts';
import {
  derBoolean,
  derContext,
  derImplicit,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derSetOf,
  derTime,
} from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { derAlgorithm } from './algorithm.ts';
import { derAlgorithmProtection } from './algorithm-protection.ts';
import { derAttribute } from './attribute.ts';
import { derDigestAlgorithm, digestNamed } from './digest.ts';
import type { SignerMathVerdict } from './signer-verdict.ts';
import { derSigningCertificateV2 } from './signing-certificate.ts';
import { type VerifyOptions, verifySignerInfo } from './verify.ts';

const content = Buffer.from('Content-Type: text/plain\r\n\r\nsigned\r\n');
const atMs = Date.UTC(2026, 0, 2);

let ca: TestCa;
let alice: TestIdentity;
let eve: TestIdentity;
beforeAll(() => {
  ca = makeTestCa();
  alice = ca.issue({ address: 'alice@example.org', algorithm: 'ec-p256' });
  eve = ca.issue({ address: 'eve@example.org', algorithm: 'ec-p256' });
});

function verdictOf(forged: Partial<ForgedSigner>, options: VerifyOptions = {}): SignerMathVerdict {
  const signed = parseAs('signed', forgeSigned({ signer: alice, content, ...forged }));
  return verifySignerInfo(signed, signed.signerInfos[0]!, signed.eContent!, options);
}

const sha256 = derDigestAlgorithm(digestNamed('sha256'));
const ecdsaSha256 = derAlgorithm(oids.ecdsaWithSha256);

describe('the verdict on one signer', () => {
  it('is good for an honest signature, and tells what the signer says', () => {
    expect(verdictOf({ more: [derAttribute(oids.signingTime, derTime(atMs))] })).toMatchObject({
      status: 'good',
      signatureAlgorithm: 'ecdsa-sha256',
      digestAlgorithm: 'sha256',
      signingTimeMs: atMs,
      certificate: alice.certificate,
    });
  });

  it('reads capabilities and the preferred key of a good signature', () => {
    const capabilities = derSequence(
      derSequence(derOid(oids.aes256Gcm)),
      derSequence(derOid(oids.rc2Cbc), derInteger(128)),
    );
    const preference = derImplicit(2, derOctetString(Uint8Array.of(1, 2, 3)));
    expect(
      verdictOf({
        more: [
          derAttribute(oids.smimeCapabilities, capabilities),
          derAttribute(oids.encryptionKeyPreference, preference),
        ],
      }),
    ).toMatchObject({
      status: 'good',
      capabilities: [{ oid: oids.aes256Gcm, parameters: undefined }, { oid: oids.rc2Cbc }],
      encryptionKeyPreference: { type: 'subjectKeyIdentifier' },
    });
  });

  it('is bad when the content was changed', () => {
    const signed = parseAs('signed', forgeSigned({ signer: alice, content }));
    const changed = Buffer.concat([content, Buffer.from('!')]);
    expect(verifySignerInfo(signed, signed.signerInfos[0]!, changed)).toMatchObject({
      status: 'bad',
      code: 'digest-mismatch',
    });
  });

  it('is bad when the signature was changed, cut or left empty', () => {
    for (const signature of [
      Uint8Array.of(),
      Uint8Array.of(0x30, 0),
      new Uint8Array(72),
      new Uint8Array(5000),
    ]) {
      expect(verdictOf({ signature })).toMatchObject({ status: 'bad', code: 'bad-signature' });
    }
  });

  it('is bad without signed attributes', () => {
    expect(verdictOf({ attributes: 'none' })).toMatchObject({ status: 'bad', code: 'no-signed-attributes' });
  });

  it.each([
    ['no contentType', (all: Uint8Array[]) => [all[1]!]],
    ['no messageDigest', (all: Uint8Array[]) => [all[0]!]],
    ['contentType twice', (all: Uint8Array[]) => [all[0]!, ...all]],
    ['messageDigest twice', (all: Uint8Array[]) => [...all, all[1]!]],
    [
      'two values in messageDigest',
      (all: Uint8Array[]) => [all[0]!, twoValues(oids.messageDigest, derOctetString(Uint8Array.of(1)))],
    ],
    [
      'no value in contentType',
      (all: Uint8Array[]) => [derSequence(derOid(oids.contentType), derSet()), all[1]!],
    ],
    ['signingTime twice', (all: Uint8Array[]) => [...all, signingTime(), signingTime(1)]],
    [
      'two values in signingTime',
      (all: Uint8Array[]) => [...all, twoValues(oids.signingTime, derTime(atMs))],
    ],
    [
      'a signingTime that is no time',
      (all: Uint8Array[]) => [...all, derAttribute(oids.signingTime, derBoolean(true))],
    ],
    ['cmsAlgorithmProtection twice', (all: Uint8Array[]) => [...all, protection(), protection(oids.sha384)]],
    [
      'SMIMECapabilities twice',
      (all: Uint8Array[]) => [...all, capabilities(oids.aes256Cbc), capabilities(oids.desEde3Cbc)],
    ],
    ['an attribute that is not one', (all: Uint8Array[]) => [...all, derInteger(1)]],
    ['no attribute at all', () => []],
  ])('is bad with %s', (_name, change) => {
    const attributes = change(honestAttributes({ content }));
    expect(verdictOf({ attributes })).toMatchObject({ status: 'bad', code: 'malformed-attributes' });
  });

  const signingTime = (later = 0) => derAttribute(oids.signingTime, derTime(atMs + later * 1000));
  const capabilities = (oid: string) =>
    derAttribute(oids.smimeCapabilities, derSequence(derSequence(derOid(oid))));
  const protection = (oid: string = oids.sha256) =>
    derAttribute(oids.cmsAlgorithmProtection, derAlgorithmProtection(derAlgorithm(oid), ecdsaSha256));
  const twoValues = (type: string, value: Uint8Array) => derSequence(derOid(type), derSet(value, value));

  it('is bad when an attribute that must be signed stands unsigned', () => {
    expect(verdictOf({ unsigned: [signingTime()] })).toMatchObject({
      status: 'bad',
      code: 'malformed-attributes',
    });
  });

  it('ignores attributes that it does not know, signed and unsigned', () => {
    const unknown = derAttribute('1.3.6.1.4.1.99999.1', derNull());
    expect(verdictOf({ more: [unknown, unknown], unsigned: [unknown] })).toMatchObject({ status: 'good' });
  });

  it('wants signed attributes in DER, and digests them in DER order whatever order they came in', () => {
    const all = honestAttributes({ content });
    const inOrder = derSetOf(...all);
    const reversed = [inOrder.subarray(2, 2 + 26), inOrder.subarray(28)].reverse();
    const outOfOrder = derContext(0, Buffer.concat(reversed), true);
    expect(verdictOf({ sentAttributes: outOfOrder })).toMatchObject({ status: 'good' });
    const indefinite = Buffer.concat([Uint8Array.of(0xa0, 0x80), inOrder.subarray(2), Uint8Array.of(0, 0)]);
    expect(verdictOf({ sentAttributes: indefinite })).toMatchObject({
      status: 'bad',
      code: 'malformed-attributes',
    });
  });

  it('is bad when contentType names another type', () => {
    const attributes = honestAttributes({ content, eContentType: oids.envelopedData });
    expect(verdictOf({ attributes })).toMatchObject({ status: 'bad', code: 'content-type-mismatch' });
  });

  it('refuses signed attributes presented as content, and content that could be signed attributes', () => {
    const asContent = derSetOf(...honestAttributes({ content }));
    expect(verdictOf({ content: asContent, attributes: 'none' })).toMatchObject({
      status: 'bad',
      code: 'no-signed-attributes',
    });
    expect(verdictOf({ content: asContent })).toMatchObject({ status: 'bad', code: 'ambiguous-content' });
  });

  it('is bad when cmsAlgorithmProtection names other algorithms, and lets NULL stand for absent parameters', () => {
    const withAlgorithms = (digest: Uint8Array, signature: Uint8Array) =>
      verdictOf({
        more: [derAttribute(oids.cmsAlgorithmProtection, derAlgorithmProtection(digest, signature))],
      });
    expect(withAlgorithms(sha256, ecdsaSha256)).toMatchObject({ status: 'good' });
    expect(withAlgorithms(derAlgorithm(oids.sha256, derNull()), ecdsaSha256)).toMatchObject({
      status: 'good',
    });
    expect(withAlgorithms(derAlgorithm(oids.sha512), ecdsaSha256)).toMatchObject({
      code: 'algorithm-mismatch',
    });
    expect(withAlgorithms(sha256, derAlgorithm(oids.ecdsaWithSha384))).toMatchObject({
      code: 'algorithm-mismatch',
    });
  });

  it('is bad when the signature algorithm goes with another digest or another kind of key', () => {
    expect(verdictOf({ signatureAlgorithm: derAlgorithm(oids.ecdsaWithSha512) })).toMatchObject({
      code: 'algorithm-mismatch',
    });
    expect(verdictOf({ signatureAlgorithm: derAlgorithm(oids.rsaEncryption, derNull()) })).toMatchObject({
      code: 'algorithm-mismatch',
    });
  });

  it('reports algorithms that it does not know', () => {
    expect(verdictOf({ signatureAlgorithm: derAlgorithm('1.2.3.4') })).toMatchObject({
      code: 'unsupported-algorithm',
      signatureAlgorithm: '1.2.3.4',
    });
    expect(verdictOf({ digestAlgorithm: derAlgorithm('1.2.840.113549.2.4') })).toMatchObject({
      code: 'unsupported-algorithm',
      digestAlgorithm: '1.2.840.113549.2.4',
    });
  });

  it('is bad when the signing-certificate attribute names another certificate', () => {
    const naming = (identity: TestIdentity) => ({
      more: [derAttribute(oids.signingCertificateV2, derSigningCertificateV2(identity.certificate))],
    });
    expect(verdictOf(naming(alice))).toMatchObject({ status: 'good' });
    expect(verdictOf(naming(eve))).toMatchObject({ status: 'bad', code: 'signing-certificate-mismatch' });
  });

  it('picks the named certificate among several with one key identifier', () => {
    const again = ca.issue({ address: 'alice@example.org', keys: alice });
    const sid = derImplicit(0, derOctetString(alice.certificate.subjectKeyIdentifier!));
    const more = [derAttribute(oids.signingCertificateV2, derSigningCertificateV2(again.certificate))];
    for (const certificates of [
      [alice.certificate, again.certificate],
      [again.certificate, alice.certificate],
    ]) {
      expect(verdictOf({ sid, more, certificates })).toMatchObject({
        status: 'good',
        certificate: again.certificate,
      });
    }
  });

  it('tries every certificate that shares a key identifier', () => {
    const keyIdentifier = alice.certificate.subjectKeyIdentifier!;
    const twin = ca.issue({
      address: 'mallory@example.org',
      algorithm: 'ec-p256',
      extensions: { subjectKeyIdentifier: keyIdentifier },
    });
    const sid = derImplicit(0, derOctetString(keyIdentifier));
    for (const certificates of [
      [alice.certificate, twin.certificate],
      [twin.certificate, alice.certificate],
    ]) {
      expect(verdictOf({ sid, certificates })).toMatchObject({
        status: 'good',
        certificate: alice.certificate,
      });
    }
  });

  it('says when the certificate is missing, and takes one that is known from elsewhere', () => {
    expect(verdictOf({ certificates: [] })).toMatchObject({ status: 'bad', code: 'certificate-missing' });
    expect(verdictOf({ certificates: [] }, { certificates: [alice.certificate] })).toMatchObject({
      status: 'good',
    });
    expect(verdictOf({ certificates: [] }, { certificates: [eve.certificate] })).toMatchObject({
      code: 'certificate-missing',
    });
  });

  it('calls short RSA keys weak where old algorithms were not asked for', () => {
    const signer = ca.issue({ address: 'short@example.org', algorithm: 'rsa-1024' });
    expect(verdictOf({ signer })).toMatchObject({ status: 'bad', code: 'weak-algorithm' });
    expect(verdictOf({ signer }, { legacy: true })).toMatchObject({ status: 'good' });
  });

  it('judges each signer of several for itself', () => {
    const der = forgeSignedBy([
      { signer: alice, content },
      { signer: eve, content, signature: new Uint8Array(8) },
    ]);
    const signed = parseAs('signed', der);
    expect(signed.signerInfos.map((info) => verifySignerInfo(signed, info, content).status).sort()).toEqual([
      'bad',
      'good',
    ]);
  });

  it.each(['ed25519', 'ed448'] as const)('verifies %s with its digest and no other', (algorithm) => {
    const signer = ca.issue({ address: 'ed@example.org', algorithm });
    const digest = algorithm === 'ed25519' ? 'sha512' : 'shake256';
    expect(verdictOf({ signer, digest })).toMatchObject({ status: 'good', signatureAlgorithm: algorithm });
    expect(verdictOf({ signer, digest: 'sha256' })).toMatchObject({
      status: 'bad',
      code: 'algorithm-mismatch',
    });
  });

  it('verifies ML-DSA with a digest that is strong enough', () => {
    const keys = generateKeyPairSync('ml-dsa-65');
    expect(sign(null, content, keys.privateKey).length).toBe(3309);
    const signer = ca.issue({ address: 'pq@example.org', keys });
    expect(verdictOf({ signer, digest: 'sha512' })).toMatchObject({
      status: 'good',
      signatureAlgorithm: 'ml-dsa-65',
    });
    expect(verdictOf({ signer, digest: 'sha256' })).toMatchObject({
      status: 'bad',
      code: 'algorithm-mismatch',
    });
  });
});
