import { readAlgorithm } from '../pki/algorithm.ts';
import type { Certificate } from '../pki/certificate.ts';
import {
  type Asn1,
  derExplicit,
  derInteger,
  derOctetString,
  derSequence,
  isUniversal,
  readInteger,
  readOctetString,
  readSequence,
  sameBytes,
  tags,
} from '../pki/der.ts';
import { computeDigest, type Digest, digestNamed, findDigest } from './digest.ts';
import { CmsError } from './error.ts';

/** What names the signer's certificate in a SigningCertificate attribute: ESSCertID or ESSCertIDv2, RFC 5035. */
export interface CertificateHash {
  /** Undefined where it is unknown: then nothing matches. */
  readonly digest: Digest | undefined;
  readonly hash: Uint8Array;
  readonly serialNumber: Uint8Array | undefined;
}

/**
 * Reads the value of a SigningCertificate attribute, RFC 2634 §5.4; the first ESSCertID names the signer's certificate.
 *
 * @throws CmsError `malformed-cms`; PkiError of the reader
 */
export function readSigningCertificate(value: Asn1): CertificateHash {
  const fields = firstIdentifier(value);
  return { digest: digestNamed('sha1'), ...readHashAndSerial(fields) };
}

/**
 * Reads the value of a SigningCertificateV2 attribute, RFC 5035 §3; the digest is SHA-256 where none is named.
 *
 * @throws CmsError `malformed-cms`; PkiError of the reader
 */
export function readSigningCertificateV2(value: Asn1): CertificateHash {
  const fields = firstIdentifier(value);
  const named = isUniversal(fields[0], tags.sequence);
  const digest = named ? findDigest(readAlgorithm(fields[0]).oid) : digestNamed('sha256');
  return { digest, ...readHashAndSerial(named ? fields.slice(1) : fields) };
}

function firstIdentifier(value: Asn1): readonly Asn1[] {
  const certs = readSequence(readSequence(value, 'a signing certificate')[0], 'the certificate identifiers');
  if (certs.length === 0) throw new CmsError('malformed-cms', 'a signing certificate names none');
  return readSequence(certs[0], 'a certificate identifier');
}

function readHashAndSerial(fields: readonly Asn1[]): Pick<CertificateHash, 'hash' | 'serialNumber'> {
  const [hash, issuerSerial] = fields;
  const serialNumber = issuerSerial === undefined ? undefined : readInteger(readSequence(issuerSerial)[1]);
  return { hash: readOctetString(hash, 'a certificate hash'), serialNumber };
}

/** Tells whether a certificate is the one that was named. */
export function isNamedCertificate(named: CertificateHash, certificate: Certificate): boolean {
  if (named.digest === undefined) return false;
  if (named.serialNumber !== undefined && !sameBytes(named.serialNumber, certificate.serialNumber))
    return false;
  return sameBytes(computeDigest(named.digest, certificate.der), named.hash);
}

/** Writes SigningCertificateV2 for one certificate, by SHA-256, with issuer and serial number. */
export function derSigningCertificateV2(certificate: Certificate): Uint8Array {
  const hash = derOctetString(computeDigest(digestNamed('sha256'), certificate.der));
  // IssuerSerial holds GeneralNames: a directoryName, [4] explicit.
  const issuer = derSequence(derExplicit(4, certificate.issuer.der));
  const issuerSerial = derSequence(issuer, derInteger(certificate.serialNumber));
  return derSequence(derSequence(derSequence(hash, issuerSerial)));
}
