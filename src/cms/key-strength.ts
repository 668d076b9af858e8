import type { KeyObject } from 'node:crypto';

/** RFC 8551 §4.3: signatures of shorter keys SHOULD NOT be accepted. */
export const minRsaBits = 2048;
/** Longer keys cost too much before anyone is known to be trusted. */
export const maxRsaBits = 8192;

const strongCurves: ReadonlySet<string> = new Set([
  'prime256v1',
  'secp384r1',
  'secp521r1',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
]);

/**
 * Judges a public key for verifying signatures.
 *
 * @returns `weak` where it is too small, `unusable` where it is absurdly large
 */
export function strengthOf(publicKey: KeyObject): 'strong' | 'weak' | 'unusable' {
  const { modulusLength, publicExponent, namedCurve } = publicKey.asymmetricKeyDetails ?? {};
  switch (publicKey.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss': {
      const bits = modulusLength ?? 0;
      // An exponent of one verifies anything.
      if (bits > maxRsaBits || publicExponent === undefined || publicExponent < 3n) return 'unusable';
      return bits < minRsaBits ? 'weak' : 'strong';
    }
    case 'ec':
      return strongCurves.has(namedCurve ?? '') ? 'strong' : 'weak';
    case 'dsa':
      return 'weak';
    default:
      return 'strong';
  }
}
