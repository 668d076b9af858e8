import { type AlgorithmIdentifier, readAlgorithm } from '../pki/algorithm.ts';
import { type Asn1, derImplicit, derSequence, isContext, readSequence, sameBytes } from '../pki/der.ts';
import { isAbsentOrNull } from './algorithm.ts';
import { CmsError } from './error.ts';

/** CMSAlgorithmProtection, RFC 6211 §2. */
export interface AlgorithmProtection {
  readonly digestAlgorithm: AlgorithmIdentifier;
  readonly signatureAlgorithm: AlgorithmIdentifier;
}

/**
 * Reads the value of a CMSAlgorithmProtection attribute; of a signer it names a signature algorithm, never a MAC.
 *
 * @throws CmsError `malformed-cms`; PkiError of the reader
 */
export function readAlgorithmProtection(value: Asn1): AlgorithmProtection {
  const [digest, signature, more] = readSequence(value, 'an algorithm protection');
  if (more !== undefined || signature === undefined || !isContext(signature, 1)) {
    throw new CmsError(
      'malformed-cms',
      'an algorithm protection does not name a digest and a signature algorithm',
    );
  }
  return { digestAlgorithm: readAlgorithm(digest), signatureAlgorithm: readAlgorithm(signature) };
}

/** Writes CMSAlgorithmProtection from two identifiers in DER. */
export function derAlgorithmProtection(
  digestAlgorithm: Uint8Array,
  signatureAlgorithm: Uint8Array,
): Uint8Array {
  return derSequence(digestAlgorithm, derImplicit(1, signatureAlgorithm));
}

/** Tells whether two identifiers name the same algorithm; absent parameters and NULL are alike, RFC 6211 §2. */
export function isSameAlgorithm(a: AlgorithmIdentifier, b: AlgorithmIdentifier): boolean {
  if (a.oid !== b.oid) return false;
  if (isAbsentOrNull(a.parameters) && isAbsentOrNull(b.parameters)) return true;
  return a.parameters !== undefined && b.parameters !== undefined && sameBytes(a.parameters, b.parameters);
}
