import {
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import type { AlgorithmIdentifier } from '../pki/algorithm.ts';
import { readAlgorithm } from '../pki/algorithm.ts';
import {
  derBitString,
  derExplicit,
  derOctetString,
  derOid,
  derSequence,
  readAsn1,
  readBitString,
  readOid,
  readSequence,
} from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { derAlgorithm, isAbsentOrNull } from './algorithm.ts';
import { findKeyWrap, type KeyWrap } from './key-wrap.ts';

/** A key agreement scheme: how a shared secret becomes a key-encryption key. */
interface Scheme {
  readonly oid: string;
  readonly derivation: 'x963' | 'hkdf';
  readonly hash: 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
}

/** RFC 5753 §7.1.4 and RFC 8418 §2.2. The cofactor of every curve here is 1, so the cofactor schemes are the others. */
const schemes: readonly Scheme[] = [
  { oid: oids.dhSinglePassStdDhSha1, derivation: 'x963', hash: 'sha1' },
  { oid: oids.dhSinglePassStdDhSha224, derivation: 'x963', hash: 'sha224' },
  { oid: oids.dhSinglePassStdDhSha256, derivation: 'x963', hash: 'sha256' },
  { oid: oids.dhSinglePassStdDhSha384, derivation: 'x963', hash: 'sha384' },
  { oid: oids.dhSinglePassStdDhSha512, derivation: 'x963', hash: 'sha512' },
  { oid: oids.dhSinglePassCofactorDhSha1, derivation: 'x963', hash: 'sha1' },
  { oid: oids.dhSinglePassCofactorDhSha224, derivation: 'x963', hash: 'sha224' },
  { oid: oids.dhSinglePassCofactorDhSha256, derivation: 'x963', hash: 'sha256' },
  { oid: oids.dhSinglePassCofactorDhSha384, derivation: 'x963', hash: 'sha384' },
  { oid: oids.dhSinglePassCofactorDhSha512, derivation: 'x963', hash: 'sha512' },
  { oid: oids.dhSinglePassStdDhHkdfSha256, derivation: 'hkdf', hash: 'sha256' },
  { oid: oids.dhSinglePassStdDhHkdfSha384, derivation: 'hkdf', hash: 'sha384' },
  { oid: oids.dhSinglePassStdDhHkdfSha512, derivation: 'hkdf', hash: 'sha512' },
];

const schemeByOid: ReadonlyMap<string, Scheme> = new Map(schemes.map((scheme) => [scheme.oid, scheme]));

/** A curve that keys are agreed on, and the scheme that we write for it. */
export interface AgreementCurve {
  /** OID of the named curve, or of the key type. */
  readonly oid: string;
  readonly isNamedCurve: boolean;
  readonly schemeOid: string;
  readonly generate: () => { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
}

function named(oid: string, namedCurve: string, schemeOid: string): AgreementCurve {
  return { oid, isNamedCurve: true, schemeOid, generate: () => generateKeyPairSync('ec', { namedCurve }) };
}

/** RFC 5753 §8, RFC 8418 §5. */
const curves: readonly AgreementCurve[] = [
  named(oids.prime256v1, 'prime256v1', oids.dhSinglePassStdDhSha256),
  named(oids.secp384r1, 'secp384r1', oids.dhSinglePassStdDhSha384),
  named(oids.secp521r1, 'secp521r1', oids.dhSinglePassStdDhSha512),
  {
    oid: oids.x25519,
    isNamedCurve: false,
    schemeOid: oids.dhSinglePassStdDhHkdfSha256,
    generate: () => generateKeyPairSync('x25519'),
  },
  {
    oid: oids.x448,
    isNamedCurve: false,
    schemeOid: oids.dhSinglePassStdDhHkdfSha512,
    generate: () => generateKeyPairSync('x448'),
  },
];

/**
 * Finds the curve of a public key.
 *
 * @param algorithm the identifier of a SubjectPublicKeyInfo
 * @returns undefined where keys cannot be agreed on it
 */
export function findCurve(algorithm: AlgorithmIdentifier): AgreementCurve | undefined {
  const isNamed = algorithm.oid === oids.ecPublicKey;
  const oid = isNamed ? namedCurveOf(algorithm.parameters) : algorithm.oid;
  return curves.find((curve) => curve.oid === oid && curve.isNamedCurve === isNamed);
}

function namedCurveOf(parameters: Uint8Array | undefined): string | undefined {
  try {
    return parameters === undefined ? undefined : readOid(readAsn1(parameters));
  } catch {
    return undefined;
  }
}

/**
 * Gives the name that `inspect` shows for a key agreement: `ecdh-sha256`, `x25519-hkdf-sha256`, else the OID.
 *
 * @param originator the identifier of the originator's key, where it is known
 */
export function agreementName(
  algorithm: AlgorithmIdentifier,
  originator: AlgorithmIdentifier | undefined,
): string {
  const scheme = schemeByOid.get(algorithm.oid);
  if (scheme === undefined) return algorithm.oid;
  const montgomery: Readonly<Record<string, string>> = { [oids.x25519]: 'x25519', [oids.x448]: 'x448' };
  const kind = montgomery[originator?.oid ?? ''] ?? 'ecdh';
  return `${kind}${scheme.derivation === 'hkdf' ? '-hkdf' : ''}-${scheme.hash}`;
}

/** How a key-encryption key is agreed and used. */
export interface Agreement {
  readonly scheme: Scheme;
  readonly wrap: KeyWrap;
  readonly sharedInfo: Uint8Array;
}

/**
 * Reads the keyEncryptionAlgorithm of a KeyAgreeRecipientInfo: a scheme with a key wrap as its parameter.
 *
 * @param ukm user keying material of the message
 * @returns undefined where either is unknown or malformed
 */
export function readAgreement(
  algorithm: AlgorithmIdentifier,
  ukm: Uint8Array | undefined,
): Agreement | undefined {
  const scheme = schemeByOid.get(algorithm.oid);
  if (scheme === undefined || algorithm.parameters === undefined) return undefined;
  try {
    const keyInfo = readAlgorithm(readAsn1(algorithm.parameters));
    const wrap = findKeyWrap(keyInfo);
    return wrap === undefined
      ? undefined
      : { scheme, wrap, sharedInfo: derSharedInfo(keyInfo.raw, ukm, wrap) };
  } catch {
    return undefined;
  }
}

// RFC 5753 §7.2: ECC-CMS-SharedInfo
function derSharedInfo(keyInfo: Uint8Array, ukm: Uint8Array | undefined, wrap: KeyWrap): Uint8Array {
  const keyBits = new Uint8Array(4);
  new DataView(keyBits.buffer).setUint32(0, wrap.keyBytes * 8);
  const entityUInfo = ukm === undefined ? [] : [derExplicit(0, derOctetString(ukm))];
  return derSequence(keyInfo, ...entityUInfo, derExplicit(2, derOctetString(keyBits)));
}

/** The agreement that we write for a curve: a key wrap as long as the content-encryption key, no keying material. */
export function agreementFor(
  curve: AgreementCurve,
  wrap: KeyWrap,
): Agreement & { readonly algorithm: Uint8Array } {
  const keyInfo = derAlgorithm(wrap.oid);
  const scheme = schemeByOid.get(curve.schemeOid)!;
  return {
    scheme,
    wrap,
    sharedInfo: derSharedInfo(keyInfo, undefined, wrap),
    algorithm: derAlgorithm(curve.schemeOid, keyInfo),
  };
}

/**
 * Computes the shared secret of two keys.
 *
 * @returns undefined where they are of different curves, or the secret of X25519 or X448 is all zero
 */
export function agreeOnSecret(privateKey: KeyObject, publicKey: KeyObject): Uint8Array | undefined {
  try {
    const secret = diffieHellman({ privateKey, publicKey });
    // RFC 8418 §2: the shared secret MUST NOT be all zero; on the curves of RFC 5753 zero is a coordinate like others.
    const isMontgomery = privateKey.asymmetricKeyType !== 'ec';
    return isMontgomery && secret.every((byte) => byte === 0) ? undefined : secret;
  } catch {
    return undefined;
  }
}

/**
 * Agrees on a key-encryption key.
 *
 * @returns undefined where no secret can be agreed on, see {@link agreeOnSecret}
 */
export function agreeOnKey(
  { scheme, wrap, sharedInfo }: Agreement,
  privateKey: KeyObject,
  publicKey: KeyObject,
): Uint8Array | undefined {
  const secret = agreeOnSecret(privateKey, publicKey);
  if (secret === undefined) return undefined;
  return scheme.derivation === 'hkdf'
    ? new Uint8Array(hkdfSync(scheme.hash, secret, new Uint8Array(0), sharedInfo, wrap.keyBytes))
    : x963(scheme.hash, secret, sharedInfo, wrap.keyBytes);
}

// SEC 1 §3.6.1
function x963(hash: string, secret: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  const counter = new Uint8Array(4);
  for (let i = 1, made = 0; made < length; i += 1) {
    new DataView(counter.buffer).setUint32(0, i);
    const block = createHash(hash).update(secret).update(counter).update(info).digest();
    blocks.push(block);
    made += block.length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}

/**
 * Makes the key of an originator usable: its algorithm names the recipient's curve, or leaves it out (RFC 5753 §3.1.1).
 *
 * @param recipient the identifier of the recipient's SubjectPublicKeyInfo
 * @returns undefined where the key is of another kind or not a point of the curve
 */
export function originatorKeyOf(
  originator: { readonly algorithm: AlgorithmIdentifier; readonly publicKey: Uint8Array },
  recipient: AlgorithmIdentifier,
): KeyObject | undefined {
  if (originator.algorithm.oid !== recipient.oid) return undefined;
  const named = originator.algorithm.parameters;
  if (!isAbsentOrNull(named) && Buffer.compare(named!, recipient.parameters ?? new Uint8Array(0)) !== 0)
    return undefined;
  try {
    const spki = derSequence(recipient.raw, derBitString(originator.publicKey));
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

/**
 * Writes the OriginatorPublicKey of an ephemeral key, RFC 5753 §3.1.1, RFC 8418 §2.
 *
 * @returns the SEQUENCE without its implicit tag
 */
export function derOriginatorKey(publicKey: KeyObject, curve: AgreementCurve): Uint8Array {
  const spki = readSequence(readAsn1(publicKey.export({ format: 'der', type: 'spki' })));
  const algorithm = curve.isNamedCurve
    ? derSequence(derOid(oids.ecPublicKey), derOid(curve.oid))
    : derAlgorithm(curve.oid);
  return derSequence(algorithm, derBitString(readBitString(spki[1]).bytes));
}
