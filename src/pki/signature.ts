import { constants, type KeyObject, sign, verify } from 'node:crypto';
import { type AlgorithmIdentifier, hasNoParameters, makeAlgorithm, readAlgorithm } from './algorithm.ts';
import {
  type Asn1,
  derExplicit,
  derInteger,
  derSequence,
  isContext,
  readAsn1,
  readExplicit,
  readSequence,
  readSmallInteger,
} from './der.ts';
import { PkiError } from './error.ts';
import { oidName, oids } from './oid.ts';

/** Digests that a signature may use. */
export type HashName = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** Kinds of signature whose algorithm has its own digest, by the name of their key: RFC 8410, RFC 9881. */
const pureKinds = ['ed25519', 'ed448', 'ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const;

/** What a signature algorithm asks for. */
export interface SignatureScheme {
  readonly kind: 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa' | 'dsa' | (typeof pureKinds)[number];
  /** The digest of the signed bytes; undefined where the algorithm has its own. */
  readonly hash: HashName | undefined;
  /** Bytes of salt, for PSS. */
  readonly saltLength?: number;
}

/** Every signature algorithm that is understood, but PSS, whose parameters tell its hash. */
const schemes: Readonly<Record<string, SignatureScheme>> = {
  [oids.md5WithRsa]: { kind: 'rsa-pkcs1', hash: 'md5' },
  [oids.sha1WithRsa]: { kind: 'rsa-pkcs1', hash: 'sha1' },
  [oids.sha224WithRsa]: { kind: 'rsa-pkcs1', hash: 'sha224' },
  [oids.sha256WithRsa]: { kind: 'rsa-pkcs1', hash: 'sha256' },
  [oids.sha384WithRsa]: { kind: 'rsa-pkcs1', hash: 'sha384' },
  [oids.sha512WithRsa]: { kind: 'rsa-pkcs1', hash: 'sha512' },
  [oids.ecdsaWithSha1]: { kind: 'ecdsa', hash: 'sha1' },
  [oids.ecdsaWithSha224]: { kind: 'ecdsa', hash: 'sha224' },
  [oids.ecdsaWithSha256]: { kind: 'ecdsa', hash: 'sha256' },
  [oids.ecdsaWithSha384]: { kind: 'ecdsa', hash: 'sha384' },
  [oids.ecdsaWithSha512]: { kind: 'ecdsa', hash: 'sha512' },
  [oids.dsaWithSha1]: { kind: 'dsa', hash: 'sha1' },
  [oids.dsaWithSha224]: { kind: 'dsa', hash: 'sha224' },
  [oids.dsaWithSha256]: { kind: 'dsa', hash: 'sha256' },
  [oids.ed25519]: { kind: 'ed25519', hash: undefined },
  [oids.ed448]: { kind: 'ed448', hash: undefined },
  [oids.mlDsa44]: { kind: 'ml-dsa-44', hash: undefined },
  [oids.mlDsa65]: { kind: 'ml-dsa-65', hash: undefined },
  [oids.mlDsa87]: { kind: 'ml-dsa-87', hash: undefined },
};

const hashesByOid: Readonly<Record<string, HashName>> = {
  [oids.md5]: 'md5',
  [oids.sha1]: 'sha1',
  [oids.sha224]: 'sha224',
  [oids.sha256]: 'sha256',
  [oids.sha384]: 'sha384',
  [oids.sha512]: 'sha512',
};

const hashBytes: Readonly<Record<HashName, number>> = {
  md5: 16,
  sha1: 20,
  sha224: 28,
  sha256: 32,
  sha384: 48,
  sha512: 64,
};

/** No key that is accepted has room for more salt. */
const maxSaltLength = 512;

/**
 * Gives the digest that an algorithm identifier names.
 *
 * @throws PkiError `unsupported-algorithm`
 */
export function hashOf(algorithm: AlgorithmIdentifier): HashName {
  const hash = Object.hasOwn(hashesByOid, algorithm.oid) ? hashesByOid[algorithm.oid] : undefined;
  // RFC 5754 §2: parameters are absent, and NULL is accepted.
  if (hash === undefined || !hasNoParameters(algorithm)) {
    throw new PkiError('unsupported-algorithm', `the digest ${oidName(algorithm.oid)} is not supported`);
  }
  return hash;
}

/**
 * Reads what a signature algorithm asks for, its parameters checked.
 *
 * @throws PkiError `unsupported-algorithm`, or a code of the reader
 */
export function readSignatureScheme(algorithm: AlgorithmIdentifier): SignatureScheme {
  if (algorithm.oid === oids.rsassaPss) return readPssScheme(algorithm);
  const scheme = Object.hasOwn(schemes, algorithm.oid) ? schemes[algorithm.oid] : undefined;
  if (scheme === undefined) {
    throw new PkiError(
      'unsupported-algorithm',
      `the signature algorithm ${oidName(algorithm.oid)} is not supported`,
    );
  }
  // RFC 8410 §3, RFC 9881 §2: absent, never NULL. For the others NULL is accepted where a text asks for nothing, as many write it.
  const strict = scheme.hash === undefined;
  if (!hasNoParameters(algorithm) || (strict && algorithm.parameters !== undefined)) {
    throw new PkiError(
      'unsupported-algorithm',
      `the signature algorithm ${oidName(algorithm.oid)} has strange parameters`,
    );
  }
  return scheme;
}

// RFC 4055 §3.1: RSASSA-PSS-params.
function readPssScheme(algorithm: AlgorithmIdentifier): SignatureScheme {
  const { parameters } = algorithm;
  if (parameters === undefined)
    throw new PkiError('unsupported-algorithm', 'an RSASSA-PSS signature has no parameters');
  const { hash, saltLength } = readPssParameters(readAsn1(parameters, { strict: true }));
  return { kind: 'rsa-pss', hash, saltLength };
}

/** Reads RSASSA-PSS-params; the mask generation must use the same hash. */
function readPssParameters(node: Asn1): { readonly hash: HashName; readonly saltLength: number } {
  const members = readSequence(node, 'the parameters of RSASSA-PSS');
  const find = (tag: number): Asn1 | undefined => {
    const member = members.find((candidate) => isContext(candidate, tag));
    return member && readExplicit(member);
  };
  const [hashNode, maskNode, saltNode, trailerNode] = [find(0), find(1), find(2), find(3)];
  const hash = hashNode === undefined ? 'sha1' : hashOf(readAlgorithm(hashNode));
  const saltLength = saltNode === undefined ? 20 : readSmallInteger(saltNode, 'the length of a salt');
  const trailer = trailerNode === undefined ? 1 : readSmallInteger(trailerNode, 'the trailer field');
  if (maskHash(maskNode) !== hash || trailer !== 1 || saltLength < 0 || saltLength > maxSaltLength) {
    throw new PkiError(
      'unsupported-algorithm',
      'an RSASSA-PSS signature has parameters that are not supported',
    );
  }
  return { hash, saltLength };
}

function maskHash(node: Asn1 | undefined): HashName {
  if (node === undefined) return 'sha1';
  const mask = readAlgorithm(node);
  if (mask.oid !== oids.mgf1 || mask.parameters === undefined) {
    throw new PkiError('unsupported-algorithm', `the mask generation ${oidName(mask.oid)} is not supported`);
  }
  return hashOf(readAlgorithm(readAsn1(mask.parameters, { strict: true })));
}

/** Kinds of key, as the primitive names them, that each kind of signature takes. */
const keyTypes: Readonly<Record<SignatureScheme['kind'], readonly string[]>> = {
  'rsa-pkcs1': ['rsa'],
  'rsa-pss': ['rsa', 'rsa-pss'],
  ecdsa: ['ec'],
  ed25519: ['ed25519'],
  dsa: ['dsa'],
  ed448: ['ed448'],
  'ml-dsa-44': ['ml-dsa-44'],
  'ml-dsa-65': ['ml-dsa-65'],
  'ml-dsa-87': ['ml-dsa-87'],
};

/**
 * Verifies a signature: mathematics only, no policy.
 *
 * @returns false also for a key of another kind
 */
export function verifySignature(
  scheme: SignatureScheme,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!keyTypes[scheme.kind].includes(key.asymmetricKeyType ?? '')) return false;
  // What the other kinds ask for is what the primitive does without options, and a bare key object spares it time.
  const input = scheme.kind === 'rsa-pss' ? { key, ...paddingOf(scheme) } : key;
  try {
    return verify(scheme.hash ?? null, data, input, signature);
  } catch {
    // The primitive throws for a key whose own parameters forbid this use of it (RFC 4055 §3.3), and for some broken values.
    return false;
  }
}

function paddingOf(scheme: SignatureScheme): { padding?: number; saltLength?: number; dsaEncoding?: 'der' } {
  if (scheme.kind === 'rsa-pkcs1') return { padding: constants.RSA_PKCS1_PADDING };
  if (scheme.kind === 'rsa-pss')
    return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.saltLength! };
  return scheme.kind === 'ecdsa' || scheme.kind === 'dsa' ? { dsaEncoding: 'der' } : {};
}

/** How a signature is to be made. */
export interface SignOptions {
  /** Default SHA-256; P-384 takes SHA-384 and P-521 SHA-512. */
  readonly hash?: HashName | undefined;
  /** Signs with PSS where the key is plain RSA. */
  readonly pss?: boolean | undefined;
}

const curveHashes: Readonly<Record<string, HashName>> = { secp384r1: 'sha384', secp521r1: 'sha512' };

/**
 * Chooses the signature algorithm for a key.
 *
 * @throws PkiError `unsupported-algorithm`
 */
export function chooseSignature(
  key: KeyObject,
  options: SignOptions = {},
): { readonly scheme: SignatureScheme; readonly algorithm: AlgorithmIdentifier } {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  const hash = options.hash ?? curveHashes[curve] ?? 'sha256';
  const type = key.asymmetricKeyType;
  if (type === 'rsa-pss' || (type === 'rsa' && options.pss)) {
    return {
      scheme: { kind: 'rsa-pss', hash, saltLength: hashBytes[hash] },
      algorithm: makePssAlgorithm(hash),
    };
  }
  const kind = (['rsa-pkcs1', 'ecdsa', 'dsa', ...pureKinds] as const).find((each) =>
    keyTypes[each].includes(type ?? ''),
  );
  const isPure = (pureKinds as readonly (string | undefined)[]).includes(kind);
  const wanted = isPure ? undefined : hash;
  const found = Object.entries(schemes).find(([, scheme]) => scheme.kind === kind && scheme.hash === wanted);
  if (found === undefined) throw new PkiError('unsupported-algorithm', `a key of type ${type} cannot sign`);
  const [oid, scheme] = found;
  return { scheme, algorithm: makeAlgorithm(oid, scheme.kind === 'rsa-pkcs1' ? 'null' : undefined) };
}

function makePssAlgorithm(hash: HashName): AlgorithmIdentifier {
  const hashOid = Object.entries(hashesByOid).find(([, name]) => name === hash)![0];
  const digest = makeAlgorithm(hashOid, 'null').raw;
  const mask = makeAlgorithm(oids.mgf1, digest).raw;
  const salt = derInteger(hashBytes[hash]);
  return makeAlgorithm(
    oids.rsassaPss,
    derSequence(derExplicit(0, digest), derExplicit(1, mask), derExplicit(2, salt)),
  );
}

/** Signs bytes by a scheme. */
export function makeSignature(scheme: SignatureScheme, key: KeyObject, data: Uint8Array): Uint8Array {
  return new Uint8Array(sign(scheme.hash ?? null, data, { key, ...paddingOf(scheme) }));
}
