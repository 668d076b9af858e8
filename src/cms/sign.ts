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
  /** One, or several: each signs the same content, and names itself alone. */
  readonly signer: ContentSigner | readonly ContentSigner[];
  /** Signing time, ms since the epoch. */
  readonly atMs: number;
  /** Type of the content; by default id-data. */
  readonly eContentType?: string;
}

/**
 * Signs content: SignedData in DER with a SignerInfo for each signer, RFC 5652 §5, RFC 8551 §2.4.2.
 *
 * Signed attributes always stand: contentType, signingTime, messageDigest, SMIMECapabilities, encryption key preference,
 * SigningCertificateV2 and CMSAlgorithmProtection.
 *
 * @returns the ContentInfo
 * @throws CmsError `cannot-sign-with`, `key-mismatch`
 */
export function signContent(input: SignInput): Uint8Array {
  const { content, detached, eContentType = oids.data } = input;
  const signers = signersOf(input.signer).map(readySigner);
  const digests = new Map(
    signers.map(({ scheme, digestAlgorithm }) => [scheme.digest.name, digestAlgorithm]),
  );
  const octets = detached
    ? []
    : wrapPieces(identifiers.explicit0, wrapPieces(identifiers.octetString, [content]));
  return derContentInfo([
    // RFC 5652 §5.1: 1 for id-data with X.509 certificates and signers of version 1, else 3.
    derInteger(eContentType === oids.data ? 1 : 3),
    derSetOf(...digests.values()),
    ...wrapPieces(identifiers.sequence, [derOid(eContentType), ...octets]),
    derCertificates(certificatesOf(signers)),
    derSetOf(...signers.map((signer) => derSignerInfo(input, eContentType, signer))),
  ]);
}

/** A signer with the scheme that its key asks for. */
interface ReadySigner extends ContentSigner {
  readonly scheme: SigningScheme;
  readonly digestAlgorithm: Uint8Array;
}

function signersOf(signer: SignInput['signer']): readonly ContentSigner[] {
  const signers = [signer].flat();
  if (signers.length === 0) throw new CmsError('cannot-sign-with', 'a signature needs a signer');
  return signers;
}

function readySigner(signer: ContentSigner): ReadySigner {
  if (!keyMatchesCertificate(signer.privateKey, signer.certificate)) {
    throw new CmsError('key-mismatch', 'the private key does not belong to the certificate');
  }
  const scheme = signingSchemeFor(signer.privateKey, signer.rsaPadding);
  return { ...signer, scheme, digestAlgorithm: derDigestAlgorithm(scheme.digest) };
}

/** Gives the names of the digests that are signed with, each once, for `micalg`. */
export function signingDigests(signer: SignInput['signer']): readonly DigestName[] {
  const schemes = signersOf(signer).map((one) => signingSchemeFor(one.privateKey, one.rsaPadding));
  return [...new Set(schemes.map(({ digest }) => digest.name))];
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

/** The signers', their issuers' without the root, and those to encrypt to; each once. */
function certificatesOf(signers: readonly ContentSigner[]): readonly Certificate[] {
  const all = signers.flatMap(({ certificate, chain, encryptionCertificate }) => [
    certificate,
    ...(encryptionCertificate ? [encryptionCertificate] : []),
    ...chain.filter(({ issuer, subject }) => !sameBytes(issuer.der, subject.der)),
  ]);
  return [...new Map(all.map((one) => [one.sha256, one])).values()];
}

function derSignerInfo({ content, atMs }: SignInput, eContentType: string, signer: ReadySigner): Uint8Array {
  const { scheme, digestAlgorithm } = signer;
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
