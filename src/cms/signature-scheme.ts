import { type KeyObject, verify } from 'node:crypto';
import type { AlgorithmIdentifier } from '../pki/algorithm.ts';
import { oids } from '../pki/oid.ts';
import { isAbsentOrNull } from './algorithm.ts';
import type { Digest, DigestName } from './digest.ts';
import { readPssParameters, verifyPss } from './rsa-pss.ts';
import type { SignerCode } from './signer-verdict.ts';

/** A signature algorithm with the parameters of one signer. */
export interface SignatureScheme {
  /** `rsa-pkcs1-sha256` and the like. */
  readonly name: string;
  readonly verify: (data: Uint8Array, publicKey: KeyObject, signature: Uint8Array) => boolean;
  /** Type of the keys in node:crypto that it takes. */
  readonly keyTypes: readonly string[];
  /** The digest that the signature rests on. */
  readonly digest: Digest;
}

/** A row of the table of algorithms: what stands behind one object identifier. */
interface Row {
  readonly kind: 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa' | 'dsa' | 'pure';
  /** The digest that the identifier itself names. */
  readonly digest?: DigestName;
  /** Of a pure algorithm: name, key type, digests of the content that it may go with. */
  readonly name?: string;
  readonly contentDigests?: readonly DigestName[];
}

/** The parameter sets of ML-DSA by the names of node:crypto, RFC 9881. */
export const mlDsaOids: Readonly<Record<string, string>> = {
  'ml-dsa-44': oids.mlDsa44,
  'ml-dsa-65': oids.mlDsa65,
  'ml-dsa-87': oids.mlDsa87,
};

const strongDigests: readonly DigestName[] = ['sha512', 'sha3-512', 'shake256'];

const nistSignatures = '2.16.840.1.101.3.4.3';

/** RFC 3370 §3, RFC 5754 §3, RFC 4056, RFC 5753, RFC 8419, RFC 9688, RFC 9882. */
const table: Readonly<Record<string, Row>> = {
  [oids.rsaEncryption]: { kind: 'rsa-pkcs1' },
  [oids.md5WithRsa]: { kind: 'rsa-pkcs1', digest: 'md5' },
  [oids.sha1WithRsa]: { kind: 'rsa-pkcs1', digest: 'sha1' },
  [oids.sha224WithRsa]: { kind: 'rsa-pkcs1', digest: 'sha224' },
  [oids.sha256WithRsa]: { kind: 'rsa-pkcs1', digest: 'sha256' },
  [oids.sha384WithRsa]: { kind: 'rsa-pkcs1', digest: 'sha384' },
  [oids.sha512WithRsa]: { kind: 'rsa-pkcs1', digest: 'sha512' },
  [oids.rsassaPss]: { kind: 'rsa-pss' },
  [oids.ecdsaWithSha1]: { kind: 'ecdsa', digest: 'sha1' },
  [oids.ecdsaWithSha224]: { kind: 'ecdsa', digest: 'sha224' },
  [oids.ecdsaWithSha256]: { kind: 'ecdsa', digest: 'sha256' },
  [oids.ecdsaWithSha384]: { kind: 'ecdsa', digest: 'sha384' },
  [oids.ecdsaWithSha512]: { kind: 'ecdsa', digest: 'sha512' },
  // RFC 9688 §3
  [`${nistSignatures}.9`]: { kind: 'ecdsa', digest: 'sha3-224' },
  [`${nistSignatures}.10`]: { kind: 'ecdsa', digest: 'sha3-256' },
  [`${nistSignatures}.11`]: { kind: 'ecdsa', digest: 'sha3-384' },
  [`${nistSignatures}.12`]: { kind: 'ecdsa', digest: 'sha3-512' },
  [`${nistSignatures}.13`]: { kind: 'rsa-pkcs1', digest: 'sha3-224' },
  [`${nistSignatures}.14`]: { kind: 'rsa-pkcs1', digest: 'sha3-256' },
  [`${nistSignatures}.15`]: { kind: 'rsa-pkcs1', digest: 'sha3-384' },
  [`${nistSignatures}.16`]: { kind: 'rsa-pkcs1', digest: 'sha3-512' },
  [oids.dsa]: { kind: 'dsa' },
  [oids.dsaWithSha1]: { kind: 'dsa', digest: 'sha1' },
  [oids.dsaWithSha224]: { kind: 'dsa', digest: 'sha224' },
  [oids.dsaWithSha256]: { kind: 'dsa', digest: 'sha256' },
  // RFC 8419 §3.1: with signed attributes the digest is SHA-512, or SHAKE256.
  [oids.ed25519]: { kind: 'pure', name: 'ed25519', contentDigests: ['sha512'] },
  [oids.ed448]: { kind: 'pure', name: 'ed448', contentDigests: ['shake256'] },
  // RFC 9882 §3.3: a digest no weaker than the parameter set.
  [oids.mlDsa44]: {
    kind: 'pure',
    name: 'ml-dsa-44',
    contentDigests: ['sha256', 'sha384', 'sha3-256', 'sha3-384', ...strongDigests],
  },
  [oids.mlDsa65]: {
    kind: 'pure',
    name: 'ml-dsa-65',
    contentDigests: ['sha384', 'sha3-384', ...strongDigests],
  },
  [oids.mlDsa87]: { kind: 'pure', name: 'ml-dsa-87', contentDigests: strongDigests },
};

/**
 * Finds the scheme of a signer.
 *
 * @param digest the digest that the signer names for the content
 * @returns the scheme, or the code of the verdict: `unsupported-algorithm`, or `algorithm-mismatch` where the signature
 *   algorithm goes with another digest
 */
export function findScheme(algorithm: AlgorithmIdentifier, digest: Digest): SignatureScheme | SignerCode {
  const row = table[algorithm.oid];
  if (row === undefined) return 'unsupported-algorithm';
  if (row.digest !== undefined && row.digest !== digest.name) return 'algorithm-mismatch';
  if (row.kind === 'pure') {
    if (!row.contentDigests!.includes(digest.name)) return 'algorithm-mismatch';
    // RFC 8419 §2.1: parameters MUST be absent.
    return algorithm.parameters === undefined ? pureScheme(row.name!, digest) : 'unsupported-algorithm';
  }
  if (row.kind === 'rsa-pss') return pssScheme(algorithm, digest);
  if (!isAbsentOrNull(algorithm.parameters) && row.kind !== 'dsa') return 'unsupported-algorithm';
  return row.kind === 'rsa-pkcs1' ? pkcs1Scheme(digest) : dsaScheme(row.kind, digest);
}

function pureScheme(name: string, digest: Digest): SignatureScheme {
  return {
    name,
    keyTypes: [name],
    digest,
    verify: (data, key, signature) => verify(null, data, key, signature),
  };
}

/** PKCS #1 v1.5 and DER are what node:crypto takes without options, and a bare key object spares it time. */
function pkcs1Scheme(digest: Digest): SignatureScheme {
  return {
    name: `rsa-pkcs1-${digest.name}`,
    keyTypes: ['rsa'],
    digest,
    verify: (data, key, signature) => verify(digest.hash, data, key, signature),
  };
}

function dsaScheme(kind: 'ecdsa' | 'dsa', digest: Digest): SignatureScheme {
  return {
    name: `${kind}-${digest.name}`,
    keyTypes: [kind === 'ecdsa' ? 'ec' : 'dsa'],
    digest,
    verify: (data, key, signature) => verify(digest.hash, data, key, signature),
  };
}

function pssScheme(algorithm: AlgorithmIdentifier, digest: Digest): SignatureScheme | SignerCode {
  const parameters = readPssParameters(algorithm.parameters);
  if (parameters === undefined) return 'unsupported-algorithm';
  // RFC 4056 §3: the digest of the padding is the digest of the content.
  if (parameters.digest !== digest) return 'algorithm-mismatch';
  return {
    name: `rsa-pss-${digest.name}`,
    keyTypes: ['rsa', 'rsa-pss'],
    digest,
    verify: (data, key, signature) => verifyPss(parameters, data, key, signature),
  };
}
