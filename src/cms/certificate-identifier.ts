import type { Certificate } from '../pki/certificate.ts';
import {
  type Asn1,
  derInteger,
  derSequence,
  isContext,
  readAsn1,
  readInteger,
  readOctetString,
  readSequence,
  sameBytes,
} from '../pki/der.ts';
import { readName } from '../pki/name.ts';
import { CmsError } from './error.ts';

/** How CMS names a certificate: SignerIdentifier and RecipientIdentifier, RFC 5652 §5.3, §6.2.1. */
export type CertificateIdentifier =
  | {
      readonly type: 'issuerAndSerialNumber';
      /** The issuer's Name in DER, as it stands. */
      readonly issuer: Uint8Array;
      /** Content octets of the serial number. */
      readonly serialNumber: Uint8Array;
    }
  | { readonly type: 'subjectKeyIdentifier'; readonly keyIdentifier: Uint8Array }
  | { readonly type: 'other' };

/**
 * Reads an IssuerAndSerialNumber.
 *
 * @throws CmsError `malformed-cms`; PkiError of the reader
 */
export function readIssuerAndSerialNumber(node: Asn1): CertificateIdentifier {
  const [issuer, serialNumber, more] = readSequence(node, 'an issuer and serial number');
  if (issuer === undefined || serialNumber === undefined || more !== undefined) {
    throw new CmsError('malformed-cms', 'an issuer and serial number has a wrong number of fields');
  }
  readSequence(issuer, 'an issuer');
  return { type: 'issuerAndSerialNumber', issuer: issuer.raw, serialNumber: readInteger(serialNumber) };
}

/**
 * Reads a SignerIdentifier or RecipientIdentifier: IssuerAndSerialNumber, or `[0]` SubjectKeyIdentifier.
 *
 * @param node undefined gives `malformed-cms`
 * @throws CmsError `malformed-cms`; PkiError of the reader
 */
export function readCertificateIdentifier(node: Asn1 | undefined): CertificateIdentifier {
  if (node === undefined) throw new CmsError('malformed-cms', 'the identifier of a certificate is missing');
  if (node.class === 0) return readIssuerAndSerialNumber(node);
  if (isContext(node, 0)) return { type: 'subjectKeyIdentifier', keyIdentifier: readOctetString(node) };
  return { type: 'other' };
}

/** Writes the IssuerAndSerialNumber of a certificate. */
export function derIssuerAndSerialNumber(certificate: Certificate): Uint8Array {
  return derSequence(certificate.issuer.der, derInteger(certificate.serialNumber));
}

/**
 * Tells whether an identifier names a certificate.
 *
 * A key identifier counts only where the certificate has one of its own (RFC 5652 §6.2.1); several certificates may
 * share one, so the caller tries each.
 */
export function namesThisCertificate(identifier: CertificateIdentifier, certificate: Certificate): boolean {
  switch (identifier.type) {
    case 'issuerAndSerialNumber':
      return (
        sameBytes(identifier.serialNumber, certificate.serialNumber) &&
        isIssuer(identifier.issuer, certificate)
      );
    case 'subjectKeyIdentifier':
      return (
        certificate.subjectKeyIdentifier !== undefined &&
        sameBytes(identifier.keyIdentifier, certificate.subjectKeyIdentifier)
      );
    case 'other':
      return false;
  }
}

/** Some programs write the issuer anew with other string types: names that match by RFC 5280 §7.1 are the same. */
function isIssuer(issuer: Uint8Array, certificate: Certificate): boolean {
  if (sameBytes(issuer, certificate.issuer.der)) return true;
  try {
    return readName(readAsn1(issuer)).key === certificate.issuer.key;
  } catch {
    return false;
  }
}

/** Gives an identifier as text for `inspect`: the serial number, or the key identifier, in lower-case hexadecimal. */
export function describeIdentifier(identifier: CertificateIdentifier): string {
  switch (identifier.type) {
    case 'issuerAndSerialNumber':
      return `serial:${Buffer.from(identifier.serialNumber).toString('hex')}`;
    case 'subjectKeyIdentifier':
      return `ski:${Buffer.from(identifier.keyIdentifier).toString('hex')}`;
    case 'other':
      return 'other';
  }
}
