import type { Asn1 } from './asn1.ts';
import { readTimeText } from './asn1-time.ts';
import { PkiError } from './error.ts';

/** Numbers of the universal tags, X.680 §8.4. */
export const tags = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  null: 5,
  oid: 6,
  enumerated: 10,
  utf8String: 12,
  sequence: 16,
  set: 17,
  numericString: 18,
  printableString: 19,
  teletexString: 20,
  ia5String: 22,
  utcTime: 23,
  generalizedTime: 24,
  visibleString: 26,
  universalString: 28,
  bmpString: 30,
} as const;

/** No object identifier in use comes near. */
const maxOidBytes = 128;
/** The widest arc is a UUID of 128 bits: 19 octets of 7 bits. */
const maxArcOctets = 19;

/** Tells whether a value has a universal tag. */
export function isUniversal(node: Asn1 | undefined, tag: number): node is Asn1 {
  return node !== undefined && node.class === 0 && node.tag === tag;
}

/** Tells whether a value has a context-specific tag. */
export function isContext(node: Asn1 | undefined, tag: number): node is Asn1 {
  return node !== undefined && node.class === 2 && node.tag === tag;
}

/** Throws unless the value has a universal tag (or, where the tag is implicit, any context-specific one). */
function requireType(node: Asn1 | undefined, tag: number, what: string): asserts node is Asn1 {
  if (node === undefined) throw new PkiError('asn1-type', `${what} is missing`);
  if (node.class === 2 || (node.class === 0 && node.tag === tag)) return;
  throw new PkiError('asn1-type', `${what} has the tag ${node.class}/${node.tag}`);
}

function requirePrimitive(node: Asn1 | undefined, tag: number, what: string): asserts node is Asn1 {
  requireType(node, tag, what);
  if (node.constructed) throw new PkiError('asn1-type', `${what} is constructed`);
}

/**
 * Gives the members of a SEQUENCE, or of a context-specific value that replaces its tag.
 *
 * @throws PkiError `asn1-type`
 */
export function readSequence(node: Asn1 | undefined, what = 'a sequence'): readonly Asn1[] {
  requireType(node, tags.sequence, what);
  if (!node.constructed) throw new PkiError('asn1-type', `${what} is not constructed`);
  return node.children;
}

/**
 * Gives the members of a SET or SET OF, or of a context-specific value that replaces its tag.
 *
 * @throws PkiError `asn1-type`
 */
export function readSet(node: Asn1 | undefined, what = 'a set'): readonly Asn1[] {
  requireType(node, tags.set, what);
  if (!node.constructed) throw new PkiError('asn1-type', `${what} is not constructed`);
  return node.children;
}

/**
 * Gives the one value inside an explicitly tagged one.
 *
 * @throws PkiError `asn1-type`
 */
export function readExplicit(node: Asn1): Asn1 {
  const inner = node.children[0];
  if (inner === undefined || node.children.length !== 1) {
    throw new PkiError('asn1-type', `the explicit tag ${node.tag} does not hold exactly one value`);
  }
  return inner;
}

/**
 * Gives the bytes of an OCTET STRING; joins the pieces of a constructed one (X.690 §8.7).
 *
 * @param node an OCTET STRING, or a context-specific value that replaces its tag
 * @returns a view where the string is in one piece, else a copy
 * @throws PkiError `asn1-type`
 */
export function readOctetString(node: Asn1 | undefined, what = 'an octet string'): Uint8Array {
  requireType(node, tags.octetString, what);
  if (!node.constructed) return node.content;
  const pieces: Uint8Array[] = [];
  collectPieces(node, tags.octetString, pieces);
  return joinBytes(pieces);
}

function collectPieces(node: Asn1, tag: number, pieces: Uint8Array[]): void {
  for (const child of node.children) {
    if (!isUniversal(child, tag)) throw new PkiError('asn1-type', 'a piece of a string has another type');
    if (child.constructed) collectPieces(child, tag, pieces);
    else pieces.push(child.content);
  }
}

/** Joins byte strings into a new one. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/**
 * Gives an OBJECT IDENTIFIER in dotted form.
 *
 * @throws PkiError `asn1-type`, `asn1-value`
 */
export function readOid(node: Asn1 | undefined, what = 'an object identifier'): string {
  requirePrimitive(node, tags.oid, what);
  return formatOid(node.content);
}

/** Gives content octets of an OBJECT IDENTIFIER in dotted form, X.690 §8.19. */
function formatOid(content: Uint8Array): string {
  if (content.length === 0 || content.length > maxOidBytes || content[content.length - 1]! >= 0x80) {
    throw new PkiError('asn1-value', 'an object identifier is malformed');
  }
  let text = '';
  let start = 0;
  for (let at = 0; at < content.length; at += 1) {
    if (content[at]! >= 0x80) continue;
    const arc = readArc(content, start, at + 1);
    text += text === '' ? firstArcs(arc) : `.${arc}`;
    start = at + 1;
  }
  return text;
}

function readArc(content: Uint8Array, start: number, end: number): number | bigint {
  if (content[start] === 0x80 || end - start > maxArcOctets) {
    throw new PkiError('asn1-value', 'an object identifier has a malformed arc');
  }
  if (end - start > 7) {
    let wide = 0n;
    for (let at = start; at < end; at += 1) wide = wide * 128n + BigInt(content[at]! & 0x7f);
    return wide;
  }
  let arc = 0;
  for (let at = start; at < end; at += 1) arc = arc * 128 + (content[at]! & 0x7f);
  return arc;
}

function firstArcs(arc: number | bigint): string {
  if (typeof arc === 'bigint') return `2.${arc - 80n}`;
  const root = Math.min(Math.floor(arc / 40), 2);
  return `${root}.${arc - root * 40}`;
}

/**
 * Gives the content octets of an INTEGER or ENUMERATED: two's complement, big-endian, shortest form.
 *
 * @throws PkiError `asn1-type`, `asn1-value`
 */
export function readInteger(node: Asn1 | undefined, what = 'an integer'): Uint8Array {
  requirePrimitive(node, node?.tag === tags.enumerated ? tags.enumerated : tags.integer, what);
  const { content } = node;
  if (content.length === 0) throw new PkiError('asn1-value', `${what} is empty`);
  // X.690 §8.3.2: the first nine bits are not all alike; BER allows no other form either.
  if (
    content.length > 1 &&
    ((content[0] === 0 && content[1]! < 0x80) || (content[0] === 0xff && content[1]! >= 0x80))
  ) {
    throw new PkiError('asn1-value', `${what} is not in its shortest form`);
  }
  return content;
}

/**
 * Gives an INTEGER or ENUMERATED that fits into 48 bits as a number.
 *
 * @throws PkiError `asn1-type`, `asn1-value`
 */
export function readSmallInteger(node: Asn1 | undefined, what = 'an integer'): number {
  const content = readInteger(node, what);
  if (content.length > 6) throw new PkiError('asn1-value', `${what} is too large`);
  let value = content[0]! >= 0x80 ? -1 : 0;
  for (const octet of content) value = value * 256 + octet;
  return value;
}

/**
 * Gives a BOOLEAN; in DER true is 0xFF alone (X.690 §11.1).
 *
 * @throws PkiError `asn1-type`, `asn1-value`, `asn1-not-der`
 */
export function readBoolean(node: Asn1 | undefined, what = 'a boolean'): boolean {
  requirePrimitive(node, tags.boolean, what);
  const { content } = node;
  if (content.length !== 1) throw new PkiError('asn1-value', `${what} is not one octet long`);
  if (node.strict && content[0] !== 0 && content[0] !== 0xff) {
    throw new PkiError('asn1-not-der', `${what} is neither 00 nor FF`);
  }
  return content[0] !== 0;
}

/** The bits of a BIT STRING. */
export interface BitString {
  readonly bytes: Uint8Array;
  /** How many low bits of the last byte do not count, 0 to 7. */
  readonly unusedBits: number;
}

/**
 * Gives the bits of a BIT STRING; joins the pieces of a constructed one (X.690 §8.6).
 *
 * @throws PkiError `asn1-type`, `asn1-value`, `asn1-not-der`
 */
export function readBitString(node: Asn1 | undefined, what = 'a bit string'): BitString {
  requireType(node, tags.bitString, what);
  if (!node.constructed) return bitsOf(node.content, node.strict, what);
  const pieces: Uint8Array[] = [];
  collectPieces(node, tags.bitString, pieces);
  const bits = pieces.map((piece) => bitsOf(piece, node.strict, what));
  if (bits.slice(0, -1).some((piece) => piece.unusedBits !== 0)) {
    throw new PkiError('asn1-value', `${what} has unused bits in its middle`);
  }
  return { bytes: joinBytes(bits.map((piece) => piece.bytes)), unusedBits: bits.at(-1)?.unusedBits ?? 0 };
}

function bitsOf(content: Uint8Array, strict: boolean, what: string): BitString {
  const unusedBits = content[0];
  if (unusedBits === undefined || unusedBits > 7 || (unusedBits > 0 && content.length === 1)) {
    throw new PkiError('asn1-value', `${what} has a wrong number of unused bits`);
  }
  // X.690 §11.2.1: unused bits are zero in DER.
  if (strict && (content[content.length - 1]! & ((1 << unusedBits) - 1)) !== 0 && content.length > 1) {
    throw new PkiError('asn1-not-der', `${what} has unused bits that are set`);
  }
  return { bytes: content.subarray(1), unusedBits };
}

const noBytes = new Uint8Array();

/**
 * Gives the bytes of a signature from its BIT STRING.
 *
 * @returns no bytes, which no signature has, when the bits are not whole bytes: the object is read, and the signature is bad
 * @throws PkiError `asn1-type`
 */
export function readSignatureBits(node: Asn1 | undefined): Uint8Array {
  requirePrimitive(node, tags.bitString, 'a signature');
  const { content } = node;
  return content[0] === 0 ? content.subarray(1) : noBytes;
}

/**
 * Gives a UTCTime or GeneralizedTime.
 *
 * In DER only the forms of RFC 5280 §4.1.2.5 are accepted, in BER also those without seconds or with an offset.
 *
 * @returns milliseconds since 1970
 * @throws PkiError `asn1-type`, `asn1-value`
 */
export function readTime(node: Asn1 | undefined, what = 'a time'): number {
  const tag = node?.class === 0 && node.tag === tags.utcTime ? tags.utcTime : tags.generalizedTime;
  requirePrimitive(node, tag, what);
  const ms = readTimeText(Buffer.from(node.content).toString('latin1'), tag === tags.utcTime, node.strict);
  if (ms === undefined) throw new PkiError('asn1-value', `${what} is no date and time`);
  return ms;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Gives the text of a character string.
 *
 * @param as the universal tag that an implicit tag replaces; by default the value's own
 * @throws PkiError `asn1-type`, `asn1-value` when the octets are not of that character set
 */
export function readString(node: Asn1 | undefined, as?: number): string {
  if (node === undefined) throw new PkiError('asn1-type', 'a character string is missing');
  const tag = as ?? (node.class === 0 ? node.tag : -1);
  requirePrimitive(node, tag, 'a character string');
  const { content } = node;
  switch (tag) {
    case tags.utf8String:
      return decodeUtf8(content);
    case tags.numericString:
    case tags.printableString:
    case tags.ia5String:
    case tags.visibleString:
      return decodeAscii(content);
    case tags.teletexString:
      return Buffer.from(content).toString('latin1');
    case tags.bmpString:
      return decodeWide(content, 2);
    case tags.universalString:
      return decodeWide(content, 4);
    default:
      throw new PkiError('asn1-type', `the tag ${node.class}/${node.tag} is no character string`);
  }
}

function decodeUtf8(content: Uint8Array): string {
  try {
    return utf8.decode(content);
  } catch (cause) {
    throw new PkiError('asn1-value', 'a UTF8String is not UTF-8', { cause });
  }
}

function decodeAscii(content: Uint8Array): string {
  let text = '';
  for (const octet of content) {
    if (octet >= 0x80) throw new PkiError('asn1-value', 'a string of ASCII characters has other octets');
    text += String.fromCharCode(octet);
  }
  return text;
}

function decodeWide(content: Uint8Array, width: 2 | 4): string {
  if (content.length % width !== 0) throw new PkiError('asn1-value', 'a wide string has half a character');
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  let text = '';
  for (let at = 0; at < content.length; at += width) {
    const point = width === 2 ? view.getUint16(at) : view.getUint32(at);
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
      throw new PkiError('asn1-value', 'a wide string has a number that is no character');
    }
    text += String.fromCodePoint(point);
  }
  return text;
}

/**
 * Checks a NULL.
 *
 * @throws PkiError `asn1-type`, `asn1-value`
 */
export function readNull(node: Asn1 | undefined, what = 'a null'): void {
  requirePrimitive(node, tags.null, what);
  if (node.content.length !== 0) throw new PkiError('asn1-value', `${what} has content`);
}
