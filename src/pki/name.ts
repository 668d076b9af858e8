import {
  type Asn1,
  asciiBytes,
  derIa5String,
  derOid,
  derPrintableString,
  derSequence,
  derSetOf,
  derUtf8String,
  readAsn1,
  readOid,
  readSequence,
  readSet,
  readString,
} from './der.ts';
import { PkiError } from './error.ts';
import { oids } from './oid.ts';

/** One attribute of a distinguished name. */
export interface NameAttribute {
  readonly oid: string;
  /** The value as text; undefined when it is no character string, or its octets are not of its character set. */
  readonly text: string | undefined;
  /** The value as it stands, tag and length included. */
  readonly value: Uint8Array;
}

/** A distinguished name, RFC 5280 §4.1.2.4. */
export interface Name {
  /** The relative names in the order of the encoding, most significant first. */
  readonly rdns: readonly (readonly NameAttribute[])[];
  /** The name as it stands. */
  readonly der: Uint8Array;
  /** What is compared of each relative name; equal exactly when the relative names match. */
  readonly rdnKeys: readonly string[];
  /** What is compared of the whole name. */
  readonly key: string;
}

/** A name has at most this many relative names, and one of these this many attributes. */
const maxRdns = 64;
const maxAttributesOfRdn = 16;
const maxNameBytes = 16_384;

/** Names that were read lately: a few issuers stand in most certificates. */
const cache = new Map<string, Name>();
const maxCachedNames = 512;
const maxCachedBytes = 512;

/**
 * Reads a Name.
 *
 * @throws PkiError `bad-name`, or a code of the reader
 */
export function readName(node: Asn1 | undefined): Name {
  const raw = node?.raw;
  if (raw === undefined || raw.length > maxCachedBytes) return parseName(node);
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('latin1');
  // What BER allows may not pass for DER.
  const cacheKey = node!.strict ? bytes : `ber ${bytes}`;
  const known = cache.get(cacheKey);
  if (known !== undefined) return known;
  const own = Uint8Array.from(raw);
  const name = parseName(readAsn1(own, { strict: node!.strict }));
  if (cache.size >= maxCachedNames) cache.delete(cache.keys().next().value!);
  cache.set(cacheKey, name);
  return name;
}

function parseName(node: Asn1 | undefined): Name {
  const sequence = readSequence(node, 'a name');
  if (sequence.length > maxRdns || node!.raw.length > maxNameBytes)
    throw new PkiError('bad-name', 'a name is too long');
  const rdns = sequence.map(readRdn);
  const rdnKeys = rdns.map(rdnKey);
  return { rdns, der: node!.raw, rdnKeys, key: rdnKeys.join('') };
}

/** Reads a RelativeDistinguishedName, also under an implicit tag. */
export function readRdn(node: Asn1): readonly NameAttribute[] {
  const members = readSet(node, 'a relative name');
  if (members.length === 0 || members.length > maxAttributesOfRdn) {
    throw new PkiError('bad-name', `a relative name has ${members.length} attributes`);
  }
  return members.map(readAttribute);
}

function readAttribute(node: Asn1): NameAttribute {
  const members = readSequence(node, 'an attribute of a name');
  const value = members[1];
  if (value === undefined || members.length !== 2)
    throw new PkiError('bad-name', 'an attribute of a name is malformed');
  return { oid: readOid(members[0]), text: textOf(value), value: value.raw };
}

function textOf(value: Asn1): string | undefined {
  try {
    return readString(value);
  } catch {
    // RFC 5280 §4.1.2.4: a value of another type is compared by its bytes.
    return undefined;
  }
}

/** Gives what is compared of a relative name; lengths stand before the parts, so that no value can pass for two. */
export function rdnKey(rdn: readonly NameAttribute[]): string {
  const attributes = rdn.map((attribute) => {
    const value = comparedValue(attribute);
    return `${attribute.oid}=${value.length}:${value};`;
  });
  return `${attributes.sort().join('')}|`;
}

// RFC 5280 §7.1: case and white space do not count, and the kind of string neither.
function comparedValue({ text, value }: NameAttribute): string {
  if (text === undefined) return `#${Buffer.from(value).toString('hex')}`;
  return `"${text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()}`;
}

/** Tells whether two names match by RFC 5280 §7.1. */
export function sameName(a: Name, b: Name): boolean {
  return a === b || a.key === b.key;
}

/** Tells whether a name lies in the subtree under another, RFC 5280 §4.2.1.10 and §7.1. */
export function isWithinName(name: Name, base: Name): boolean {
  return (
    base.rdnKeys.length <= name.rdnKeys.length &&
    base.rdnKeys.every((key, index) => key === name.rdnKeys[index])
  );
}

/** Tells whether a name has no relative name at all. */
export function isEmptyName(name: Name): boolean {
  return name.rdns.length === 0;
}

/** Gives the texts of all attributes of one kind, in their order. */
export function nameTexts(name: Name, oid: string): readonly string[] {
  return name.rdns
    .flat()
    .flatMap((attribute) => (attribute.oid === oid && attribute.text ? [attribute.text] : []));
}

/** One attribute to write: object identifier and text. */
export type NameInput = readonly (readonly [oid: string, text: string])[];

const ia5Attributes: ReadonlySet<string> = new Set([oids.emailAddress, oids.domainComponent]);
const printableAttributes: ReadonlySet<string> = new Set([
  oids.countryName,
  oids.nameSerialNumber,
  oids.dnQualifier,
]);

/**
 * Makes a name of single-valued relative names.
 *
 * @param attributes most significant first
 */
export function makeName(attributes: NameInput): Name {
  const rdns = attributes.map(([oid, text]) => derSetOf(derSequence(derOid(oid), attributeValue(oid, text))));
  return parseName(readAsn1(derSequence(...rdns), { strict: true }));
}

/** Makes a name of relative names that may have several attributes each. */
export function makeMultiName(rdns: readonly NameInput[]): Name {
  const sets = rdns.map((rdn) =>
    derSetOf(...rdn.map(([oid, text]) => derSequence(derOid(oid), attributeValue(oid, text)))),
  );
  return parseName(readAsn1(derSequence(...sets), { strict: true }));
}

function attributeValue(oid: string, text: string): Uint8Array {
  if (ia5Attributes.has(oid)) return derIa5String(text);
  if (printableAttributes.has(oid)) {
    asciiBytes(text);
    return derPrintableString(text);
  }
  return derUtf8String(text);
}
