import type { AlgorithmIdentifier } from '../pki/algorithm.ts';
import { readAlgorithm } from '../pki/algorithm.ts';
import { type Certificate, parseCertificate } from '../pki/certificate.ts';
import { type CertificateList, parseCertificateList } from '../pki/crl.ts';
import {
  type Asn1,
  isContext,
  isUniversal,
  readExplicit,
  readOctetString,
  readOid,
  readSequence,
  readSet,
  readSmallInteger,
  tags,
} from '../pki/der.ts';
import { PkiError } from '../pki/error.ts';
import { type CertificateIdentifier, readCertificateIdentifier } from './certificate-identifier.ts';
import { CmsError } from './error.ts';

/** Certificates of other formats and CRLs count as well. */
export const maxCertificates = 100;
/** Each costs a verification. */
export const maxSignerInfos = 16;

/** SignedData, RFC 5652 §5.1. */
export interface SignedData {
  readonly type: 'signed';
  readonly version: number;
  readonly digestAlgorithms: readonly AlgorithmIdentifier[];
  readonly eContentType: string;
  /** The content when it lies inside; undefined when it is detached. */
  readonly eContent: Uint8Array | undefined;
  /** The X.509 certificates that could be read, in their order. */
  readonly certificates: readonly Certificate[];
  readonly crls: readonly CertificateList[];
  /** How many certificates and CRLs were of another format or could not be read. */
  readonly unreadable: number;
  readonly signerInfos: readonly SignerInfo[];
}

/** SignerInfo, RFC 5652 §5.3. */
export interface SignerInfo {
  readonly version: number;
  readonly sid: CertificateIdentifier;
  readonly digestAlgorithm: AlgorithmIdentifier;
  /** The signed attributes as they stand, with their implicit tag; undefined where absent. */
  readonly signedAttrs: Asn1 | undefined;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly unsignedAttrs: Asn1 | undefined;
}

/**
 * Reads the content of a ContentInfo of type SignedData.
 *
 * @throws CmsError `malformed-cms`, `too-many-certificates`, `too-many-signers`; PkiError of the reader
 */
export function readSignedData(node: Asn1): SignedData {
  const fields = [...readSequence(node, 'signed data')];
  const version = readSmallInteger(fields.shift());
  const digestAlgorithms = readSet(fields.shift(), 'the digest algorithms').map(readAlgorithm);
  const { contentType, content } = readEncapsulated(fields.shift());
  const certificates = isContext(fields[0], 0) ? membersOf(fields.shift()) : [];
  const crls = isContext(fields[0], 1) ? membersOf(fields.shift()) : [];
  const signers = readSet(fields.shift(), 'the signer infos');
  if (fields.length > 0) throw new CmsError('malformed-cms', 'fields follow the signer infos');
  if (signers.length > maxSignerInfos) {
    throw new CmsError('too-many-signers', `the message has ${signers.length} signers`);
  }
  const readable = readCertificates(certificates);
  const lists = readLists(crls);
  return {
    type: 'signed',
    version,
    digestAlgorithms,
    eContentType: contentType,
    eContent: content,
    certificates: readable,
    crls: lists,
    unreadable: certificates.length + crls.length - readable.length - lists.length,
    signerInfos: signers.map(readSignerInfo),
  };
}

/** Reads an EncapsulatedContentInfo, RFC 5652 §5.2. */
export function readEncapsulated(node: Asn1 | undefined): {
  readonly contentType: string;
  readonly content: Uint8Array | undefined;
} {
  const [type, content, more] = readSequence(node, 'the encapsulated content');
  if (more !== undefined) throw new CmsError('malformed-cms', 'fields follow the encapsulated content');
  const contentType = readOid(type);
  if (content === undefined) return { contentType, content: undefined };
  if (!isContext(content, 0)) throw new CmsError('malformed-cms', 'the encapsulated content has a wrong tag');
  const inner = readExplicit(content);
  // PKCS#7 allowed any type here; for mail it is always an OCTET STRING.
  if (!isUniversal(inner, tags.octetString)) {
    throw new CmsError('malformed-cms', 'the encapsulated content is not an octet string');
  }
  return { contentType, content: readOctetString(inner) };
}

function membersOf(node: Asn1 | undefined): readonly Asn1[] {
  const members = readSet(node, 'a set of certificates or CRLs');
  if (members.length > maxCertificates) {
    throw new CmsError('too-many-certificates', `the message carries ${members.length} certificates or CRLs`);
  }
  return members;
}

/** One that cannot be read takes nothing from the others. */
function readCertificates(members: readonly Asn1[]): readonly Certificate[] {
  return members
    .filter((member) => isUniversal(member, tags.sequence))
    .flatMap((member) => readOr(() => parseCertificate(member.raw)));
}

function readLists(members: readonly Asn1[]): readonly CertificateList[] {
  return members
    .filter((member) => isUniversal(member, tags.sequence))
    .flatMap((member) => readOr(() => parseCertificateList(member.raw)));
}

function readOr<T>(read: () => T): readonly T[] {
  try {
    return [read()];
  } catch (error) {
    if (error instanceof PkiError) return [];
    throw error;
  }
}

function readSignerInfo(node: Asn1): SignerInfo {
  const fields = [...readSequence(node, 'a signer info')];
  const version = readSmallInteger(fields.shift());
  const sid = readCertificateIdentifier(fields.shift());
  const digestAlgorithm = readAlgorithm(fields.shift());
  const signedAttrs = isContext(fields[0], 0) ? fields.shift() : undefined;
  const signatureAlgorithm = readAlgorithm(fields.shift());
  const signature = readOctetString(fields.shift(), 'a signature');
  const unsignedAttrs = isContext(fields[0], 1) ? fields.shift() : undefined;
  if (fields.length > 0) throw new CmsError('malformed-cms', 'fields follow a signer info');
  return { version, sid, digestAlgorithm, signedAttrs, signatureAlgorithm, signature, unsignedAttrs };
}
