import type { KeyObject } from 'node:crypto';
import { type Certificate, certificateUses } from '../pki/certificate.ts';
import {
  concatBytes,
  derImplicit,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derSetOf,
  derTime,
  sameBytes,
} from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { keyMatchesCertificate } from '../pki/private-key.ts';
import { derAlgorithmProtection } from './algorithm-protection.ts';
import { derAttribute } from './attribute.ts';
import { formatCapabilities, ownCapabilities } from './capability.ts';
import { derIssuerAndSerialNumber } from './certificate-identifier.ts';
import { type DerPieces, identifiers, wrapPieces } from './der-pieces.ts';
import { computeDigest, type DigestName, derDigestAlgorithm } from './digest.ts';
import { derEncryptionKeyPreference } from './encryption-key-preference.ts';
import { CmsError } from './error.ts';
import { derSigningCertificateV2 } from './signing-certificate.ts';
import { type SigningScheme, signingSchemeFor } from './signing-scheme.ts';

/** Who signs. */
export interface ContentSigner {
  readonly certificate: Certificate;
  readonly privateKey: KeyObject;
  /** Issuers of the certificate, nearest first; a self-signed root among them is not sent. */
  readonly chain: readonly Certificate[];
  /** Where others should encrypt to another certificate than the signing one; it is sent as well. */
  readonly encryptionCertificate?: Certificate;
  /** RSA keys sign by PKCS#1 v1.5 unless PSS is asked for. */
  readonly rsaPadding?: 'pkcs1' | 'pss';
}

/** What is signed, and how. */
export interface SignInput {
  readonly content: Uint8Array;
  /** Leaves the content out of the result, as multipart/signed needs it. */
  readonly detached: boolean;
  readonly signer: ContentSigner;
  /** Signing time, ms since the epoch. */
  readonly atMs: number;
  /** Type of the content; by default id-data. */
  readonly eContentType?: string;
}

/**
 * Signs content: SignedData with one signer in DER, RFC 5652 §5, RFC 8551 §2.4.2.
 *
 * Signed attributes always stand: contentType, signingTime, messageDigest, SMIMECapabilities, encryption key preference,
 * SigningCertificateV2 and CMSAlgorithmProtection.
 *
 * @returns the ContentInfo
 * @throws CmsError `cannot-sign-with`, `key-mismatch`
 */
export function signContent(input: SignInput): Uint8Array {
  const { content, detached, signer } = input;
  if (!keyMatchesCertificate(signer.privateKey, signer.certificate)) {
    throw new CmsError('key-mismatch', 'the private key does not belong to the certificate');
  }
  const eContentType = input.eContentType ?? oids.data;
  const scheme = signingSchemeFor(signer.privateKey, signer.rsaPadding);
  const digestAlgorithm = derDigestAlgorithm(scheme.digest);
  const octets = detached
    ? []
    : wrapPieces(identifiers.explicit0, wrapPieces(identifiers.octetString, [content]));
  return derContentInfo([
    // RFC 5652 §5.1: 1 for id-data with X.509 certificates and signers of version 1, else 3.
    derInteger(eContentType === oids.data ? 1 : 3),
    derSet(digestAlgorithm),
    ...wrapPieces(identifiers.sequence, [derOid(eContentType), ...octets]),
    derCertificates(certificatesOf(signer)),
    derSet(derSignerInfo(input, eContentType, scheme, digestAlgorithm)),
  ]);
}

/** Gives the name of the digest that a key signs with, for `micalg`. */
export function signingDigest(privateKey: KeyObject, rsaPadding?: 'pkcs1' | 'pss'): DigestName {
  return signingSchemeFor(privateKey, rsaPadding).digest.name;
}

/**
 * Writes certificates alone: SignedData without content and signers, RFC 8551 §3.8.
 *
 * @returns the ContentInfo in DER
 */
export function formatCertsOnly(certificates: readonly Certificate[]): Uint8Array {
  const none = derSet();
  return derContentInfo([
    derInteger(1),
    none,
    derSequence(derOid(oids.data)),
    derCertificates(certificates),
    none,
  ]);
}

function derContentInfo(signedData: DerPieces): Uint8Array {
  const content = wrapPieces(identifiers.explicit0, wrapPieces(identifiers.sequence, signedData));
  return concatBytes(...wrapPieces(identifiers.sequence, [derOid(oids.signedData), ...content]));
}

function derCertificates(certificates: readonly Certificate[]): Uint8Array {
  return derImplicit(0, derSetOf(...certificates.map(({ der }) => der)));
}

/** The signer's, its issuers' without the root, and the one to encrypt to; each once. */
function certificatesOf({
  certificate,
  chain,
  encryptionCertificate,
}: ContentSigner): readonly Certificate[] {
  const issuers = chain.filter(({ issuer, subject }) => !sameBytes(issuer.der, subject.der));
  const all = [certificate, ...(encryptionCertificate ? [encryptionCertificate] : []), ...issuers];
  return [...new Map(all.map((one) => [one.sha256, one])).values()];
}

function derSignerInfo(
  { content, signer, atMs }: SignInput,
  eContentType: string,
  scheme: SigningScheme,
  digestAlgorithm: Uint8Array,
): Uint8Array {
  const preferred = preferredCertificate(signer);
  const attributes = [
    derAttribute(oids.contentType, derOid(eContentType)),
    derAttribute(oids.signingTime, derTime(atMs)),
    derAttribute(oids.messageDigest, derOctetString(computeDigest(scheme.digest, content))),
    derAttribute(oids.smimeCapabilities, formatCapabilities(ownCapabilities)),
    ...(preferred ? [derAttribute(oids.encryptionKeyPreference, derEncryptionKeyPreference(preferred))] : []),
    derAttribute(oids.signingCertificateV2, derSigningCertificateV2(signer.certificate)),
    derAttribute(oids.cmsAlgorithmProtection, derAlgorithmProtection(digestAlgorithm, scheme.algorithm)),
  ];
  // RFC 5652 §5.4: what is signed has the tag of a SET OF, what is sent an implicit [0].
  const toSign = derSetOf(...attributes);
  return derSequence(
    derInteger(1),
    derIssuerAndSerialNumber(signer.certificate),
    digestAlgorithm,
    derImplicit(0, toSign),
    scheme.algorithm,
    derOctetString(scheme.sign(toSign)),
  );
}

function preferredCertificate({
  certificate,
  encryptionCertificate,
}: ContentSigner): Certificate | undefined {
  return encryptionCertificate ?? (certificateUses(certificate).encrypt ? certificate : undefined);
}
