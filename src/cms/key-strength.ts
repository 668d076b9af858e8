import type { KeyObject } from 'node:crypto';
import type { Certificate } from '../pki/certificate.ts';
import { PkiError } from '../pki/error.ts';
import { keyWeakness, strengthPolicy } from '../pki/strength.ts';
import type { Digest } from './digest.ts';

/**
 * Tells whether a key may be tried on a signature at all: one that is absurdly large costs too much before anyone is
 * known to be trusted, and an RSA exponent of one verifies anything.
 */
export function isUsableKey(publicKey: KeyObject): boolean {
  const { modulusLength, publicExponent } = publicKey.asymmetricKeyDetails ?? {};
  if (modulusLength === undefined || publicExponent === undefined) return true;
  return modulusLength <= strengthPolicy.rsaBits.maximum && publicExponent >= 3n;
}

/**
 * Tells whether the key of a certificate and a digest are too weak for a signature, by the policy table of `pki/`.
 *
 * @param legacy accepts what the table lists for old mail
 */
export function isWeakSignature(certificate: Certificate, digest: Digest, legacy: boolean): boolean {
  const { legacyHashes } = strengthPolicy;
  if (!legacy && (legacyHashes as readonly string[]).includes(digest.name)) return true;
  try {
    return keyWeakness(certificate.spki, legacy) !== undefined;
  } catch (error) {
    if (error instanceof PkiError) return true;
    throw error;
  }
}
