import { findPreferredCertificate } from '../cms/encryption-key-preference.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { SignerReport } from './layer.ts';

/** Which certificate a signature itself says that its signer is to be encrypted to, RFC 8551 §2.5.3. */
export type Preference =
  | { readonly status: 'none' }
  /** Path, address and key usage are the caller's to check. */
  | { readonly status: 'named'; readonly certificate: Certificate }
  | { readonly status: 'not-sent-along' };

/**
 * Finds the certificate that a signature prefers.
 *
 * @param certificates those of the message that are looked at
 */
export function preferenceOf(
  { encryptionKeyPreference }: Pick<SignerReport, 'encryptionKeyPreference'>,
  certificates: readonly Certificate[],
): Preference {
  if (!encryptionKeyPreference) return { status: 'none' };
  const certificate = findPreferredCertificate(encryptionKeyPreference, certificates);
  return certificate ? { status: 'named', certificate } : { status: 'not-sent-along' };
}
