import { asBuffer, hexValue } from './bytes.ts';
import { decodeCharset, decodeUnknown } from './charset.ts';
import { decodeEncodedWords } from './encoded-word.ts';
import { MimeError } from './error.ts';
import { defaultMimeLimits } from './limits.ts';

/** A place in a structured field's text that the readers below move forward. */
export interface FieldCursor {
  readonly text: string;
  position: number;
  /** Set once a comment was found that never ends, so that no later one is searched for. */
  openComment: boolean;
}

interface RawParameter {
  readonly name: string;
  readonly value: string;
}

/**
 * Begins to read a structured field; line ends are taken out first.
 *
 * @param body unfolded or folded field body.
 */
export function fieldCursor(body: string): FieldCursor {
  return { text: body.replace(/[\r\n]+/g, ''), position: 0, openComment: false };
}

/**
 * Moves over white space and comments (nested, with quoted pairs). RFC 5322 §3.2.2.
 *
 * @param cursor moved to the next octet that is neither.
 */
export function skipBlanks(cursor: FieldCursor): void {
  for (;;) {
    const char = cursor.text[cursor.position];
    if (char === ' ' || char === '\t') cursor.position++;
    else if (char !== '(' || !skipComment(cursor)) return;
  }
}

function skipComment(cursor: FieldCursor): boolean {
  if (cursor.openComment) return false;
  let depth = 0;
  for (let index = cursor.position; index < cursor.text.length; index++) {
    const char = cursor.text[index];
    if (char === '\\') index++;
    else if (char === '(') depth++;
    else if (char === ')' && --depth === 0) {
      cursor.position = index + 1;
      return true;
    }
  }
  cursor.openComment = true;
  return false;
}

/**
 * Reads `; name=value` up to the end of the field. RFC 2045 §5.1, RFC 2231 §3 and §4.
 * A missing semicolon, unquoted spaces, a missing closing quote and encoded words in values are taken as meant.
 *
 * @param cursor stands after the type or disposition.
 * @param maxParameters how many may stand there, segments counted singly.
 * @returns lower-case name → value; of two with one name the first counts.
 * @throws MimeError 'too-many-parameters'.
 */
export function readParameters(
  cursor: FieldCursor,
  maxParameters: number = defaultMimeLimits.maxParameters,
): ReadonlyMap<string, string> {
  const raw: RawParameter[] = [];
  while (cursor.position < cursor.text.length) {
    const parameter = readParameter(cursor);
    if (parameter === undefined) continue;
    raw.push(parameter);
    if (raw.length > maxParameters)
      throw new MimeError('too-many-parameters', `a field has more than ${maxParameters} parameters`);
  }
  return joinParameters(raw);
}

function readParameter(cursor: FieldCursor): RawParameter | undefined {
  skipBlanks(cursor);
  const start = cursor.position;
  const { text } = cursor;
  while (cursor.position < text.length && text[cursor.position] !== '=' && text[cursor.position] !== ';')
    cursor.position++;
  const name = stripBlanks(text.slice(start, cursor.position)).toLowerCase();
  if (text[cursor.position++] !== '=') return undefined;
  skipBlanks(cursor);
  const quoted = text[cursor.position] === '"';
  const value = quoted ? readQuoted(cursor) : readUnquoted(cursor);
  return name === '' || (value === '' && !quoted) ? undefined : { name, value };
}

/**
 * Reads a quoted string; one that never ends reaches to the end of the field. RFC 5322 §3.2.4.
 *
 * @param cursor stands on the opening quote; moved behind the closing one.
 */
function readQuoted(cursor: FieldCursor): string {
  const { text } = cursor;
  const pieces: string[] = [];
  let from = ++cursor.position;
  for (; cursor.position < text.length; cursor.position++) {
    const char = text[cursor.position];
    if (char === '"') break;
    // RFC 5322 §3.2.1, but for the file names of Windows, whose backslashes were seldom doubled.
    if (char === '\\' && /[^A-Za-z0-9_]/.test(text[cursor.position + 1] ?? '_')) {
      pieces.push(text.slice(from, cursor.position));
      from = ++cursor.position;
    }
  }
  pieces.push(text.slice(from, cursor.position));
  cursor.position = Math.min(cursor.position + 1, text.length);
  return pieces.join('');
}

/** Reads to the semicolon, or to a white space behind which another `name=` begins. */
function readUnquoted(cursor: FieldCursor): string {
  const { text } = cursor;
  const words: string[] = [];
  while (cursor.position < text.length && text[cursor.position] !== ';') {
    const start = cursor.position;
    while (cursor.position < text.length && !/[ \t;]/.test(text[cursor.position]!)) cursor.position++;
    words.push(text.slice(start, cursor.position));
    skipBlanks(cursor);
    if (startsParameter(cursor)) break;
  }
  return words.filter((word) => word !== '').join(' ');
}

function startsParameter(cursor: FieldCursor): boolean {
  const rest = /[^\s=;"?()]+=?/y;
  rest.lastIndex = cursor.position;
  return rest.exec(cursor.text)?.[0].endsWith('=') ?? false;
}

function stripBlanks(text: string): string {
  return text.replace(/[ \t]+/g, '');
}

interface Segment {
  readonly index: number;
  readonly extended: boolean;
  readonly value: string;
}

/** RFC 2231 §3 and §4: segments joined in the order of their numbers, percent octets decoded by the charset. */
function joinParameters(raw: readonly RawParameter[]): ReadonlyMap<string, string> {
  const plain = new Map<string, string>();
  const segmented = new Map<string, Segment[]>();
  for (const { name, value } of raw) {
    if (!name.includes('*')) {
      if (!plain.has(name)) plain.set(name, decodeWords(name, value));
      continue;
    }
    const { base, segment } = readSegment(name, value);
    if (base === '') continue;
    const list = segmented.get(base);
    if (list) list.push(segment);
    else segmented.set(base, [segment]);
  }
  for (const [base, segments] of segmented) {
    segments.sort((left, right) => left.index - right.index);
    plain.set(base, joinSegments(segments));
  }
  return plain;
}

/** Encoded words have no right to stand in a parameter (RFC 2047 §5), but file names are full of them. */
function decodeWords(name: string, value: string): string {
  return name === 'boundary' || !value.includes('=?') ? value : decodeEncodedWords(value);
}

const maxSegmentDigits = 9;

function readSegment(name: string, value: string): { base: string; segment: Segment } {
  const pieces = name.split('*').filter((piece) => piece !== '');
  const digits = pieces[1] ?? '';
  const index = /^\d+$/.test(digits) && digits.length <= maxSegmentDigits ? Number(digits) : 0;
  return { base: pieces[0] ?? '', segment: { index, extended: name.endsWith('*'), value } };
}

function joinSegments(segments: readonly Segment[]): string {
  const first = segments[0]!;
  const charset = first.extended ? charsetPrefix(first.value) : undefined;
  const chunks: Buffer[] = [];
  for (const [position, segment] of segments.entries()) {
    const skipped = segment.extended ? prefixLength(segment.value, position === 0, charset?.name) : 0;
    const text = segment.value.slice(skipped);
    chunks.push(segment.extended ? percentDecode(text) : Buffer.from(text, 'utf8'));
  }
  return decodeSegments(segments, chunks, charset?.name ?? '');
}

/** Plain segments are text already; runs of extended ones are octets in the charset, joined before decoding. */
function decodeSegments(segments: readonly Segment[], chunks: readonly Buffer[], charset: string): string {
  const texts: string[] = [];
  let run: Buffer[] = [];
  const flush = () => {
    if (run.length > 0)
      texts.push(
        charset === '' ? decodeUnknown(Buffer.concat(run)) : decodeCharset(Buffer.concat(run), charset),
      );
    run = [];
  };
  for (const [position, segment] of segments.entries()) {
    if (segment.extended) run.push(chunks[position]!);
    else {
      flush();
      texts.push(chunks[position]!.toString('utf8'));
    }
  }
  flush();
  return texts.join('');
}

function charsetPrefix(value: string): { name: string; length: number } | undefined {
  const first = value.indexOf("'");
  const second = first < 0 ? -1 : value.indexOf("'", first + 1);
  return second < 0 ? undefined : { name: value.slice(0, first).trim(), length: second + 1 };
}

/** Some senders repeat `charset'` in each segment; there it is taken off again. */
function prefixLength(value: string, first: boolean, charset: string | undefined): number {
  if (first) return charsetPrefix(value)?.length ?? 0;
  return charset !== undefined &&
    charset !== '' &&
    value.toLowerCase().startsWith(`${charset.toLowerCase()}'`)
    ? charset.length + 1
    : 0;
}

function percentDecode(text: string): Buffer {
  const bytes = asBuffer(Buffer.from(text, 'utf8'));
  const decoded = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let index = 0; index < bytes.length; index++) {
    const high = bytes[index] === 0x25 ? hexValue(bytes[index + 1]) : -1;
    const low = high < 0 ? -1 : hexValue(bytes[index + 2]);
    if (low < 0) decoded[length++] = bytes[index]!;
    else {
      decoded[length++] = high * 16 + low;
      index += 2;
    }
  }
  return decoded.subarray(0, length);
}
