import { createHash, type KeyObject } from 'node:crypto';
import { type AlgorithmIdentifier, readAlgorithm } from './algorithm.ts';
import {
  type CertificateExtensions,
  type Extension,
  readCertificateExtensions,
  readExtensions,
} from './certificate-extensions.ts';
import {
  type Asn1,
  isContext,
  readAsn1,
  readBitString,
  readExplicit,
  readInteger,
  readSequence,
  readSignatureBits,
  readSmallInteger,
  readTime,
  sameBytes,
} from './der.ts';
import { PkiError } from './error.ts';
import type { GeneralName } from './general-name.ts';
import type { KeyUsageBit } from './key-usage.ts';
import { mailAddressesOf } from './mail-name.ts';
import { type Name, readName, sameName } from './name.ts';
import { oids } from './oid.ts';
import { publicKeyFromSpki } from './public-key.ts';

export { formatName } from './name-text.ts';

/** A certificate of X.509, read by RFC 5280 §4.1 and checked against its ASN.1. */
export interface Certificate extends CertificateExtensions {
  readonly der: Uint8Array;
  /** The part that is signed. */
  readonly tbs: Uint8Array;
  /** 1, 2 or 3. */
  readonly version: number;
  /** The content octets of the serial number. */
  readonly serialNumber: Uint8Array;
  /** The serial number in lower-case hex, two digits an octet, without an octet that only keeps it positive. */
  readonly serial: string;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** The SubjectPublicKeyInfo as it stands. */
  readonly spki: Uint8Array;
  readonly publicKeyAlgorithm: AlgorithmIdentifier;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly extensions: readonly Extension[];
  readonly keyUsage: ReadonlySet<KeyUsageBit> | undefined;
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength?: number } | undefined;
  /** Empty when the extension is missing. */
  readonly subjectAltName: readonly GeneralName[];
  /** Lower-case hex of SHA-256 over the whole certificate. */
  readonly sha256: string;
}

/** A certificate larger than this is not read. */
const maxCertificateBytes = 1_048_576;

/** RFC 5280 §4.1.2.2 allows 20 octets; more are read, but not without end. */
const maxSerialBytes = 64;

/**
 * Reads a certificate in DER.
 *
 * Everything that RFC 5280 gives a syntax is checked against it, the understood extensions too.
 *
 * @param der exactly one certificate, at most {@link maxCertificateBytes}
 * @throws PkiError `bad-certificate`, `bad-extension`, `bad-name`, `too-big`, or a code of the reader
 */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length > maxCertificateBytes) throw new PkiError('too-big', 'a certificate is too large');
  const [tbs, algorithm, signature, ...rest] = readSequence(readAsn1(der, { strict: true }), 'a certificate');
  if (tbs === undefined || signature === undefined || rest.length > 0) {
    throw new PkiError('bad-certificate', 'a certificate has not three members');
  }
  const signatureAlgorithm = readAlgorithm(algorithm);
  const body = readTbs(tbs);
  // RFC 5280 §4.1.1.2: the algorithm inside and outside of the signed part are the same.
  if (!sameBytes(body.innerAlgorithm.raw, signatureAlgorithm.raw)) {
    throw new PkiError('bad-certificate', 'a certificate names two different signature algorithms');
  }
  return new ParsedCertificate(der, tbs.raw, body, signatureAlgorithm, readSignatureBits(signature));
}

interface TbsCertificate {
  readonly version: number;
  readonly serialNumber: Uint8Array;
  readonly innerAlgorithm: AlgorithmIdentifier;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly spki: Uint8Array;
  readonly publicKeyAlgorithm: AlgorithmIdentifier;
  readonly extensions: readonly Extension[];
}

// RFC 5280 §4.1.2.
function readTbs(tbs: Asn1): TbsCertificate {
  const members = [...readSequence(tbs, 'the signed part of a certificate')];
  const version = isContext(members[0], 0) ? readSmallInteger(readExplicit(members.shift()!)) + 1 : 1;
  const [serial, algorithm, issuer, validity, subject, spki, ...optional] = members;
  if (spki === undefined || version < 1 || version > 3) {
    throw new PkiError('bad-certificate', `a certificate of version ${version} is malformed`);
  }
  const serialNumber = readInteger(serial, 'the serial number');
  if (serialNumber.length > maxSerialBytes)
    throw new PkiError('bad-certificate', 'a serial number is too long');
  const [notBefore, notAfter, ...moreTimes] = readSequence(validity, 'the validity');
  if (moreTimes.length > 0) throw new PkiError('bad-certificate', 'the validity has more than two times');
  const keyMembers = readSequence(spki, 'a public key');
  if (keyMembers.length !== 2) throw new PkiError('bad-certificate', 'the public key is malformed');
  return {
    version,
    serialNumber,
    innerAlgorithm: readAlgorithm(algorithm),
    issuer: readName(issuer),
    subject: readName(subject),
    notBeforeMs: readTime(notBefore, 'the start of the validity'),
    notAfterMs: readTime(notAfter, 'the end of the validity'),
    spki: spki.raw,
    publicKeyAlgorithm: readAlgorithm(keyMembers[0]),
    extensions: readOptional(optional, version),
  };
}

/** Reads the unique identifiers, which are ignored, and the extensions, each where its version allows it. */
function readOptional(members: readonly Asn1[], version: number): readonly Extension[] {
  let lastTag = 0;
  let extensions: readonly Extension[] = [];
  for (const member of members) {
    const minimum =
      member.class === 2 && member.tag <= 3 && member.tag > lastTag ? (member.tag === 3 ? 3 : 2) : 4;
    // RFC 5280 §4.1.2.1: unique identifiers from version 2 on, extensions in version 3.
    if (version < minimum)
      throw new PkiError('bad-certificate', 'a certificate has a member that its version lacks');
    if (member.tag === 3) extensions = readExtensions(readExplicit(member));
    else readBitString(member, 'a unique identifier');
    lastTag = member.tag;
  }
  return extensions;
}

class ParsedCertificate implements Certificate {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly version: number;
  readonly serialNumber: Uint8Array;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly spki: Uint8Array;
  readonly publicKeyAlgorithm: AlgorithmIdentifier;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly extensions: readonly Extension[];
  readonly keyUsage: ReadonlySet<KeyUsageBit> | undefined;
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength?: number } | undefined;
  readonly subjectAltName: readonly GeneralName[];
  declare readonly subjectKeyIdentifier?: Uint8Array;
  #sha256: string | undefined;

  constructor(
    der: Uint8Array,
    tbs: Uint8Array,
    body: TbsCertificate,
    signatureAlgorithm: AlgorithmIdentifier,
    signature: Uint8Array,
  ) {
    this.der = der;
    this.tbs = tbs;
    this.version = body.version;
    this.serialNumber = body.serialNumber;
    this.issuer = body.issuer;
    this.subject = body.subject;
    this.notBeforeMs = body.notBeforeMs;
    this.notAfterMs = body.notAfterMs;
    this.spki = body.spki;
    this.publicKeyAlgorithm = body.publicKeyAlgorithm;
    this.signatureAlgorithm = signatureAlgorithm;
    this.signature = signature;
    this.extensions = body.extensions;
    const said = readCertificateExtensions(body.extensions);
    this.keyUsage = said.keyUsage;
    this.extendedKeyUsage = said.extendedKeyUsage;
    this.basicConstraints = said.basicConstraints;
    this.subjectAltName = [];
    Object.assign(this, said);
  }

  get serial(): string {
    const hex = Buffer.from(this.serialNumber).toString('hex');
    return hex.length > 2 && hex.startsWith('00') ? hex.slice(2) : hex;
  }

  get sha256(): string {
    this.#sha256 ??= createHash('sha256').update(this.der).digest('hex');
    return this.#sha256;
  }
}

/**
 * Gives the public key of a certificate; key objects are cached by the bytes of the key.
 *
 * @throws PkiError `bad-key`
 */
export function publicKeyOf(certificate: Certificate): KeyObject {
  return publicKeyFromSpki(certificate.spki);
}

/** Tells whether issuer and subject are one name, RFC 5280 §6.1. */
export function isSelfIssued(certificate: Certificate): boolean {
  return sameName(certificate.issuer, certificate.subject);
}

/** Tells whether two certificates are the same bytes. */
export function sameCertificate(a: Certificate, b: Certificate): boolean {
  return a === b || sameBytes(a.der, b.der);
}

/**
 * Gives every mail address that a certificate names, RFC 8550 §3 and RFC 9598.
 *
 * The emailAddress attributes of the subject count only where the subject alternative name has no mail name at all,
 * not even a malformed one.
 *
 * @returns canonical addresses (domain in lower-case A-labels, ASCII of the local part in lower case), each once;
 *   names that are no plain `local@domain` are left out
 */
export function certificateAddresses(certificate: Certificate): readonly string[] {
  return mailAddressesOf(certificate.subject, certificate.subjectAltName);
}

const signingKeys: ReadonlySet<string> = new Set([
  oids.rsaEncryption,
  oids.rsassaPss,
  oids.ecPublicKey,
  oids.ed25519,
  oids.ed448,
  oids.dsa,
  oids.mlDsa44,
  oids.mlDsa65,
  oids.mlDsa87,
]);
const transportKeys: ReadonlySet<string> = new Set([oids.rsaEncryption, oids.rsaesOaep]);
const agreementKeys: ReadonlySet<string> = new Set([oids.ecPublicKey, oids.x25519, oids.x448]);

/**
 * Tells what a certificate may do in S/MIME: by its key, its key usage (none allows both) and its extended key usage
 * (RFC 8550 §4.4.2 and §4.4.4). Keys of ML-DSA only sign (RFC 9881 §3).
 */
export function certificateUses(certificate: Certificate): {
  readonly sign: boolean;
  readonly encrypt: boolean;
} {
  const { keyUsage, extendedKeyUsage } = certificate;
  const { oid } = certificate.publicKeyAlgorithm;
  const isForMail =
    extendedKeyUsage === undefined ||
    extendedKeyUsage.includes(oids.emailProtection) ||
    extendedKeyUsage.includes(oids.anyExtendedKeyUsage);
  const allows = (bit: KeyUsageBit): boolean => keyUsage === undefined || keyUsage.has(bit);
  const sign = signingKeys.has(oid) && (allows('digitalSignature') || allows('nonRepudiation'));
  // RFC 5280 §4.2.1.3: with encipherOnly the key may not decipher what was agreed on, and that is what a recipient does.
  const mayDecipher = keyUsage === undefined || !keyUsage.has('encipherOnly');
  const encrypt =
    (transportKeys.has(oid) && allows('keyEncipherment')) ||
    (agreementKeys.has(oid) && allows('keyAgreement') && mayDecipher);
  return { sign: isForMail && sign, encrypt: isForMail && encrypt };
}
