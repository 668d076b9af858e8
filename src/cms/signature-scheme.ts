import { constants, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { AlgorithmIdentifier } from '../pki/algorithm.ts';
import { readAlgorithm } from '../pki/algorithm.ts';
import {
  derBitString,
  derExplicit,
  derInteger,
  derNull,
  derSequence,
  isContext,
  readAsn1,
  readBitString,
  readExplicit,
  readSequence,
  readSmallInteger,
} from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { derAlgorithm, isAbsentOrNull } from './algorithm.ts';
import { type Digest, type DigestName, digestNamed, findDigest } from './digest.ts';
import { CmsError } from './error.ts';
import { readMgf1Digest } from './key-transport.ts';
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

/** RFC 9881. */
const mlDsaOids: Readonly<Record<string, string>> = {
  'ml-dsa-44': '2.16.840.1.101.3.4.3.17',
  'ml-dsa-65': '2.16.840.1.101.3.4.3.18',
  'ml-dsa-87': '2.16.840.1.101.3.4.3.19',
};

const strongDigests: readonly DigestName[] = ['sha512', 'sha3-512', 'shake256'];

/** RFC 3370 §3, RFC 5754 §3, RFC 4056, RFC 5753, RFC 8419, RFC 9882. */
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
  [oids.dsa]: { kind: 'dsa' },
  [oids.dsaWithSha1]: { kind: 'dsa', digest: 'sha1' },
  [oids.dsaWithSha224]: { kind: 'dsa', digest: 'sha224' },
  [oids.dsaWithSha256]: { kind: 'dsa', digest: 'sha256' },
  // RFC 8419 §3.1: with signed attributes the digest is SHA-512, or SHAKE256.
  [oids.ed25519]: { kind: 'pure', name: 'ed25519', contentDigests: ['sha512'] },
  [oids.ed448]: { kind: 'pure', name: 'ed448', contentDigests: ['shake256'] },
  // RFC 9882 §3.3: a digest no weaker than the parameter set.
  [mlDsaOids['ml-dsa-44']!]: {
    kind: 'pure',
    name: 'ml-dsa-44',
    contentDigests: ['sha256', 'sha384', 'sha3-256', 'sha3-384', ...strongDigests],
  },
  [mlDsaOids['ml-dsa-65']!]: {
    kind: 'pure',
    name: 'ml-dsa-65',
    contentDigests: ['sha384', 'sha3-384', ...strongDigests],
  },
  [mlDsaOids['ml-dsa-87']!]: { kind: 'pure', name: 'ml-dsa-87', contentDigests: strongDigests },
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

function pkcs1Scheme(digest: Digest): SignatureScheme {
  const padding = constants.RSA_PKCS1_PADDING;
  return {
    name: `rsa-pkcs1-${digest.name}`,
    keyTypes: ['rsa'],
    digest,
    verify: (data, key, signature) => verify(digest.hash, data, { key, padding }, signature),
  };
}

function dsaScheme(kind: 'ecdsa' | 'dsa', digest: Digest): SignatureScheme {
  return {
    name: `${kind}-${digest.name}`,
    keyTypes: [kind === 'ecdsa' ? 'ec' : 'dsa'],
    digest,
    verify: (data, key, signature) => verify(digest.hash, data, { key, dsaEncoding: 'der' }, signature),
  };
}

/** Parameters of RSASSA-PSS, RFC 4055 §3.1. */
interface PssParameters {
  readonly digest: Digest;
  readonly mgfDigest: Digest;
  readonly saltLength: number;
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

/**
 * Reads RSASSA-PSS-params; every field has its default of RFC 4055 §3.1.
 *
 * @returns undefined where they are malformed, or name a digest or mask generation function that is unknown
 */
export function readPssParameters(parameters: Uint8Array | undefined): PssParameters | undefined {
  if (parameters === undefined) return undefined;
  try {
    let digest: Digest | undefined = digestNamed('sha1');
    let mgfDigest: Digest | undefined = digest;
    let saltLength = 20;
    let trailer = 1;
    for (const field of readSequence(readAsn1(parameters))) {
      const inner = readExplicit(field);
      if (isContext(field, 0)) digest = findDigest(readAlgorithm(inner).oid);
      else if (isContext(field, 1)) mgfDigest = readMgf1Digest(inner);
      else if (isContext(field, 2)) saltLength = readSmallInteger(inner);
      else if (isContext(field, 3)) trailer = readSmallInteger(inner);
      else return undefined;
    }
    const fits = trailer === 1 && saltLength >= 0 && saltLength <= maxSaltBytes;
    return digest !== undefined && mgfDigest !== undefined && fits
      ? { digest, mgfDigest, saltLength }
      : undefined;
  } catch {
    return undefined;
  }
}

const maxSaltBytes = 512;

/** Verifies RSASSA-PSS with exactly these parameters. */
export function verifyPss(
  parameters: PssParameters,
  data: Uint8Array,
  publicKey: KeyObject,
  signature: Uint8Array,
): boolean {
  const { digest, mgfDigest, saltLength } = parameters;
  const same = digest === mgfDigest;
  const key =
    same || publicKey.asymmetricKeyType === 'rsa-pss' ? publicKey : boundToPss(publicKey, parameters);
  return verify(digest.hash, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature);
}

/** node:crypto takes the digest of MGF1 from the parameters of the key alone, so the key gets them. */
function boundToPss(publicKey: KeyObject, parameters: PssParameters): KeyObject {
  const spki = readSequence(readAsn1(publicKey.export({ format: 'der', type: 'spki' })));
  const bound = derSequence(derPss(parameters), derBitString(readBitString(spki[1]).bytes));
  return createPublicKey({ key: Buffer.from(bound), format: 'der', type: 'spki' });
}

function derPss({ digest, mgfDigest, saltLength }: PssParameters): Uint8Array {
  return derAlgorithm(
    oids.rsassaPss,
    derSequence(
      derExplicit(0, derAlgorithm(digest.oid, derNull())),
      derExplicit(1, derAlgorithm(oids.mgf1, derAlgorithm(mgfDigest.oid, derNull()))),
      derExplicit(2, derInteger(saltLength)),
    ),
  );
}

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
