import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { AlgorithmIdentifier } from '../pki/algorithm.ts';
import { readAsn1, readOid } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';

/** A key agreement scheme: how a shared secret becomes a key-encryption key. */
export interface AgreementScheme {
  readonly oid: string;
  readonly derivation: 'x963' | 'hkdf';
  readonly hash: 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
}

/** RFC 5753 §7.1.4 and RFC 8418 §2.2. The cofactor of every curve here is 1, so the cofactor schemes are the others. */
const schemes: readonly AgreementScheme[] = [
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

/** The schemes by object identifier. */
export const agreementSchemes: ReadonlyMap<string, AgreementScheme> = new Map(
  schemes.map((scheme) => [scheme.oid, scheme]),
);

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
  const scheme = agreementSchemes.get(algorithm.oid);
  if (scheme === undefined) return algorithm.oid;
  const montgomery: Readonly<Record<string, string>> = { [oids.x25519]: 'x25519', [oids.x448]: 'x448' };
  const kind = montgomery[originator?.oid ?? ''] ?? 'ecdh';
  return `${kind}${scheme.derivation === 'hkdf' ? '-hkdf' : ''}-${scheme.hash}`;
}
