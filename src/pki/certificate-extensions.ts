import {
  type Asn1,
  isContext,
  isUniversal,
  readAsn1,
  readBoolean,
  readInteger,
  readOctetString,
  readOid,
  readSequence,
  readSmallInteger,
  sameBytes,
  tags,
} from './der.ts';
import { type DistributionPoint, readDistributionPoints } from './distribution-point.ts';
import { PkiError } from './error.ts';
import { type GeneralName, readGeneralName, readGeneralNames } from './general-name.ts';
import { type KeyUsageBit, readKeyUsage } from './key-usage.ts';
import { oids } from './oid.ts';

/** An extension as it stands, RFC 5280 §4.1. */
export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** What the OCTET STRING holds. */
  readonly value: Uint8Array;
}

/** AuthorityKeyIdentifier, RFC 5280 §4.2.1.1. */
export interface AuthorityKeyIdentifier {
  readonly keyIdentifier: Uint8Array | undefined;
  readonly issuer: readonly GeneralName[] | undefined;
  readonly serialNumber: Uint8Array | undefined;
}

/** BasicConstraints, RFC 5280 §4.2.1.9. */
export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength?: number;
}

/** NameConstraints, RFC 5280 §4.2.1.10. */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

/** PolicyMappings, RFC 5280 §4.2.1.5. */
export interface PolicyMapping {
  readonly issuerDomainPolicy: string;
  readonly subjectDomainPolicy: string;
}

/** PolicyConstraints, RFC 5280 §4.2.1.11. */
export interface PolicyConstraints {
  readonly requireExplicitPolicy: number | undefined;
  readonly inhibitPolicyMapping: number | undefined;
}

/** What the extensions that are understood say. */
export interface CertificateExtensions {
  readonly subjectKeyIdentifier?: Uint8Array;
  readonly authorityKeyIdentifier?: AuthorityKeyIdentifier;
  readonly keyUsage?: ReadonlySet<KeyUsageBit>;
  readonly extendedKeyUsage?: readonly string[];
  readonly basicConstraints?: BasicConstraints;
  readonly subjectAltName?: readonly GeneralName[];
  readonly issuerAltName?: readonly GeneralName[];
  readonly nameConstraints?: NameConstraints;
  readonly certificatePolicies?: readonly string[];
  readonly policyMappings?: readonly PolicyMapping[];
  readonly policyConstraints?: PolicyConstraints;
  readonly inhibitAnyPolicy?: number;
  readonly crlDistributionPoints?: readonly DistributionPoint[];
  readonly freshestCrl?: readonly DistributionPoint[];
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
type Reader = (node: Asn1, into: Writable<CertificateExtensions>) => void;

const maxExtensions = 64;
const maxListed = 1024;

/** How each extension that is understood is read; one that stands not here is kept, and refused where it is critical. */
const readers: Readonly<Record<string, Reader>> = {
  [oids.subjectKeyIdentifier]: (node, into) => {
    into.subjectKeyIdentifier = readOctetString(node, 'the subject key identifier');
  },
  [oids.authorityKeyIdentifier]: (node, into) => {
    into.authorityKeyIdentifier = readAuthorityKeyIdentifier(node);
  },
  [oids.keyUsage]: (node, into) => {
    into.keyUsage = readKeyUsage(node);
  },
  [oids.extendedKeyUsage]: (node, into) => {
    into.extendedKeyUsage = listOf(node, 'the extended key usage').map((member) => readOid(member));
  },
  [oids.basicConstraints]: (node, into) => {
    into.basicConstraints = readBasicConstraints(node);
  },
  [oids.subjectAltName]: (node, into) => {
    into.subjectAltName = readGeneralNames(node, 'the subject alternative name');
  },
  [oids.issuerAltName]: (node, into) => {
    into.issuerAltName = readGeneralNames(node, 'the issuer alternative name');
  },
  [oids.nameConstraints]: (node, into) => {
    into.nameConstraints = readNameConstraints(node);
  },
  [oids.certificatePolicies]: (node, into) => {
    into.certificatePolicies = readPolicies(node);
  },
  [oids.policyMappings]: (node, into) => {
    into.policyMappings = listOf(node, 'the policy mappings').map(readMapping);
  },
  [oids.policyConstraints]: (node, into) => {
    into.policyConstraints = readPolicyConstraints(node);
  },
  [oids.inhibitAnyPolicy]: (node, into) => {
    into.inhibitAnyPolicy = readCount(node, 'inhibitAnyPolicy');
  },
  [oids.crlDistributionPoints]: (node, into) => {
    into.crlDistributionPoints = readDistributionPoints(node);
  },
  [oids.freshestCrl]: (node, into) => {
    into.freshestCrl = readDistributionPoints(node);
  },
};

/** Tells whether an extension is understood, so that it may be critical. */
export function isUnderstood(oid: string): boolean {
  return Object.hasOwn(readers, oid);
}

/**
 * Reads the list of extensions of a certificate, a CRL, a CRL entry or a request.
 *
 * @param node the SEQUENCE OF Extension
 * @returns one to 64 extensions, no two of one kind
 * @throws PkiError `bad-extension`, or a code of the reader
 */
export function readExtensions(node: Asn1 | undefined): readonly Extension[] {
  const members = readSequence(node, 'the extensions');
  if (members.length === 0 || members.length > maxExtensions) {
    throw new PkiError('bad-extension', `there are ${members.length} extensions`);
  }
  const extensions = members.map(readExtension);
  // RFC 5280 §4.2: no more than one instance of an extension.
  for (const [index, { oid }] of extensions.entries()) {
    if (extensions.findIndex((other) => other.oid === oid) !== index) {
      throw new PkiError('bad-extension', `the extension ${oid} stands twice`);
    }
  }
  return extensions;
}

function readExtension(node: Asn1): Extension {
  const members = readSequence(node, 'an extension');
  const hasCritical = isUniversal(members[1], tags.boolean);
  if (members.length !== (hasCritical ? 3 : 2))
    throw new PkiError('bad-extension', 'an extension is malformed');
  const value = members[hasCritical ? 2 : 1];
  if (!isUniversal(value, tags.octetString)) throw new PkiError('bad-extension', 'an extension has no value');
  return {
    oid: readOid(members[0]),
    critical: hasCritical && readBoolean(members[1]),
    value: readOctetString(value),
  };
}

/**
 * Reads what the understood extensions of a certificate say, each against its ASN.1.
 *
 * @throws PkiError `bad-extension`, with the fault of the reader as its cause
 */
export function readCertificateExtensions(extensions: readonly Extension[]): CertificateExtensions {
  const into: Writable<CertificateExtensions> = {};
  for (const { oid, value } of extensions) {
    const read = Object.hasOwn(readers, oid) ? readers[oid] : undefined;
    if (read === undefined) continue;
    try {
      read(readAsn1(value, { strict: true }), into);
    } catch (cause) {
      if (!(cause instanceof PkiError)) throw cause;
      throw new PkiError('bad-extension', `the extension ${oid} is malformed: ${cause.message}`, { cause });
    }
  }
  return into;
}

/** Gives the members of a SEQUENCE OF that must not be empty. */
function listOf(node: Asn1 | undefined, what: string): readonly Asn1[] {
  if (!isUniversal(node, tags.sequence)) throw new PkiError('asn1-type', `${what} is no sequence`);
  const members = readSequence(node, what);
  if (members.length === 0) throw new PkiError('asn1-value', `${what} is empty`);
  if (members.length > maxListed) throw new PkiError('too-big', `${what} has more than ${maxListed} members`);
  return members;
}

/** Reads the value of AuthorityKeyIdentifier. */
export function readAuthorityKeyIdentifier(node: Asn1): AuthorityKeyIdentifier {
  const members = readSequence(node, 'the authority key identifier');
  const find = (tag: number): Asn1 | undefined => members.find((member) => isContext(member, tag));
  const known = [0, 1, 2].filter((tag) => find(tag) !== undefined).length;
  if (known !== members.length)
    throw new PkiError('asn1-type', 'the authority key identifier has a strange member');
  const [key, issuer, serial] = [find(0), find(1), find(2)];
  // RFC 5280 §4.2.1.1: issuer and serial number stand both or neither.
  if ((issuer === undefined) !== (serial === undefined)) {
    throw new PkiError('asn1-value', 'the authority key identifier names an issuer or a serial number alone');
  }
  return {
    keyIdentifier: key && readOctetString(key),
    issuer: issuer && readGeneralNames(issuer, 'the issuer of the authority key identifier'),
    serialNumber: serial && readInteger(serial),
  };
}

function readBasicConstraints(node: Asn1): BasicConstraints {
  const members = [...readSequence(node, 'the basic constraints')];
  const ca = isUniversal(members[0], tags.boolean) && readBoolean(members.shift());
  const pathLength = isUniversal(members[0], tags.integer)
    ? readCount(members.shift(), 'a path length')
    : undefined;
  if (members.length > 0) throw new PkiError('asn1-type', 'the basic constraints have a strange member');
  return pathLength === undefined ? { ca } : { ca, pathLength };
}

function readCount(node: Asn1 | undefined, what: string): number {
  const bytes = readInteger(node, what);
  if (bytes[0]! >= 0x80) throw new PkiError('asn1-value', `${what} is negative`);
  // No path is that long: a larger number constrains nothing.
  return bytes.length > 6 ? Number.MAX_SAFE_INTEGER : readSmallInteger(node, what);
}

function readNameConstraints(node: Asn1): NameConstraints {
  const members = readSequence(node, 'the name constraints');
  const [permitted, excluded] = [0, 1].map((tag) => members.find((member) => isContext(member, tag)));
  const known = Number(permitted !== undefined) + Number(excluded !== undefined);
  // RFC 5280 §4.2.1.10: never an empty sequence.
  if (members.length === 0 || known !== members.length) {
    throw new PkiError('asn1-value', 'the name constraints are empty or have a strange member');
  }
  return { permitted: readSubtrees(permitted), excluded: readSubtrees(excluded) };
}

function readSubtrees(node: Asn1 | undefined): readonly GeneralName[] {
  if (node === undefined) return [];
  const members = readSequence(node, 'the subtrees');
  if (members.length === 0 || members.length > maxListed)
    throw new PkiError('asn1-value', 'the subtrees are empty or too many');
  return members.map((subtree) => {
    const [base, minimum, ...rest] = readSequence(subtree, 'a subtree');
    // RFC 5280 §4.2.1.10: minimum is zero and maximum absent.
    const plain = minimum === undefined || (isContext(minimum, 0) && readSmallInteger(minimum) === 0);
    if (base === undefined || rest.length > 0 || !plain) {
      throw new PkiError('asn1-value', 'a subtree has a minimum or a maximum');
    }
    return readGeneralName(base);
  });
}

function readPolicies(node: Asn1): readonly string[] {
  const policies = listOf(node, 'the certificate policies').map((member) => {
    const [id, qualifiers, ...rest] = readSequence(member, 'a certificate policy');
    if (rest.length > 0) throw new PkiError('asn1-type', 'a certificate policy is malformed');
    if (qualifiers !== undefined) listOf(qualifiers, 'the qualifiers of a policy').forEach(checkQualifier);
    return readOid(id);
  });
  // RFC 5280 §4.2.1.4: a policy stands at most once.
  if (new Set(policies).size !== policies.length)
    throw new PkiError('asn1-value', 'a certificate policy stands twice');
  return policies;
}

function checkQualifier(node: Asn1): void {
  const members = readSequence(node, 'the qualifier of a policy');
  readOid(members[0]);
  if (members.length > 2) throw new PkiError('asn1-type', 'the qualifier of a policy is malformed');
}

function readMapping(node: Asn1): PolicyMapping {
  const members = readSequence(node, 'a policy mapping');
  if (members.length !== 2) throw new PkiError('asn1-type', 'a policy mapping is malformed');
  return { issuerDomainPolicy: readOid(members[0]), subjectDomainPolicy: readOid(members[1]) };
}

function readPolicyConstraints(node: Asn1): PolicyConstraints {
  const members = readSequence(node, 'the policy constraints');
  const [explicit, mapping] = [0, 1].map((tag) => members.find((member) => isContext(member, tag)));
  const known = Number(explicit !== undefined) + Number(mapping !== undefined);
  // RFC 5280 §4.2.1.11: never an empty sequence.
  if (members.length === 0 || known !== members.length) {
    throw new PkiError('asn1-value', 'the policy constraints are empty or have a strange member');
  }
  return {
    requireExplicitPolicy: explicit && readCount(explicit, 'requireExplicitPolicy'),
    inhibitPolicyMapping: mapping && readCount(mapping, 'inhibitPolicyMapping'),
  };
}

/** Finds an extension by its object identifier. */
export function findExtension(extensions: readonly Extension[], oid: string): Extension | undefined {
  return extensions.find((extension) => extension.oid === oid);
}

/** Tells whether two extensions are alike: both missing, or of the same value. */
export function sameExtension(a: Extension | undefined, b: Extension | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameBytes(a.value, b.value);
}
