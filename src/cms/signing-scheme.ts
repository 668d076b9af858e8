import { constants, type KeyObject, sign } from 'node:crypto';
import { derNull } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { derAlgorithm } from './algorithm.ts';
import { type Digest, type DigestName, digestNamed } from './digest.ts';
import { CmsError } from './error.ts';
import { derPss } from './rsa-pss.ts';
import { mlDsaOids } from './signature-scheme.ts';

/** What one signer signs with. */
export interface SigningScheme {
  readonly digest: Digest;
  /** The signatureAlgorithm in DER. */
  readonly algorithm: Uint8Array;
  readonly sign: (data: Uint8Array) => Uint8Array;
}

const curveDigests: Readonly<Record<string, readonly [DigestName, string]>> = {
  prime256v1: ['sha256', oids.ecdsaWithSha256],
  secp384r1: ['sha384', oids.ecdsaWithSha384],
  secp521r1: ['sha512', oids.ecdsaWithSha512],
};

/**
 * Chooses how a private key signs: SHA-256 with RSA, the digest of the curve's size with ECDSA, RFC 8419 with Ed25519.
 *
 * @param rsaPadding RSA keys may be asked for PSS; keys bound to PSS use it always
 * @throws CmsError `cannot-sign-with`
 */
export function signingSchemeFor(
  privateKey: KeyObject,
  rsaPadding: 'pkcs1' | 'pss' = 'pkcs1',
): SigningScheme {
  const type = privateKey.asymmetricKeyType;
  if (type === 'rsa-pss' || (type === 'rsa' && rsaPadding === 'pss')) return signingPss(privateKey);
  if (type === 'rsa') {
    const digest = digestNamed('sha256');
    const key = { key: privateKey, padding: constants.RSA_PKCS1_PADDING };
    return {
      digest,
      algorithm: derAlgorithm(oids.rsaEncryption, derNull()),
      sign: (data) => sign(digest.hash, data, key),
    };
  }
  if (type === 'ed25519' || type === 'ed448') {
    const digest = digestNamed(type === 'ed25519' ? 'sha512' : 'shake256');
    return { digest, algorithm: derAlgorithm(oids[type]), sign: (data) => sign(null, data, privateKey) };
  }
  const mlDsa = mlDsaOids[type ?? ''];
  if (mlDsa !== undefined) {
    // RFC 9882 §3.3: SHA-512 goes with every parameter set.
    const digest = digestNamed('sha512');
    return { digest, algorithm: derAlgorithm(mlDsa), sign: (data) => sign(null, data, privateKey) };
  }
  const row = type === 'ec' ? curveDigests[privateKey.asymmetricKeyDetails?.namedCurve ?? ''] : undefined;
  if (row === undefined)
    throw new CmsError('cannot-sign-with', `a key of type ${type} makes no CMS signature`);
  const digest = digestNamed(row[0]);
  const key = { key: privateKey, dsaEncoding: 'der' } as const;
  return { digest, algorithm: derAlgorithm(row[1]), sign: (data) => sign(digest.hash, data, key) };
}

/** A key may be bound to a digest; RFC 4056 §2.2: the salt is as long as the digest. */
function signingPss(privateKey: KeyObject): SigningScheme {
  const { hashAlgorithm, mgf1HashAlgorithm } = privateKey.asymmetricKeyDetails ?? {};
  const digest = digestNamed((hashAlgorithm as DigestName | undefined) ?? 'sha256');
  const mgfDigest = digestNamed((mgf1HashAlgorithm as DigestName | undefined) ?? digest.name);
  const saltLength = digest.bytes;
  const key = { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  return {
    digest,
    algorithm: derPss({ digest, mgfDigest, saltLength }),
    sign: (data) => sign(digest.hash, data, key),
  };
}
