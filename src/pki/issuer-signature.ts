import type { AlgorithmIdentifier } from './algorithm.ts';
import { PkiError } from './error.ts';
import { publicKeyFromSpki } from './public-key.ts';
import { readSignatureScheme, type SignatureScheme, verifySignature } from './signature.ts';
import { hashWeakness, keyWeakness } from './strength.ts';

/** Something that an authority signed: a certificate or a CRL. */
export interface SignedObject {
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly sha256: string;
}

/** The key of an authority: a certificate, or its key made whole with parameters that it inherits. */
export interface SigningKey {
  readonly spki: Uint8Array;
  /** Names the key: of two different ones it is never the same. */
  readonly sha256: string;
}

/** The outcome of checking one signature. */
export type IssuerSignature =
  | { readonly status: 'good' }
  | { readonly status: 'bad' }
  | { readonly status: 'weak-hash' | 'weak-key' | 'bad-key' | 'unsupported'; readonly detail: string };

/** Signatures of authorities that were checked lately, by the digests of what is signed and of the issuer. */
const memo = new Map<string, boolean>();
const maxRemembered = 16_384;

/**
 * Checks that an object is signed with the key of an authority, by an algorithm and a key that are strong enough.
 *
 * The mathematics are remembered, since the same authorities and CRLs come again and again; the policy is not.
 *
 * @param onCheck called before a signature is checked; may throw to stop the search
 */
export function checkIssuerSignature(
  object: SignedObject,
  issuer: SigningKey,
  legacy: boolean,
  onCheck: () => void,
): IssuerSignature {
  try {
    const scheme = readSignatureScheme(object.signatureAlgorithm);
    const weakHash = hashWeakness(scheme.hash, legacy);
    if (weakHash !== undefined) return { status: 'weak-hash', detail: weakHash };
    // Before the key is used: a modulus of a million bits would keep the program busy.
    const weakKey = keyWeakness(issuer.spki, legacy);
    if (weakKey !== undefined) return { status: 'weak-key', detail: weakKey };
    return { status: isSignedBy(object, issuer, scheme, onCheck) ? 'good' : 'bad' };
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    const status = error.code === 'unsupported-algorithm' ? 'unsupported' : 'bad-key';
    return { status, detail: error.message };
  }
}

function isSignedBy(
  object: SignedObject,
  issuer: SigningKey,
  scheme: SignatureScheme,
  onCheck: () => void,
): boolean {
  const key = `${object.sha256}${issuer.sha256}`;
  // Counted whether remembered or not, so that the same input always has the same verdict.
  onCheck();
  const known = memo.get(key);
  if (known !== undefined) return known;
  const isGood = verifySignature(scheme, publicKeyFromSpki(issuer.spki), object.tbs, object.signature);
  if (memo.size >= maxRemembered) memo.delete(memo.keys().next().value!);
  memo.set(key, isGood);
  return isGood;
}
