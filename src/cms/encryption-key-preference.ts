import type { Certificate } from '../pki/certificate.ts';
import { type Asn1, derImplicit, isContext, readOctetString, readSequence } from '../pki/der.ts';
import {
  type CertificateIdentifier,
  derIssuerAndSerialNumber,
  namesThisCertificate,
  readIssuerAndSerialNumber,
} from './certificate-identifier.ts';

/** Which certificate a signer wants to be encrypted to, SMIMEEncryptionKeyPreference, RFC 8551 §2.5.3. */
export type EncryptionKeyPreference = CertificateIdentifier;

/**
 * Reads the value of an SMIMEEncryptionKeyPreference attribute.
 *
 * @throws CmsError `malformed-cms`; PkiError of the reader
 */
export function readEncryptionKeyPreference(value: Asn1): EncryptionKeyPreference {
  if (isContext(value, 0)) return readIssuerAndSerialNumber(value);
  if (isContext(value, 1)) {
    return { type: 'subjectKeyIdentifier', keyIdentifier: readOctetString(readSequence(value)[0]) };
  }
  if (isContext(value, 2)) return { type: 'subjectKeyIdentifier', keyIdentifier: readOctetString(value) };
  return { type: 'other' };
}

/** Writes the preference for a certificate, by issuer and serial number. */
export function derEncryptionKeyPreference(certificate: Certificate): Uint8Array {
  return derImplicit(0, derIssuerAndSerialNumber(certificate));
}

/**
 * Finds the certificate that a preference names.
 *
 * @param certificates those that came with the signature
 * @returns undefined when none is named; the caller still checks path, address and key usage
 */
export function findPreferredCertificate(
  preference: EncryptionKeyPreference,
  certificates: readonly Certificate[],
): Certificate | undefined {
  return certificates.find((certificate) => namesThisCertificate(preference, certificate));
}
