import type {
  BasicConstraints,
  Extension,
  PolicyConstraints,
  PolicyMapping,
} from './certificate-extensions.ts';
import {
  derBoolean,
  derContext,
  derExplicit,
  derImplicit,
  derInteger,
  derNamedBits,
  derOctetString,
  derOid,
  derSequence,
  derUtf8String,
} from './der.ts';
import { allReasons, type ReasonMask } from './distribution-point.ts';
import { derDirectoryName, derIpAddress, derOtherName, derTextName } from './general-name.ts';
import { type KeyUsageBit, keyUsageBits } from './key-usage.ts';
import type { Name } from './name.ts';
import { oids } from './oid.ts';

/** A general name to write. */
export type GeneralNameInput =
  | { readonly rfc822Name: string }
  | { readonly smtpUtf8Mailbox: string }
  | { readonly dnsName: string }
  | { readonly uri: string }
  | { readonly ipAddress: Uint8Array }
  | { readonly directoryName: Name }
  | { readonly otherName: { readonly oid: string; readonly value: Uint8Array } };

/** A distribution point to write. */
export interface DistributionPointInput {
  readonly fullName?: readonly GeneralNameInput[];
  readonly reasons?: ReasonMask;
  readonly crlIssuer?: readonly GeneralNameInput[];
}

/** Extensions to write; one that is left out is not written. */
export interface ExtensionInput {
  readonly basicConstraints?: BasicConstraints | undefined;
  readonly keyUsage?: readonly KeyUsageBit[] | undefined;
  /** Object identifiers. */
  readonly extendedKeyUsage?: readonly string[] | undefined;
  readonly subjectAltName?: readonly GeneralNameInput[] | undefined;
  readonly subjectKeyIdentifier?: Uint8Array | undefined;
  /** The key identifier of the issuer. */
  readonly authorityKeyIdentifier?: Uint8Array | undefined;
  readonly nameConstraints?:
    | { readonly permitted?: readonly GeneralNameInput[]; readonly excluded?: readonly GeneralNameInput[] }
    | undefined;
  readonly certificatePolicies?: readonly string[] | undefined;
  readonly policyMappings?: readonly PolicyMapping[] | undefined;
  readonly policyConstraints?: Partial<PolicyConstraints> | undefined;
  readonly inhibitAnyPolicy?: number | undefined;
  readonly crlDistributionPoints?: readonly DistributionPointInput[] | undefined;
  readonly freshestCrl?: readonly DistributionPointInput[] | undefined;
  /** Written after the others, as they are. */
  readonly others?: readonly Extension[] | undefined;
}

type Writer<Key extends keyof ExtensionInput> = readonly [
  oid: string,
  critical: boolean,
  write: (value: NonNullable<ExtensionInput[Key]>) => Uint8Array,
];

/** Whether each is critical is what RFC 5280 §4.2 asks of a conforming CA. */
const writers: { readonly [Key in Exclude<keyof ExtensionInput, 'others'>]-?: Writer<Key> } = {
  basicConstraints: [oids.basicConstraints, true, derBasicConstraints],
  keyUsage: [oids.keyUsage, true, derKeyUsage],
  extendedKeyUsage: [oids.extendedKeyUsage, false, (usages) => derSequence(...usages.map(derOid))],
  subjectAltName: [oids.subjectAltName, false, derGeneralNames],
  subjectKeyIdentifier: [oids.subjectKeyIdentifier, false, derOctetString],
  authorityKeyIdentifier: [oids.authorityKeyIdentifier, false, (id) => derSequence(derContext(0, id, false))],
  nameConstraints: [oids.nameConstraints, true, derNameConstraints],
  certificatePolicies: [
    oids.certificatePolicies,
    false,
    (ids) => derSequence(...ids.map((id) => derSequence(derOid(id)))),
  ],
  policyMappings: [oids.policyMappings, true, derMappings],
  policyConstraints: [oids.policyConstraints, true, derPolicyConstraints],
  inhibitAnyPolicy: [oids.inhibitAnyPolicy, true, (skip) => derInteger(skip)],
  crlDistributionPoints: [oids.crlDistributionPoints, false, derDistributionPoints],
  freshestCrl: [oids.freshestCrl, false, derDistributionPoints],
};

/** Makes the extensions of a certificate, in the order of the table. */
export function makeExtensions(input: ExtensionInput): readonly Extension[] {
  const made: Extension[] = [];
  for (const key of Object.keys(writers) as (keyof typeof writers)[]) {
    const value = input[key];
    if (value === undefined) continue;
    const [oid, critical, write] = writers[key] as Writer<typeof key>;
    made.push({ oid, critical, value: (write as (value: unknown) => Uint8Array)(value) });
  }
  return [...made, ...(input.others ?? [])];
}

/** Writes a SEQUENCE OF Extension. */
export function derExtensions(extensions: readonly Extension[]): Uint8Array {
  return derSequence(
    ...extensions.map(({ oid, critical, value }) =>
      critical
        ? derSequence(derOid(oid), derBoolean(true), derOctetString(value))
        : derSequence(derOid(oid), derOctetString(value)),
    ),
  );
}

function derBasicConstraints({ ca, pathLength }: BasicConstraints): Uint8Array {
  const parts = ca ? [derBoolean(true)] : [];
  return derSequence(...parts, ...(pathLength === undefined ? [] : [derInteger(pathLength)]));
}

function derKeyUsage(bits: readonly KeyUsageBit[]): Uint8Array {
  return derNamedBits(bits.map((bit) => keyUsageBits.indexOf(bit)));
}

/** Writes GeneralNames. */
export function derGeneralNames(names: readonly GeneralNameInput[]): Uint8Array {
  return derSequence(...names.map(derGeneralName));
}

function derGeneralName(name: GeneralNameInput): Uint8Array {
  if ('rfc822Name' in name) return derTextName('rfc822Name', name.rfc822Name);
  if ('dnsName' in name) return derTextName('dnsName', name.dnsName);
  if ('uri' in name) return derTextName('uri', name.uri);
  if ('ipAddress' in name) return derIpAddress(name.ipAddress);
  if ('directoryName' in name) return derDirectoryName(name.directoryName);
  if ('otherName' in name) return derOtherName(name.otherName.oid, name.otherName.value);
  return derOtherName(oids.smtpUtf8Mailbox, derUtf8String(name.smtpUtf8Mailbox));
}

function derNameConstraints({
  permitted = [],
  excluded = [],
}: NonNullable<ExtensionInput['nameConstraints']>): Uint8Array {
  const subtrees = (tag: number, names: readonly GeneralNameInput[]): Uint8Array[] =>
    names.length === 0 ? [] : [derExplicit(tag, ...names.map((name) => derSequence(derGeneralName(name))))];
  return derSequence(...subtrees(0, permitted), ...subtrees(1, excluded));
}

function derMappings(mappings: readonly PolicyMapping[]): Uint8Array {
  return derSequence(
    ...mappings.map((mapping) =>
      derSequence(derOid(mapping.issuerDomainPolicy), derOid(mapping.subjectDomainPolicy)),
    ),
  );
}

function derPolicyConstraints({
  requireExplicitPolicy,
  inhibitPolicyMapping,
}: Partial<PolicyConstraints>): Uint8Array {
  const counts = [requireExplicitPolicy, inhibitPolicyMapping];
  return derSequence(
    ...counts.flatMap((count, tag) => (count === undefined ? [] : [derImplicit(tag, derInteger(count))])),
  );
}

function derDistributionPoints(points: readonly DistributionPointInput[]): Uint8Array {
  return derSequence(...points.map(derDistributionPoint));
}

function derDistributionPoint({ fullName, reasons, crlIssuer }: DistributionPointInput): Uint8Array {
  return derSequence(
    ...(fullName ? [derPointName(fullName)] : []),
    ...(reasons === undefined ? [] : [derImplicit(1, derReasons(reasons))]),
    ...(crlIssuer ? [derImplicit(2, derGeneralNames(crlIssuer))] : []),
  );
}

/** Writes a DistributionPointName of full names under the tag 0. */
export function derPointName(fullName: readonly GeneralNameInput[]): Uint8Array {
  return derExplicit(0, derImplicit(0, derGeneralNames(fullName)));
}

/** Writes ReasonFlags. */
export function derReasons(reasons: ReasonMask): Uint8Array {
  const bits = Array.from({ length: 9 }, (_, bit) => bit).filter(
    (bit) => (reasons & allReasons & (1 << bit)) !== 0,
  );
  return derNamedBits(bits);
}
