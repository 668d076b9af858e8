import { asBuffer, hexValue, octet } from './bytes.ts';
import { MimeError } from './error.ts';
import { defaultMimeLimits } from './limits.ts';

type Decoder = (bytes: Buffer) => Uint8Array;

const decoders: Readonly<Record<string, Decoder>> = {
  base64: decodeBase64,
  'quoted-printable': decodeQuotedPrintable,
  'x-uuencode': decodeUu,
  uuencode: decodeUu,
  'x-uue': decodeUu,
  uue: decodeUu,
};

/**
 * Undoes a content transfer encoding. RFC 2045 §6.
 *
 * @param bytes body as it stands in the message.
 * @param encoding name in any case; an unknown one, `7bit`, `8bit` and `binary` leave the bytes as they are.
 * @param maxBytes how many bytes the result may have.
 * @throws MimeError 'decoded-too-big'.
 */
export function decodeTransferEncoding(
  bytes: Uint8Array,
  encoding: string,
  maxBytes: number = defaultMimeLimits.maxDecodedBytes,
): Uint8Array {
  const name = encoding.trim().toLowerCase();
  const decoded = Object.hasOwn(decoders, name) ? decoders[name]!(asBuffer(bytes)) : bytes;
  if (decoded.length > maxBytes)
    throw new MimeError('decoded-too-big', `a decoded body has more than ${maxBytes} bytes`);
  return decoded;
}

/**
 * Tells whether a content transfer encoding leaves the bytes as they are. RFC 2045 §6.2.
 *
 * @param encoding lower-case name.
 */
export function isIdentityEncoding(encoding: string): boolean {
  return encoding === '' || encoding === '7bit' || encoding === '8bit' || encoding === 'binary';
}

const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const base64Invalid = 255;
const base64Skip = 254;

/** Octet → value of the digit; line ends and blanks are skipped without remark. */
const base64Digits = base64Table();

function base64Table(): Uint8Array {
  const table = new Uint8Array(256).fill(base64Invalid);
  for (let index = 0; index < base64Alphabet.length; index++) table[base64Alphabet.charCodeAt(index)] = index;
  for (const blank of [octet.cr, octet.lf, octet.space, octet.tab]) table[blank] = base64Skip;
  return table;
}

function decodeBase64(bytes: Buffer): Uint8Array {
  const padding = bytes.indexOf(octet.equals);
  const data = padding < 0 ? bytes : bytes.subarray(0, padding);
  const decoded =
    isPlainEnd(bytes.subarray(data.length)) && !isBase64Url(data) ? decodeByPieces(data) : undefined;
  if (decoded !== undefined) return decoded;
  // A padding character after one digit of four is junk, so that what follows it still counts.
  return hasWholeOctets(data) ? decodeCarefully(data) : decodeCarefully(bytes);
}

const maxPlainEnd = 16;

/** Tells whether from the first padding on nothing stands but padding and blanks, as almost always. */
function isPlainEnd(end: Buffer): boolean {
  if (end.length > maxPlainEnd) return false;
  return end.every((byte) => byte === octet.equals || base64Digits[byte] === base64Skip);
}

/** The built-in decoder leaves out what is no digit, as it should, but takes these two for digits. RFC 4648 §5. */
function isBase64Url(data: Buffer): boolean {
  return data.includes(octet.dash) || data.includes(octet.underscore);
}

/** Tells whether there are digits and blanks alone, and not one digit more than a multiple of four. */
function hasWholeOctets(data: Buffer): boolean {
  const table = base64Digits;
  let digits = 0;
  for (let index = 0; index < data.length; index++) {
    const value = table[data[index]!]!;
    if (value < 64) digits++;
    else if (value === base64Invalid) return false;
  }
  return digits > 0 && digits % 4 !== 1;
}

/** By far longer than a line, and short enough for a string that is not given memory of its own. */
const base64PieceBytes = 1 << 16;

/** Three digits more than a piece has tell how many of its last four were there. */
const probeDigits = 'AAA';

/**
 * Decodes with the built-in decoder. It takes strings alone, so it is given lines by the piece: a string of the whole
 * would hold the message a second time.
 *
 * @returns undefined where a piece does not end with a group of four digits: the next would be read in wrong groups
 */
function decodeByPieces(data: Buffer): Uint8Array | undefined {
  const decoded = Buffer.allocUnsafeSlow(Math.floor((data.length * 3) / 4) + probeDigits.length);
  let length = 0;
  for (let start = 0, end = 0; start < data.length; start = end) {
    end = base64PieceEnd(data, start);
    const piece = data.toString('latin1', start, end);
    if (end === data.length) return decoded.subarray(0, length + decoded.write(piece, length, 'base64'));
    const written = decoded.write(piece + probeDigits, length, 'base64');
    if (written % 3 !== 2) return undefined;
    length += written - 2;
  }
  return decoded.subarray(0, length);
}

function base64PieceEnd(data: Buffer, start: number): number {
  const end = start + base64PieceBytes;
  if (end >= data.length) return data.length;
  const lineEnd = data.subarray(start, end).lastIndexOf(octet.lf);
  return lineEnd < 0 ? end : start + lineEnd + 1;
}

/** RFC 2045 §6.8: characters outside of the alphabet are ignored; padding that completes four digits ends the data. */
function decodeCarefully(bytes: Buffer): Uint8Array {
  const decoded = Buffer.allocUnsafe(Math.ceil(bytes.length / 4) * 3);
  let length = 0;
  let digits = 0;
  let bits = 0;
  let pads = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    if (byte === octet.equals) {
      if (digits >= 2 && digits + ++pads >= 4) break;
      continue;
    }
    const value = base64Digits[byte]!;
    if (value >= 64) continue;
    pads = 0;
    bits = (bits << 6) | value;
    digits++;
    if (digits > 1) decoded[length++] = (bits >> (8 - digits * 2)) & 0xff;
    if (digits === 4) digits = bits = 0;
  }
  return decoded.subarray(0, length);
}

/** RFC 2045 §6.7. */
function decodeQuotedPrintable(bytes: Buffer): Uint8Array {
  let sign = bytes.indexOf(octet.equals);
  const decoded = Buffer.allocUnsafe(bytes.length);
  let from = 0;
  let length = 0;
  while (sign >= 0) {
    length += bytes.copy(decoded, length, from, sign);
    const high = hexValue(bytes[sign + 1]);
    const low = high < 0 ? -1 : hexValue(bytes[sign + 2]);
    from = sign + 3;
    if (low >= 0) decoded[length++] = high * 16 + low;
    else {
      from = softBreakEnd(bytes, sign + 1);
      if (from < 0) {
        from = sign + 1;
        decoded[length++] = octet.equals;
      }
    }
    sign = bytes.indexOf(octet.equals, from);
  }
  length += bytes.copy(decoded, length, from);
  return decoded.subarray(0, length);
}

const maxBlanksBeforeLineEnd = 998;

/** Where the text goes on after a soft line break, or -1. Blanks before the line end are no part of the line. */
function softBreakEnd(bytes: Buffer, position: number): number {
  let index = position;
  while (
    (bytes[index] === octet.space || bytes[index] === octet.tab) &&
    index - position < maxBlanksBeforeLineEnd
  )
    index++;
  if (index >= bytes.length) return bytes.length;
  if (bytes[index] === octet.lf) return index + 1;
  if (bytes[index] !== octet.cr) return -1;
  return bytes[index + 1] === octet.lf ? index + 2 : index + 1;
}

/** What stands between a `begin` and an `end` line, by the old Unix program. */
function decodeUu(bytes: Buffer): Uint8Array {
  const lines = bytes.toString('latin1').split(/\r\n|\n|\r/);
  const begin = lines.findIndex((line) => /^begin [0-7]{1,6} /.test(line));
  if (begin < 0) return bytes;
  const chunks: Buffer[] = [];
  for (const line of lines.slice(begin + 1)) {
    if (line.trim() === 'end') break;
    const chunk = decodeUuLine(line);
    if (chunk.length > 0) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decodeUuLine(line: string): Buffer {
  const length = line === '' ? 0 : (line.charCodeAt(0) - 32) & 63;
  const decoded = Buffer.alloc(length);
  const digit = (index: number) => (index < line.length ? (line.charCodeAt(index) - 32) & 63 : 0);
  for (let written = 0, index = 1; written < length; written += 3, index += 4) {
    const bits = (digit(index) << 18) | (digit(index + 1) << 12) | (digit(index + 2) << 6) | digit(index + 3);
    decoded[written] = bits >> 16;
    if (written + 1 < length) decoded[written + 1] = (bits >> 8) & 0xff;
    if (written + 2 < length) decoded[written + 2] = bits & 0xff;
  }
  return decoded;
}

const base64Columns = 76;
const groupsInLine = base64Columns / 4;
const crlfUnit = new Uint16Array(Uint8Array.of(octet.cr, octet.lf).buffer)[0]!;

/** Twelve bits → two digits, as they stand in memory side by side. */
const base64Pairs = base64PairTable();

function base64PairTable(): Uint16Array {
  const octets = new Uint8Array(2 * 4096);
  for (let bits = 0; bits < 4096; bits++) {
    octets[2 * bits] = base64Alphabet.charCodeAt(bits >> 6);
    octets[2 * bits + 1] = base64Alphabet.charCodeAt(bits & 63);
  }
  return new Uint16Array(octets.buffer);
}

/**
 * Encodes as base64 in lines of 76 columns, each ended by CRLF. RFC 2045 §6.8.
 *
 * @param bytes any bytes; none give none.
 * @returns a buffer of its own, the only memory of size that is taken.
 */
export function encodeBase64Lines(bytes: Uint8Array): Uint8Array {
  const digits = Math.ceil(bytes.length / 3) * 4;
  const encoded = Buffer.allocUnsafeSlow(digits + Math.ceil(digits / base64Columns) * 2);
  // Lines and their ends have even lengths, so that two octets can be written at once.
  const units = new Uint16Array(encoded.buffer);
  const pairs = base64Pairs;
  const whole = bytes.length - (bytes.length % 3);
  let written = 0;
  let groups = 0;
  for (let index = 0; index < whole; index += 3) {
    const middle = bytes[index + 1]!;
    units[written++] = pairs[(bytes[index]! << 4) | (middle >> 4)]!;
    units[written++] = pairs[((middle & 15) << 8) | bytes[index + 2]!]!;
    if (++groups === groupsInLine) {
      units[written++] = crlfUnit;
      groups = 0;
    }
  }
  if (whole < bytes.length) {
    encoded.write(asBuffer(bytes.subarray(whole)).toString('base64'), written * 2, 'latin1');
    written += 2;
    groups++;
  }
  if (groups > 0) units[written] = crlfUnit;
  return encoded;
}

/**
 * Encodes text as quoted-printable: CRLF and bare LF in the input become line ends, all else comes back exactly. RFC 2045 §6.7.
 *
 * @param bytes text in any charset that has ASCII as its lower half.
 */
export function encodeQuotedPrintable(bytes: Uint8Array): Uint8Array {
  const encoded = Buffer.allocUnsafe(bytes.length * 3 + Math.ceil(bytes.length / 24) * 3 + 8);
  let length = 0;
  let column = 0;
  const put = (...octets: number[]) => {
    // RFC 2045 §6.7 (5): no line is longer than 76 characters, the soft break included.
    if (column + octets.length > base64Columns - 1) {
      encoded[length++] = octet.equals;
      encoded[length++] = octet.cr;
      encoded[length++] = octet.lf;
      column = 0;
    }
    for (const value of octets) encoded[length++] = value;
    column += octets.length;
  };
  for (let index = 0; index < bytes.length; index++) {
    const lineEnd = lineEndAt(bytes, index);
    if (lineEnd > 0) {
      encoded[length++] = octet.cr;
      encoded[length++] = octet.lf;
      column = 0;
      index += lineEnd - 1;
    } else if (standsForItself(bytes, index, column)) put(bytes[index]!);
    else put(octet.equals, upperHex(bytes[index]! >> 4), upperHex(bytes[index]! & 15));
  }
  return encoded.subarray(0, length);
}

function lineEndAt(bytes: Uint8Array, index: number): number {
  if (bytes[index] === octet.lf) return 1;
  return bytes[index] === octet.cr && bytes[index + 1] === octet.lf ? 2 : 0;
}

function standsForItself(bytes: Uint8Array, index: number, column: number): boolean {
  const byte = bytes[index]!;
  if (byte === octet.space || byte === octet.tab) {
    // RFC 2045 §6.7 (3): a blank at the end of a line would be lost.
    return index + 1 < bytes.length && lineEndAt(bytes, index + 1) === 0;
  }
  // A dot alone, or "From ", at the start of a line does not come through every MTA.
  if (column === 0 && (byte === octet.dot || byte === 0x46)) return false;
  return byte > 0x20 && byte < 0x7f && byte !== octet.equals;
}

function upperHex(value: number): number {
  return value < 10 ? 0x30 + value : 0x37 + value;
}
