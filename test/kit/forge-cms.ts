/** Writes CMS structures that our own writers refuse to make: malformed, mixed up, hostile. */
import { derAttribute } from '../../src/cms/attribute.ts';
import { derIssuerAndSerialNumber } from '../../src/cms/certificate-identifier.ts';
import { type ContentInfo, parseContentInfo } from '../../src/cms/content-info.ts';
import { computeDigest, type DigestName, derDigestAlgorithm, digestNamed } from '../../src/cms/digest.ts';
import { signingSchemeFor } from '../../src/cms/signing-scheme.ts';
import type { Certificate } from '../../src/pki/certificate.ts';
import {
  derExplicit,
  derImplicit,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derSetOf,
} from '../../src/pki/der.ts';
import { oids } from '../../src/pki/oid.ts';
import type { TestIdentity } from './ca.ts';

/** What a forged SignedData differs in from an honest one. */
export interface ForgedSigner {
  readonly signer: TestIdentity;
  readonly content: Uint8Array;
  /** Attributes in DER in place of contentType and messageDigest; `none` leaves them out and signs the content. */
  readonly attributes?: readonly Uint8Array[] | 'none';
  /** Added to contentType and messageDigest. */
  readonly more?: readonly Uint8Array[];
  readonly unsigned?: readonly Uint8Array[];
  /** Whole signed attributes as they are sent, implicit tag included; what is signed stays as it would be. */
  readonly sentAttributes?: Uint8Array;
  readonly digest?: DigestName;
  readonly digestAlgorithm?: Uint8Array;
  readonly signatureAlgorithm?: Uint8Array;
  readonly sid?: Uint8Array;
  readonly certificates?: readonly Pick<Certificate, 'der'>[];
  /** Revocation lists in DER. */
  readonly crls?: readonly Uint8Array[];
  readonly eContentType?: string;
  readonly signature?: Uint8Array;
}

/** Writes contentType and messageDigest as an honest signer would. */
export function honestAttributes({
  content,
  digest = 'sha256',
  eContentType = oids.data,
}: Partial<ForgedSigner>): Uint8Array[] {
  return [
    derAttribute(oids.contentType, derOid(eContentType)),
    derAttribute(oids.messageDigest, derOctetString(computeDigest(digestNamed(digest), content!))),
  ];
}

/** Writes a ContentInfo of type SignedData with one signer, content inside. */
export function forgeSigned(forged: ForgedSigner): Uint8Array {
  return forgeSignedBy([forged]);
}

/** Writes a ContentInfo of type SignedData with several signers over the content of the first. */
export function forgeSignedBy(signers: readonly ForgedSigner[]): Uint8Array {
  const { content, eContentType = oids.data } = signers[0]!;
  const certificates = signers.flatMap((one) => one.certificates ?? [one.signer.certificate]);
  const crls = signers.flatMap((one) => one.crls ?? []);
  return contentInfo(
    oids.signedData,
    derSequence(
      derInteger(1),
      derSetOf(derDigestAlgorithm(digestNamed('sha256'))),
      derSequence(derOid(eContentType), derExplicit(0, derOctetString(content))),
      derImplicit(0, derSetOf(...certificates.map(({ der }) => der))),
      ...(crls.length === 0 ? [] : [derImplicit(1, derSetOf(...crls))]),
      derSet(...signers.map(derForgedSignerInfo)),
    ),
  );
}

function derForgedSignerInfo(forged: ForgedSigner): Uint8Array {
  const scheme = signingSchemeFor(forged.signer.privateKey);
  const attributes = forged.attributes ?? [...honestAttributes(forged), ...(forged.more ?? [])];
  const signedAttrs = attributes === 'none' ? undefined : derSetOf(...attributes);
  const sent = forged.sentAttributes ?? (signedAttrs && derImplicit(0, signedAttrs));
  return derSequence(
    derInteger(1),
    forged.sid ?? derIssuerAndSerialNumber(forged.signer.certificate),
    forged.digestAlgorithm ?? derDigestAlgorithm(digestNamed(forged.digest ?? 'sha256')),
    ...(sent ? [sent] : []),
    forged.signatureAlgorithm ?? scheme.algorithm,
    derOctetString(forged.signature ?? scheme.sign(signedAttrs ?? forged.content)),
    ...(forged.unsigned ? [derImplicit(1, derSetOf(...forged.unsigned))] : []),
  );
}

/** Writes a ContentInfo. */
export function contentInfo(type: string, content: Uint8Array): Uint8Array {
  return derSequence(derOid(type), derExplicit(0, content));
}

/** Reads a ContentInfo that must be of one type. */
export function parseAs<T extends ContentInfo['type']>(
  type: T,
  bytes: Uint8Array,
): Extract<ContentInfo, { type: T }> {
  const info = parseContentInfo(bytes);
  if (info.type !== type) throw new Error(`read as ${info.type}, not as ${type}`);
  return info as Extract<ContentInfo, { type: T }>;
}
