import type { KeyObject } from 'node:crypto';
import { derOid } from './der.ts';
import { oidName, oids } from './oid.ts';
import { readSpki, rsaBits, type SubjectPublicKeyInfo } from './public-key.ts';
import type { HashName, SignatureScheme } from './signature.ts';

/**
 * Which keys and hashes are strong enough; the whole policy stands in this table.
 *
 * `legacy` adds what is accepted only where old mail is to be read on purpose.
 */
export const strengthPolicy = {
  /** Bits of an RSA modulus (RFC 8551 §4.3: 2048 to 4096 must, below 2048 should not). */
  rsaBits: { minimum: 2048, maximum: 16_384, legacyMinimum: 1024 },
  /** Hashes below a signature. */
  hashes: ['sha256', 'sha384', 'sha512'],
  legacyHashes: ['md5', 'sha1', 'sha224'],
  /** Curves of ECDSA and ECDH, by object identifier: P-256, P-384, P-521 (RFC 5480). */
  curves: [oids.prime256v1, oids.secp384r1, oids.secp521r1],
  /** Keys whose strength is in their kind. */
  otherKeys: [oids.ed25519, oids.ed448, oids.x25519, oids.x448, oids.mlDsa44, oids.mlDsa65, oids.mlDsa87],
  legacyKeys: [oids.dsa],
  /** Bits of a DSA prime. */
  dsaBits: { legacyMinimum: 1024, maximum: 4096 },
} as const;

/**
 * Tells why a public key is too weak, or of a kind that is not accepted.
 *
 * @param spki the SubjectPublicKeyInfo
 * @returns one clause for people, or undefined for a key that is strong enough
 * @throws PkiError `bad-key`, or a code of the reader
 */
export function keyWeakness(spki: Uint8Array, legacy = false): string | undefined {
  const info = readSpki(spki);
  const { oid } = info.algorithm;
  if (oid === oids.ecPublicKey) return curveWeakness(info);
  const bits = rsaBits(info);
  if (bits !== undefined) return rsaWeakness(bits, legacy);
  if ((strengthPolicy.otherKeys as readonly string[]).includes(oid)) return undefined;
  if (legacy && (strengthPolicy.legacyKeys as readonly string[]).includes(oid)) return undefined;
  return `a public key of the kind ${oidName(oid)} is not accepted`;
}

function rsaWeakness(bits: number, legacy: boolean): string | undefined {
  const { minimum, maximum, legacyMinimum } = strengthPolicy.rsaBits;
  const least = legacy ? legacyMinimum : minimum;
  if (bits < least) return `an RSA key of ${bits} bits is too short, ${least} are needed`;
  return bits > maximum ? `an RSA key of ${bits} bits is too long, ${maximum} are allowed` : undefined;
}

const acceptedCurves: ReadonlySet<string> = new Set(
  strengthPolicy.curves.map((oid) => Buffer.from(derOid(oid)).toString('hex')),
);

// RFC 5480 §2.1.1: named curves only.
function curveWeakness({ algorithm }: SubjectPublicKeyInfo): string | undefined {
  const { parameters } = algorithm;
  const named = parameters !== undefined && acceptedCurves.has(Buffer.from(parameters).toString('hex'));
  return named ? undefined : 'an elliptic-curve key is on a curve that is not accepted';
}

/**
 * Tells why the hash of a signature is too weak.
 *
 * @returns one clause for people, or undefined for a hash that is strong enough
 */
export function hashWeakness(hash: HashName | undefined, legacy = false): string | undefined {
  const { hashes, legacyHashes } = strengthPolicy;
  if (hash === undefined || (hashes as readonly string[]).includes(hash)) return undefined;
  if (legacy && (legacyHashes as readonly string[]).includes(hash)) return undefined;
  return `signatures over ${hash.toUpperCase().replace(/^SHA(\d)/, 'SHA-$1')} are not accepted`;
}

/** Tells why a signature by this scheme and key is too weak, either of both. */
export function signatureWeakness(
  scheme: SignatureScheme,
  spki: Uint8Array,
  legacy = false,
): string | undefined {
  return hashWeakness(scheme.hash, legacy) ?? keyWeakness(spki, legacy);
}

/** Gives a key object's SubjectPublicKeyInfo, to ask for its strength. */
export function spkiOf(publicKey: KeyObject): Uint8Array {
  return new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
}
