import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type KeyAlgorithm, makeKeys } from '../../test/kit/ca.ts';
import { hasProgram, requireProgram } from '../../test/kit/programs.ts';
import { makeAlgorithm } from './algorithm.ts';
import { derExplicit, derInteger, derNull, derOid, derSequence } from './der.ts';
import { PkiError } from './error.ts';
import { createRequest, keyIdentifierOf } from './issue.ts';
import { oids } from './oid.ts';
import { formatPem } from './pem.ts';
import { publicKeyFromSpki, readSpki, rsaBits } from './public-key.ts';
import { chooseSignature, hashOf, makeSignature, readSignatureScheme, verifySignature } from './signature.ts';
import { hashWeakness, keyWeakness, signatureWeakness, spkiOf } from './strength.ts';

const data = new TextEncoder().encode('data');

describe('a signature', () => {
  it.each<[KeyAlgorithm, boolean]>([
    ['rsa-2048', false],
    ['rsa-2048', true],
    ['rsa-pss-2048', false],
    ['ec-p256', false],
    ['ec-p384', false],
    ['ec-p521', false],
    ['ed25519', false],
    ['ed448', false],
  ])('by %s (PSS: %s) is good for its bytes and its key alone', (algorithm, pss) => {
    const { privateKey, publicKey } = makeKeys(algorithm);
    const chosen = chooseSignature(privateKey, { pss });
    const scheme = readSignatureScheme(chosen.algorithm);
    const signature = makeSignature(scheme, privateKey, data);
    expect(scheme).toEqual(chosen.scheme);
    expect(verifySignature(scheme, publicKey, data, signature)).toBe(true);
    expect(verifySignature(scheme, publicKey, Uint8Array.of(1), signature)).toBe(false);
    expect(verifySignature(scheme, publicKey, data, signature.subarray(1))).toBe(false);
    expect(verifySignature(scheme, publicKey, data, new Uint8Array())).toBe(false);
    expect(verifySignature(scheme, makeKeys('x25519').publicKey, data, signature)).toBe(false);
  });

  it('is made over the hash that suits the curve', () => {
    expect(chooseSignature(makeKeys('ec-p384').privateKey).scheme.hash).toBe('sha384');
    expect(chooseSignature(makeKeys('ec-p521').privateKey).scheme.hash).toBe('sha512');
    expect(chooseSignature(makeKeys('ec-p256').privateKey, { hash: 'sha512' }).scheme.hash).toBe('sha512');
  });

  it('cannot be made by a key for agreement', () => {
    expect(() => chooseSignature(makeKeys('x25519').privateKey)).toThrow(PkiError);
  });
});

describe('a signature algorithm', () => {
  const sha256 = makeAlgorithm(oids.sha256, 'null').raw;
  const mask = makeAlgorithm(oids.mgf1, sha256).raw;

  it.each([
    ['an unknown one', makeAlgorithm('1.2.3')],
    ['MD2', makeAlgorithm('1.2.840.113549.1.1.2', 'null')],
    ['Ed25519 with NULL', makeAlgorithm(oids.ed25519, 'null')],
    ['RSA with strange parameters', makeAlgorithm(oids.sha256WithRsa, derInteger(1))],
    ['PSS without parameters', makeAlgorithm(oids.rsassaPss)],
    [
      'PSS with another hash for the mask',
      makeAlgorithm(oids.rsassaPss, derSequence(derExplicit(0, sha256))),
    ],
    [
      'PSS with another mask',
      makeAlgorithm(oids.rsassaPss, derSequence(derExplicit(1, makeAlgorithm('1.2.3').raw))),
    ],
    [
      'PSS with a long salt',
      makeAlgorithm(
        oids.rsassaPss,
        derSequence(derExplicit(0, sha256), derExplicit(1, mask), derExplicit(2, derInteger(513))),
      ),
    ],
    [
      'PSS with another trailer',
      makeAlgorithm(
        oids.rsassaPss,
        derSequence(derExplicit(0, sha256), derExplicit(1, mask), derExplicit(3, derInteger(2))),
      ),
    ],
  ])('is not %s', (_what, algorithm) => {
    expect(() => readSignatureScheme(algorithm)).toThrowError(
      expect.objectContaining({ code: 'unsupported-algorithm' }),
    );
  });

  it('of PSS without members is what RFC 4055 says by default', () => {
    const scheme = readSignatureScheme(makeAlgorithm(oids.rsassaPss, derSequence()));
    expect(scheme).toEqual({ kind: 'rsa-pss', hash: 'sha1', saltLength: 20 });
  });

  it('may have NULL where nothing is asked for, as many write it', () => {
    expect(readSignatureScheme(makeAlgorithm(oids.ecdsaWithSha256, 'null')).hash).toBe('sha256');
    expect(readSignatureScheme(makeAlgorithm(oids.sha256WithRsa)).hash).toBe('sha256');
    expect(hashOf(makeAlgorithm(oids.sha512))).toBe('sha512');
    expect(() => hashOf(makeAlgorithm(oids.shake256))).toThrow(PkiError);
  });
});

describe('the strength', () => {
  it.each<[KeyAlgorithm, boolean, boolean]>([
    ['rsa-1024', false, true],
    ['rsa-2048', true, true],
    ['rsa-pss-2048', true, true],
    ['ec-p256', true, true],
    ['ec-p521', true, true],
    ['ed25519', true, true],
    ['x25519', true, true],
  ])('of %s', (algorithm, isStrong, isStrongEnoughForOldMail) => {
    const spki = spkiOf(makeKeys(algorithm).publicKey);
    expect(keyWeakness(spki) === undefined).toBe(isStrong);
    expect(keyWeakness(spki, true) === undefined).toBe(isStrongEnoughForOldMail);
  });

  it('of hashes', () => {
    expect(hashWeakness('sha256')).toBeUndefined();
    expect(hashWeakness(undefined)).toBeUndefined();
    expect(hashWeakness('sha1')).toBe('signatures over SHA-1 are not accepted');
    expect(hashWeakness('md5')).toBe('signatures over MD5 are not accepted');
    expect(hashWeakness('sha1', true)).toBeUndefined();
    const spki = spkiOf(makeKeys('rsa-1024').publicKey);
    expect(signatureWeakness({ kind: 'rsa-pkcs1', hash: 'sha256' }, spki)).toContain('1024 bits');
  });

  it('of a curve that is not named is none', () => {
    const algorithm = derSequence(derOid(oids.ecPublicKey), derSequence(derInteger(1)));
    expect(keyWeakness(derSequence(algorithm, Uint8Array.of(3, 2, 0, 4)))).toContain('curve');
    const secp256k1 = derSequence(derOid(oids.ecPublicKey), derOid('1.3.132.0.10'));
    expect(keyWeakness(derSequence(secp256k1, Uint8Array.of(3, 2, 0, 4)))).toContain('curve');
  });
});

describe('a public key', () => {
  it('tells the bits of an RSA modulus', () => {
    expect(rsaBits(readSpki(spkiOf(makeKeys('rsa-2048').publicKey)))).toBe(2048);
    expect(rsaBits(readSpki(spkiOf(makeKeys('ec-p256').publicKey)))).toBeUndefined();
  });

  it('is refused where it is none, or too large', () => {
    expect(() => publicKeyFromSpki(derNull())).toThrow(PkiError);
    expect(() => publicKeyFromSpki(new Uint8Array(4097))).toThrow(PkiError);
    expect(() => readSpki(derSequence(derNull()))).toThrow(PkiError);
  });
});

describe.skipIf(!hasProgram('openssl'))('a certification request', () => {
  it.each<KeyAlgorithm>([
    'rsa-2048',
    'ec-p256',
    'ed25519',
  ])('with a key %s is read and verified by openssl', (algorithm) => {
    const { privateKey, publicKey } = makeKeys(algorithm);
    const request = createRequest({
      subject: 'CN=lists.example.org,O=Example',
      publicKey,
      signingKey: privateKey,
      extensions: {
        subjectAltName: [{ rfc822Name: 'list@example.org' }],
        subjectKeyIdentifier: keyIdentifierOf(publicKey),
      },
    });
    const text = execFileSync(requireProgram('openssl'), ['req', '-noout', '-verify', '-text'], {
      input: formatPem('CERTIFICATE REQUEST', request),
      encoding: 'utf8',
    });
    expect(text).toContain('email:list@example.org');
    expect(text).toContain('CN = lists.example.org');
  });

  it('may ask for nothing', () => {
    const { privateKey, publicKey } = makeKeys('ec-p256');
    const request = createRequest({ subject: 'CN=x', publicKey, signingKey: privateKey });
    const input = formatPem('CERTIFICATE REQUEST', request);
    expect(
      execFileSync(requireProgram('openssl'), ['req', '-noout', '-subject'], { input, encoding: 'utf8' }),
    ).toContain('CN = x');
  });
});
