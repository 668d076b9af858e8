import { createHash } from 'node:crypto';
import { type AlgorithmIdentifier, readAlgorithm } from './algorithm.ts';
import {
  type AuthorityKeyIdentifier,
  type Extension,
  findExtension,
  readAuthorityKeyIdentifier,
  readExtensions,
} from './certificate-extensions.ts';
import {
  type Asn1,
  eachMember,
  isContext,
  isUniversal,
  readAsn1,
  readExplicit,
  readInteger,
  readSequence,
  readSignatureBits,
  readSmallInteger,
  readTime,
  sameBytes,
  tags,
} from './der.ts';
import {
  type DistributionPoint,
  type IssuingDistributionPoint,
  readDistributionPoints,
  readIssuingDistributionPoint,
} from './distribution-point.ts';
import { PkiError } from './error.ts';
import { readGeneralNames } from './general-name.ts';
import { type Name, readName } from './name.ts';
import { oids } from './oid.ts';

/** One revoked certificate of a CRL, RFC 5280 §5.1.2.6 and §5.3. */
export interface RevokedCertificate {
  readonly revokedAtMs: number;
  /** CRLReason, 0 when none is told. */
  readonly reason: number;
}

/** CRLReason values that mean something to us, RFC 5280 §5.3.1. */
export const crlReasons = { certificateHold: 6, removeFromCrl: 8 } as const;

/** A certificate revocation list, read by RFC 5280 §5. */
export interface CertificateList {
  readonly der: Uint8Array;
  /** The part that is signed. */
  readonly tbs: Uint8Array;
  readonly issuer: Name;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly extensions: readonly Extension[];
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | undefined;
  /** The content octets of the number. */
  readonly crlNumber: Uint8Array | undefined;
  /** The number of the complete CRL that this delta CRL starts from; undefined for a complete one. */
  readonly baseCrlNumber: Uint8Array | undefined;
  readonly issuingDistributionPoint: IssuingDistributionPoint | undefined;
  readonly freshestCrl: readonly DistributionPoint[] | undefined;
  /** A critical extension of the CRL or of an entry that is not understood: the CRL must not be used. */
  readonly unknownCriticalExtension: string | undefined;
  /** How many certificates it lists. */
  readonly size: number;
  /** Lower-case hex of SHA-256 over the whole CRL. */
  readonly sha256: string;
  /** Finds the entry of a certificate by its issuer and the content octets of its serial number. */
  find(issuer: Name, serialNumber: Uint8Array): RevokedCertificate | undefined;
}

/** A CRL larger than this is not read: about a million entries. */
const maxCrlBytes = 64 * 1024 * 1024;

/**
 * Reads a CRL in DER.
 *
 * @param der exactly one CRL, at most {@link maxCrlBytes}
 * @throws PkiError `bad-crl`, `bad-extension`, `bad-name`, `too-big`, or a code of the reader
 */
export function parseCertificateList(der: Uint8Array): CertificateList {
  if (der.length > maxCrlBytes) throw new PkiError('too-big', 'a CRL is too large');
  const [tbs, algorithm, signature, ...rest] = readSequence(readAsn1(der, { strict: true }), 'a CRL');
  if (tbs === undefined || signature === undefined || rest.length > 0) {
    throw new PkiError('bad-crl', 'a CRL has not three members');
  }
  const signatureAlgorithm = readAlgorithm(algorithm);
  const body = readTbs(tbs);
  // RFC 5280 §5.1.1.2: the algorithm inside and outside of the signed part are the same.
  if (!sameBytes(body.innerAlgorithm.raw, signatureAlgorithm.raw)) {
    throw new PkiError('bad-crl', 'a CRL names two different signature algorithms');
  }
  return new ParsedCrl(der, tbs.raw, body, signatureAlgorithm, readSignatureBits(signature));
}

interface TbsCrl {
  readonly innerAlgorithm: AlgorithmIdentifier;
  readonly issuer: Name;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
  readonly entries: Entries;
  readonly extensions: readonly Extension[];
}

// RFC 5280 §5.1.2.
function readTbs(tbs: Asn1): TbsCrl {
  const members = [...readSequence(tbs, 'the signed part of a CRL')];
  const version = isUniversal(members[0], tags.integer) ? readSmallInteger(members.shift()) + 1 : 1;
  // RFC 5280 §5.1.2.1: the version is left out, or is 2.
  if (version > 2 || version < 1) throw new PkiError('bad-crl', `${version} is no version of a CRL`);
  const innerAlgorithm = readAlgorithm(members.shift());
  const issuer = readName(members.shift());
  const thisUpdateMs = readTime(members.shift(), 'the time of a CRL');
  const nextUpdateMs = isTime(members[0]) ? readTime(members.shift(), 'the next time of a CRL') : undefined;
  const revoked = isUniversal(members[0], tags.sequence) ? eachMember(members.shift()!) : [];
  const explicit = members.shift();
  if (members.length > 0 || (explicit !== undefined && (!isContext(explicit, 0) || version < 2))) {
    throw new PkiError('bad-crl', 'a CRL has a member that does not belong there');
  }
  const extensions = explicit === undefined ? [] : readExtensions(readExplicit(explicit));
  return {
    innerAlgorithm,
    issuer,
    thisUpdateMs,
    nextUpdateMs,
    entries: readEntries(revoked, issuer),
    extensions,
  };
}

function isTime(node: Asn1 | undefined): boolean {
  return isUniversal(node, tags.utcTime) || isUniversal(node, tags.generalizedTime);
}

/** The entries by serial number, in one map for each issuer of certificates. */
interface Entries {
  readonly byIssuer: ReadonlyMap<string, ReadonlyMap<string, RevokedCertificate>>;
  readonly size: number;
  readonly unknownCriticalExtension: string | undefined;
}

function readEntries(nodes: Iterable<Asn1>, crlIssuer: Name): Entries {
  let issuer = crlIssuer;
  let unknownCriticalExtension: string | undefined;
  let entries = new Map<string, RevokedCertificate>();
  const byIssuer = new Map([[issuer.key, entries]]);
  let size = 0;
  for (const node of nodes) {
    size += 1;
    const [serial, date, extensions, ...rest] = readSequence(node, 'an entry of a CRL');
    if (rest.length > 0) throw new PkiError('bad-crl', 'an entry of a CRL has a strange member');
    const said = extensions === undefined ? plainEntry : readEntryExtensions(extensions);
    unknownCriticalExtension ??= said.unknownCritical;
    // RFC 5280 §5.3.3: an issuer holds for the entries that follow as well.
    if (said.issuer !== undefined && said.issuer.key !== issuer.key) {
      issuer = said.issuer;
      entries = byIssuer.get(issuer.key) ?? new Map<string, RevokedCertificate>();
      byIssuer.set(issuer.key, entries);
    }
    const key = serialKey(readInteger(serial, 'a serial number'));
    entries.set(key, { revokedAtMs: readTime(date, 'the time of a revocation'), reason: said.reason });
  }
  return { byIssuer, size, unknownCriticalExtension };
}

interface EntryExtensions {
  readonly reason: number;
  readonly issuer: Name | undefined;
  readonly unknownCritical: string | undefined;
}

const plainEntry: EntryExtensions = { reason: 0, issuer: undefined, unknownCritical: undefined };

/** Entry extensions that are understood, or may be critical without a consequence for us (RFC 5280 §5.3). */
const entryExtensions: ReadonlySet<string> = new Set([
  oids.reasonCode,
  oids.invalidityDate,
  oids.holdInstructionCode,
  oids.certificateIssuer,
]);

function readEntryExtensions(node: Asn1): EntryExtensions {
  const extensions = readExtensions(node);
  const reason = readKnown(extensions, oids.reasonCode, (value) => readSmallInteger(value, 'a reason'));
  return {
    reason: reason ?? 0,
    issuer: readKnown(extensions, oids.certificateIssuer, readCertificateIssuer),
    unknownCritical: extensions.find(({ critical, oid }) => critical && !entryExtensions.has(oid))?.oid,
  };
}

function readCertificateIssuer(value: Asn1): Name {
  const names = readGeneralNames(value, 'the issuer of an entry');
  const directory = names.find((name) => name.type === 'directoryName');
  // RFC 5280 §5.3.3: the distinguished name of the issuer must be there.
  if (directory === undefined)
    throw new PkiError('asn1-value', 'the issuer of an entry has no distinguished name');
  return directory.name;
}

/** Reads the value of one extension; faults are told as faults of the extension. */
function readKnown<T>(extensions: readonly Extension[], oid: string, read: (node: Asn1) => T): T | undefined {
  const extension = findExtension(extensions, oid);
  if (extension === undefined) return undefined;
  try {
    return read(readAsn1(extension.value, { strict: true }));
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause;
    throw new PkiError('bad-extension', `the extension ${oid} is malformed: ${cause.message}`, { cause });
  }
}

function serialKey(serialNumber: Uint8Array): string {
  return Buffer.from(serialNumber.buffer, serialNumber.byteOffset, serialNumber.length).toString('latin1');
}

/** Extensions of a CRL that are understood (RFC 5280 §5.2). */
const crlExtensions: ReadonlySet<string> = new Set([
  oids.authorityKeyIdentifier,
  oids.issuerAltName,
  oids.crlNumber,
  oids.deltaCrlIndicator,
  oids.issuingDistributionPoint,
  oids.freshestCrl,
  oids.authorityInfoAccess,
]);

class ParsedCrl implements CertificateList {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly issuer: Name;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly extensions: readonly Extension[];
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | undefined;
  readonly crlNumber: Uint8Array | undefined;
  readonly baseCrlNumber: Uint8Array | undefined;
  readonly issuingDistributionPoint: IssuingDistributionPoint | undefined;
  readonly freshestCrl: readonly DistributionPoint[] | undefined;
  readonly unknownCriticalExtension: string | undefined;
  readonly #entries: Entries;
  #sha256: string | undefined;

  constructor(
    der: Uint8Array,
    tbs: Uint8Array,
    body: TbsCrl,
    signatureAlgorithm: AlgorithmIdentifier,
    signature: Uint8Array,
  ) {
    const { extensions } = body;
    this.der = der;
    this.tbs = tbs;
    this.issuer = body.issuer;
    this.thisUpdateMs = body.thisUpdateMs;
    this.nextUpdateMs = body.nextUpdateMs;
    this.signatureAlgorithm = signatureAlgorithm;
    this.signature = signature;
    this.extensions = extensions;
    this.authorityKeyIdentifier = readKnown(
      extensions,
      oids.authorityKeyIdentifier,
      readAuthorityKeyIdentifier,
    );
    this.crlNumber = readKnown(extensions, oids.crlNumber, readNumber);
    this.baseCrlNumber = readKnown(extensions, oids.deltaCrlIndicator, readNumber);
    this.issuingDistributionPoint = readKnown(
      extensions,
      oids.issuingDistributionPoint,
      readIssuingDistributionPoint,
    );
    this.freshestCrl = readKnown(extensions, oids.freshestCrl, readDistributionPoints);
    this.unknownCriticalExtension =
      extensions.find(({ critical, oid }) => critical && !crlExtensions.has(oid))?.oid ??
      body.entries.unknownCriticalExtension;
    this.#entries = body.entries;
  }

  get size(): number {
    return this.#entries.size;
  }

  get sha256(): string {
    this.#sha256 ??= createHash('sha256').update(this.der).digest('hex');
    return this.#sha256;
  }

  find(issuer: Name, serialNumber: Uint8Array): RevokedCertificate | undefined {
    return this.#entries.byIssuer.get(issuer.key)?.get(serialKey(serialNumber));
  }
}

/** RFC 5280 §5.2.3: at most 20 octets; not negative. */
const maxNumberBytes = 21;

function readNumber(node: Asn1): Uint8Array {
  const bytes = readInteger(node, 'a CRL number');
  if (bytes.length > maxNumberBytes || bytes[0]! >= 0x80)
    throw new PkiError('asn1-value', 'a CRL number is out of bounds');
  return bytes;
}

/**
 * Compares two CRL numbers by their content octets.
 *
 * @returns less than, equal to or greater than zero
 */
export function compareCrlNumbers(a: Uint8Array, b: Uint8Array): number {
  const [first, second] = [a, b].map((bytes) =>
    Buffer.from(bytes)
      .toString('hex')
      .replace(/^(00)+/, ''),
  );
  return first!.length - second!.length || (first! < second! ? -1 : first! > second! ? 1 : 0);
}
