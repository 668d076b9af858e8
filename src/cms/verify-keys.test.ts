import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { type KeyPair, makeKeys, makeTestCa } from '../../test/kit/ca.ts';
import { type ForgedSigner, forgeSigned, parseAs } from '../../test/kit/forge-cms.ts';
import type { Certificate } from '../pki/certificate.ts';
import { derImplicit, derNull, derOctetString } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { derAlgorithm } from './algorithm.ts';
import { digestNamed } from './digest.ts';
import { derPss } from './rsa-pss.ts';
import { verifySignerInfo } from './verify.ts';

const content = Buffer.from('Content-Type: text/plain\r\n\r\nsigned\r\n');
const ca = makeTestCa();

function codeOf(forged: Omit<ForgedSigner, 'content'>): string | undefined {
  const signed = parseAs('signed', forgeSigned({ content, ...forged }));
  const verdict = verifySignerInfo(signed, signed.signerInfos[0]!, signed.eContent!);
  return verdict.status === 'bad' ? verdict.code : undefined;
}

it('tries no RSA key with an exponent of one, by which everybody can sign', () => {
  const { privateKey, publicKey } = makeKeys('rsa-2048');
  const { n } = publicKey.export({ format: 'jwk' });
  const keys: KeyPair = {
    privateKey,
    publicKey: createPublicKey({ key: { kty: 'RSA', n: n!, e: 'AQ' }, format: 'jwk' }),
  };
  expect(codeOf({ signer: ca.issue({ address: 'alice@example.org', keys }) })).toBe('unsupported-algorithm');
});

it('calls a signature bad that OpenSSL refuses by an exception, as with a key made for another digest', () => {
  const keys = generateKeyPairSync('rsa-pss', {
    modulusLength: 2048,
    hashAlgorithm: 'sha512',
    mgf1HashAlgorithm: 'sha512',
  });
  const signer = ca.issue({ address: 'alice@example.org', keys, use: 'sign' });
  const sha256 = digestNamed('sha256');
  const signatureAlgorithm = derPss({ digest: sha256, mgfDigest: sha256, saltLength: 32 });
  const forged = { signer, signatureAlgorithm, signature: Buffer.alloc(256, 1) };
  expect(codeOf(forged)).toBe('bad-signature');
});

it('tells of the certificate that the signature fits, rather than of another with the same key identifier', () => {
  const subjectKeyIdentifier = Buffer.from('the same for both');
  const extensions = { subjectKeyIdentifier };
  const short = { address: 'alice@example.org', extensions };
  // The longer certificate is the later in a set.
  const addresses = Array.from({ length: 20 }, (_, index) => `alice${index}@long.example.org`);
  const long = { addresses, extensions };
  const sid = derImplicit(0, derOctetString(subjectKeyIdentifier));
  const signatureAlgorithm = derAlgorithm(oids.rsaEncryption, derNull());
  for (const [fitting, unfit] of [
    [long, short],
    [short, long],
  ] as const) {
    const signer = ca.issue({ ...fitting, algorithm: 'rsa-1024' });
    const certificates = [ca.issue(unfit).certificate, signer.certificate];
    expect(codeOf({ signer, sid, certificates, signatureAlgorithm })).toBe('weak-algorithm');
  }
});

it('names the certificate that a bad signature was held against, and none where none was found', () => {
  const signer = ca.issue({ address: 'alice@example.org', algorithm: 'ec-p256' });
  const verdictOf = (certificates: readonly Certificate[]) => {
    const signed = parseAs(
      'signed',
      forgeSigned({ signer, content, certificates, signature: new Uint8Array(72) }),
    );
    return verifySignerInfo(signed, signed.signerInfos[0]!, content);
  };
  expect(verdictOf([signer.certificate])).toMatchObject({
    code: 'bad-signature',
    certificate: signer.certificate,
  });
  expect(verdictOf([])).toMatchObject({ code: 'certificate-missing' });
  expect(verdictOf([])).not.toHaveProperty('certificate');
});
