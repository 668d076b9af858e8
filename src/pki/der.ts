/**
 * ASN.1 in and out: the reader of BER and DER (`asn1.ts`, `asn1-values.ts`) and the writer of DER behind one door.
 */
import { formatTimeText } from './asn1-time.ts';
import { joinBytes, tags } from './asn1-values.ts';
import { PkiError } from './error.ts';

export { type Asn1, eachMember, readAsn1 } from './asn1.ts';
export {
  isContext,
  isUniversal,
  readBitString,
  readBoolean,
  readExplicit,
  readInteger,
  readNull,
  readOctetString,
  readOid,
  readSequence,
  readSet,
  readSignatureBits,
  readSmallInteger,
  readString,
  readTime,
  tags,
} from './asn1-values.ts';

const constructedBit = 0x20;

/** Joins byte strings into a new one. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return joinBytes(parts);
}

/** Compares two byte strings. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/**
 * Writes the header of a value in DER.
 *
 * @param identifier the identifier octet; tag numbers above 30 are never written
 * @param length the number of content octets
 */
export function derHeader(identifier: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(identifier, length);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Uint8Array.of(identifier, 0x80 | octets.length, ...octets);
}

/** Writes a value in DER from its identifier octet and its content octets. */
export function derValue(identifier: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  return joinBytes([derHeader(identifier, length), ...parts]);
}

/** Writes a SEQUENCE of the given values. */
export function derSequence(...parts: readonly Uint8Array[]): Uint8Array {
  return derValue(tags.sequence | constructedBit, ...parts);
}

/** Writes a SET of the given values in the given order. */
export function derSet(...parts: readonly Uint8Array[]): Uint8Array {
  return derValue(tags.set | constructedBit, ...parts);
}

/** Writes a SET OF, its values sorted as DER asks (X.690 §11.6). */
export function derSetOf(...parts: readonly Uint8Array[]): Uint8Array {
  return derSet(...[...parts].sort(Buffer.compare));
}

/**
 * Writes an OBJECT IDENTIFIER.
 *
 * @param oid dotted form
 */
export function derOid(oid: string): Uint8Array {
  const arcs = oid.split('.').map(BigInt);
  const [root, second, ...rest] = arcs;
  if (root === undefined || second === undefined) throw new Error(`not an object identifier: ${oid}`);
  const content = [root * 40n + second, ...rest].flatMap(arcOctets);
  return derValue(tags.oid, Uint8Array.from(content));
}

function arcOctets(arc: bigint): number[] {
  const octets = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return octets;
}

/**
 * Writes an INTEGER.
 *
 * @param value a number from 0 to 2^53, or the big-endian bytes of a number that is not negative
 */
export function derInteger(value: number | Uint8Array): Uint8Array {
  return derValue(tags.integer, typeof value === 'number' ? numberOctets(value) : positiveOctets(value));
}

/** Writes an ENUMERATED from 0 to 127. */
export function derEnumerated(value: number): Uint8Array {
  return derValue(tags.enumerated, Uint8Array.of(value));
}

function numberOctets(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Error('only numbers that are not negative are written');
  const octets: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return positiveOctets(Uint8Array.from(octets));
}

/** Drops leading zeros, and puts one where the first bit would make the number negative. */
function positiveOctets(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const shortest = bytes.subarray(start);
  if (shortest.length === 0) return Uint8Array.of(0);
  return shortest[0]! >= 0x80 ? joinBytes([Uint8Array.of(0), shortest]) : shortest;
}

/** Writes an OCTET STRING. */
export function derOctetString(bytes: Uint8Array): Uint8Array {
  return derValue(tags.octetString, bytes);
}

/** Writes a BIT STRING. */
export function derBitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return derValue(tags.bitString, Uint8Array.of(unusedBits), bytes);
}

/**
 * Writes a BIT STRING of named bits, without trailing zero bits (X.690 §11.2.2).
 *
 * @param bits numbers of the bits that are set, each below 16
 */
export function derNamedBits(bits: Iterable<number>): Uint8Array {
  const octets = [0, 0];
  let highest = -1;
  for (const bit of bits) {
    octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
    highest = Math.max(highest, bit);
  }
  return derBitString(
    Uint8Array.from(octets.slice(0, (highest >> 3) + 1)),
    highest < 0 ? 0 : 7 - (highest & 7),
  );
}

/** Writes a NULL. */
export function derNull(): Uint8Array {
  return Uint8Array.of(tags.null, 0);
}

/** Writes a BOOLEAN. */
export function derBoolean(value: boolean): Uint8Array {
  return Uint8Array.of(tags.boolean, 1, value ? 0xff : 0);
}

/** Writes a UTF8String. */
export function derUtf8String(text: string): Uint8Array {
  return derValue(tags.utf8String, Buffer.from(text, 'utf8'));
}

/** Writes an IA5String; the text must be ASCII. */
export function derIa5String(text: string): Uint8Array {
  return derValue(tags.ia5String, asciiBytes(text));
}

/** Writes a PrintableString; the text must be ASCII. */
export function derPrintableString(text: string): Uint8Array {
  return derValue(tags.printableString, asciiBytes(text));
}

/** Gives the bytes of an ASCII text. */
export function asciiBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length !== text.length) throw new PkiError('asn1-value', 'a text that must be ASCII is not');
  return bytes;
}

/**
 * Writes a Time: UTCTime from 1950 to 2049, else GeneralizedTime (RFC 5280 §4.1.2.5, RFC 5652 §11.3).
 *
 * @param ms milliseconds since 1970; fractions of a second are dropped
 */
export function derTime(ms: number): Uint8Array {
  const { text, short } = formatTimeText(ms);
  return derValue(short ? tags.utcTime : tags.generalizedTime, asciiBytes(text));
}

/** Writes a GeneralizedTime, whatever the year. */
export function derGeneralizedTime(ms: number): Uint8Array {
  const { text, short } = formatTimeText(ms);
  const century = short ? String(new Date(ms).getUTCFullYear()).slice(0, 2) : '';
  return derValue(tags.generalizedTime, asciiBytes(century + text));
}

/**
 * Writes a context-specific value from its content octets, as an implicit tag does.
 *
 * @param tag the tag number, 0 to 30
 * @param constructed true where the replaced type is SEQUENCE, SET or a CHOICE
 */
export function derContext(tag: number, content: Uint8Array, constructed: boolean): Uint8Array {
  return derValue(0x80 | tag | (constructed ? constructedBit : 0), content);
}

/** Writes an explicit context-specific tag around one value or several. */
export function derExplicit(tag: number, ...values: readonly Uint8Array[]): Uint8Array {
  return derValue(0x80 | constructedBit | tag, ...values);
}

/** Gives a value in DER another tag, context-specific and implicit, and keeps whether it is constructed. */
export function derImplicit(tag: number, value: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(value);
  copy[0] = 0x80 | tag | (value[0]! & constructedBit);
  return copy;
}
