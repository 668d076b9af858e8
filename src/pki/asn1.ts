import { PkiError } from './error.ts';

/** Classes of a tag, X.690 §8.1.2.2. */
export type Asn1Class = 0 | 1 | 2 | 3;

/** One BER or DER value, as a view on the bytes that were read; nothing is copied. */
export interface Asn1 {
  /** 0 universal, 1 application, 2 context-specific, 3 private. */
  readonly class: Asn1Class;
  readonly constructed: boolean;
  /** The tag number. */
  readonly tag: number;
  /** Identifier, length and content octets as they stand, the end-of-contents octets included. */
  readonly raw: Uint8Array;
  /** The content octets as they stand, without end-of-contents octets. */
  readonly content: Uint8Array;
  /** The values inside a constructed one, read when first asked for; empty for a primitive one. */
  readonly children: readonly Asn1[];
  /** True for the indefinite length form of BER. */
  readonly indefinite: boolean;
  /** True when only DER is accepted, here and below. */
  readonly strict: boolean;
}

/** How bytes are read. */
export interface Asn1Options {
  /** Accepts DER alone: definite, shortest lengths, strings in one piece. Default false: BER. */
  readonly strict?: boolean;
  /** Lets bytes follow the value; they are not part of it. Default false. */
  readonly allowTrailing?: boolean;
}

/** Values may be nested this deep. */
export const maxAsn1Depth = 32;

/** A value may hold this many elements, and one more for each three bytes: memory stays in proportion. */
const baseElements = 1024;
const bytesPerElement = 3;

/** No tag number of a standard that we read needs more than three octets. */
const maxTagOctets = 3;
const maxLengthOctets = 5;

const constructedBit = 0x20;

/** The string types of the universal class, which DER never splits (X.690 §10.2). */
const stringTags: ReadonlySet<number> = new Set([3, 4, 12, 18, 19, 20, 21, 22, 25, 26, 27, 28, 30]);

/** What all values of one reading share. */
interface Reading {
  readonly source: Uint8Array;
  readonly strict: boolean;
  elementsLeft: number;
}

const none: readonly Asn1[] = [];

class Asn1Value implements Asn1 {
  readonly class: Asn1Class;
  readonly constructed: boolean;
  readonly tag: number;
  readonly indefinite: boolean;
  readonly start: number;
  readonly contentStart: number;
  contentEnd: number;
  end: number;
  readonly depth: number;
  readonly reading: Reading;
  members: readonly Asn1[] | undefined = undefined;

  constructor(reading: Reading, header: Header, depth: number) {
    this.class = header.class;
    this.constructed = header.constructed;
    this.tag = header.tag;
    this.indefinite = header.length < 0;
    this.start = header.start;
    this.contentStart = header.contentStart;
    this.contentEnd = header.contentStart + Math.max(header.length, 0);
    this.end = this.contentEnd;
    this.depth = depth;
    this.reading = reading;
  }

  get strict(): boolean {
    return this.reading.strict;
  }

  get raw(): Uint8Array {
    return this.reading.source.subarray(this.start, this.end);
  }

  get content(): Uint8Array {
    return this.reading.source.subarray(this.contentStart, this.contentEnd);
  }

  get children(): readonly Asn1[] {
    if (!this.constructed) return none;
    this.members ??= readMembers(this);
    return this.members;
  }
}

/** A header as read; a length of -1 is the indefinite form. */
interface Header {
  class: Asn1Class;
  constructed: boolean;
  tag: number;
  start: number;
  contentStart: number;
  length: number;
}

/**
 * Reads one value, X.690.
 *
 * Bounded by {@link maxAsn1Depth} and by a number of elements in proportion to the size, and linear: only the
 * indefinite form is read ahead, and then once.
 *
 * @param bytes the value; views on it are kept, so it must not be changed afterwards
 * @returns the outermost value
 * @throws PkiError `asn1-truncated`, `asn1-trailing`, `asn1-length`, `asn1-tag`, `asn1-not-der`, `asn1-too-deep`,
 *   `asn1-too-many`; reading `children` can throw the same
 */
export function readAsn1(bytes: Uint8Array, options: Asn1Options = {}): Asn1 {
  const reading: Reading = {
    source: bytes,
    strict: options.strict ?? false,
    elementsLeft: baseElements + Math.floor(bytes.length / bytesPerElement),
  };
  const value = readValue(reading, 0, bytes.length, 1);
  if (value === undefined)
    throw new PkiError('asn1-tag', 'an end-of-contents mark stands where a value must begin');
  if (value.end !== bytes.length && !options.allowTrailing) {
    throw new PkiError('asn1-trailing', `${bytes.length - value.end} bytes follow an ASN.1 value`);
  }
  return value;
}

/** Reads the value at `at`; undefined when it is the end-of-contents mark. */
function readValue(reading: Reading, at: number, limit: number, depth: number): Asn1Value | undefined {
  if (depth > maxAsn1Depth) {
    throw new PkiError('asn1-too-deep', `ASN.1 values are nested more than ${maxAsn1Depth} deep`);
  }
  const header = readHeader(reading, at, limit);
  if (header.tag === 0 && header.class === 0) {
    if (header.constructed || header.length !== 0) {
      throw new PkiError('asn1-tag', 'the reserved tag 0 is used for a value');
    }
    return undefined;
  }
  reading.elementsLeft -= 1;
  if (reading.elementsLeft < 0) throw new PkiError('asn1-too-many', 'an ASN.1 value has too many elements');
  const value = new Asn1Value(reading, header, depth);
  if (value.indefinite) readToEnd(value, limit);
  return value;
}

/** Reads the values of the indefinite form up to its end mark, and so learns where it ends. */
function readToEnd(value: Asn1Value, limit: number): void {
  const members: Asn1[] = [];
  let at = value.contentStart;
  for (;;) {
    const member = readValue(value.reading, at, limit, value.depth + 1);
    if (member === undefined) break;
    members.push(member);
    at = member.end;
  }
  value.contentEnd = at;
  value.end = at + 2;
  value.members = members;
}

function readMembers(value: Asn1Value): readonly Asn1[] {
  const members: Asn1[] = [];
  for (let at = value.contentStart; at < value.contentEnd; ) {
    const member = readMember(value, at);
    members.push(member);
    at = member.end;
  }
  return members;
}

function readMember(value: Asn1Value, at: number): Asn1Value {
  const member = readValue(value.reading, at, value.contentEnd, value.depth + 1);
  if (member !== undefined) return member;
  throw new PkiError('asn1-tag', 'an end-of-contents mark stands in a value of definite length');
}

/**
 * Gives the members of a constructed value one after the other and keeps none, for lists that are long.
 *
 * @throws PkiError as {@link readAsn1}
 */
export function* eachMember(node: Asn1): Generator<Asn1> {
  if (!(node instanceof Asn1Value) || node.indefinite) {
    yield* node.children;
    return;
  }
  for (let at = node.contentStart; node.constructed && at < node.contentEnd; ) {
    const member = readMember(node, at);
    yield member;
    at = member.end;
  }
}

function readHeader(reading: Reading, start: number, limit: number): Header {
  const { source, strict } = reading;
  if (start >= limit) throw new PkiError('asn1-truncated', 'an ASN.1 value is missing its tag');
  const first = source[start]!;
  const header: Header = {
    class: (first >> 6) as Asn1Class,
    constructed: (first & constructedBit) !== 0,
    tag: first & 0x1f,
    start,
    contentStart: start + 1,
    length: 0,
  };
  if (header.tag === 0x1f) readLongTag(source, limit, header);
  readLength(source, limit, header, strict);
  if (header.length < 0) {
    if (strict) throw new PkiError('asn1-not-der', 'an indefinite length stands in DER');
    if (!header.constructed) throw new PkiError('asn1-length', 'a primitive value has an indefinite length');
  } else if (header.length > limit - header.contentStart) {
    throw new PkiError('asn1-truncated', 'an ASN.1 value is longer than what holds it');
  }
  if (strict && header.class === 0 && header.constructed && stringTags.has(header.tag)) {
    throw new PkiError('asn1-not-der', 'a string in DER is split into pieces');
  }
  return header;
}

// X.690 §8.1.2.4: tag numbers of 31 and more.
function readLongTag(source: Uint8Array, limit: number, header: Header): void {
  let tag = 0;
  for (let count = 1; ; count += 1) {
    if (header.contentStart >= limit) throw new PkiError('asn1-truncated', 'a tag is cut off');
    const octet = source[header.contentStart]!;
    if (count > maxTagOctets || (count === 1 && octet === 0x80))
      throw new PkiError('asn1-tag', 'a tag is malformed');
    header.contentStart += 1;
    tag = tag * 128 + (octet & 0x7f);
    if (octet < 0x80) break;
  }
  if (tag < 0x1f) throw new PkiError('asn1-tag', 'a small tag is written in the long form');
  header.tag = tag;
}

// X.690 §8.1.3, §10.1.
function readLength(source: Uint8Array, limit: number, header: Header, strict: boolean): void {
  if (header.contentStart >= limit)
    throw new PkiError('asn1-truncated', 'an ASN.1 value is missing its length');
  const first = source[header.contentStart]!;
  header.contentStart += 1;
  if (first < 0x80) {
    header.length = first;
    return;
  }
  if (first === 0x80) {
    header.length = -1;
    return;
  }
  const octets = first & 0x7f;
  if (octets > limit - header.contentStart) throw new PkiError('asn1-truncated', 'a length is cut off');
  let length = 0;
  for (let index = 0; index < octets; index += 1) {
    length = length * 256 + source[header.contentStart + index]!;
    if (index >= maxLengthOctets || length > 0xffffffff)
      throw new PkiError('asn1-length', 'a length is too long');
  }
  if (strict && (length < 0x80 || source[header.contentStart] === 0)) {
    throw new PkiError('asn1-not-der', 'a length in DER is not in its shortest form');
  }
  header.contentStart += octets;
  header.length = length;
}
