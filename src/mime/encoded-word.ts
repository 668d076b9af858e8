import { hexValue } from './bytes.ts';
import { decodeCharset, isAscii } from './charset.ts';

/** An encoded word in a text; `start` and `end` enclose all of it. */
interface EncodedWord {
  readonly start: number;
  readonly end: number;
  readonly charset: string;
  readonly bytes: Buffer;
}

const maxCharsetLength = 80;

/**
 * Decodes the encoded words of a text. RFC 2047, with what real mail needs: words that are too long, that have spaces
 * in them, that stand close to other text, or that split a character between two of the same charset.
 *
 * @param text unfolded field body or a piece of it.
 * @returns the text in clear; what is no encoded word stays as it is.
 */
export function decodeEncodedWords(text: string): string {
  const pieces: string[] = [];
  let position = 0;
  let run: EncodedWord[] = [];
  const flush = () => {
    if (run.length > 0)
      pieces.push(decodeCharset(Buffer.concat(run.map((word) => word.bytes)), run[0]!.charset));
    run = [];
  };
  for (let word = nextWord(text, 0); word !== undefined; word = nextWord(text, word.end)) {
    const between = text.slice(position, word.start);
    // RFC 2047 §6.2: white space between two encoded words is not shown.
    const adjacent = position > 0 && between.trim() === '' && run.length > 0;
    if (!adjacent || run[0]!.charset !== word.charset) flush();
    if (!adjacent) pieces.push(between);
    run.push(word);
    position = word.end;
  }
  flush();
  return position === 0 ? text : pieces.join('') + text.slice(position);
}

function nextWord(text: string, from: number): EncodedWord | undefined {
  for (let start = text.indexOf('=?', from); start >= 0; start = text.indexOf('=?', start + 1)) {
    const charsetEnd = text.slice(start + 2, start + 3 + maxCharsetLength).indexOf('?');
    if (charsetEnd < 0) continue;
    const charset = text.slice(start + 2, start + 2 + charsetEnd).toLowerCase();
    const encodingAt = start + 3 + charsetEnd;
    const encoding = text[encodingAt]?.toLowerCase();
    if ((encoding !== 'q' && encoding !== 'b') || text[encodingAt + 1] !== '?' || /\s/.test(charset))
      continue;
    const end = text.indexOf('?=', encodingAt + 2);
    if (end < 0) return undefined;
    const encoded = text.slice(encodingAt + 2, end);
    const bytes = encoding === 'b' ? Buffer.from(encoded, 'base64') : decodeQ(encoded, charset);
    return { start, end: end + 2, charset, bytes };
  }
  return undefined;
}

/** RFC 2047 §4.2; octets that should have been encoded and were not count as they stood in the message. */
function decodeQ(encoded: string, charset: string): Buffer {
  const wasLatin1 = !charset.startsWith('utf-8') && !/[^\x00-\xff]/.test(encoded);
  const bytes = Buffer.from(encoded, wasLatin1 ? 'latin1' : 'utf8');
  let length = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    const high = byte === 0x3d ? hexValue(bytes[index + 1]) : -1;
    const low = high < 0 ? -1 : hexValue(bytes[index + 2]);
    if (low >= 0) index += 2;
    bytes[length++] = low >= 0 ? high * 16 + low : byte === 0x5f ? 0x20 : byte;
  }
  return bytes.subarray(0, length);
}

// RFC 2047 §2: an encoded word has at most 75 characters; '=?utf-8?b?' and '?=' take 12 of them.
const maxEncodedLength = 63;
const maxWordBytes = 45;

/**
 * Puts the words of a text that are not plain ASCII into encoded words. RFC 2047 §5 (1) and (3).
 *
 * @param text no line ends; what only looks like an encoded word is encoded too, so that it comes back as it was.
 * @returns ASCII; `decodeEncodedWords` gives the text again.
 */
export function encodeWords(text: string): string {
  const clean = text.toWellFormed();
  if (isPlain(clean)) return clean;
  const words = clean.split(' ');
  const first = words.findIndex((word) => !isPlain(word));
  if (first < 0) return encodeRun(clean);
  const last = words.findLastIndex((word) => !isPlain(word));
  const before = words.slice(0, first);
  const after = words.slice(last + 1);
  return [...before, encodeRun(words.slice(first, last + 1).join(' ')), ...after].join(' ');
}

/**
 * Puts the whole of a text into encoded words. RFC 2047 §5 (3).
 *
 * @param text a display name; no line ends.
 */
export function encodePhrase(text: string): string {
  return encodeRun(text.toWellFormed());
}

function isPlain(text: string): boolean {
  return isAscii(text) && !text.includes('=?') && !/[\x00-\x1f\x7f]/.test(text);
}

function encodeRun(text: string): string {
  const words: string[] = [];
  let chunk = '';
  let size = 0;
  for (const char of text) {
    const bytes = Buffer.byteLength(char);
    if (size + bytes > maxWordBytes) {
      words.push(encodeWord(chunk));
      chunk = '';
      size = 0;
    }
    chunk += char;
    size += bytes;
  }
  words.push(encodeWord(chunk));
  return words.join(' ');
}

function encodeWord(chunk: string): string {
  const bytes = Buffer.from(chunk, 'utf8');
  const quoted = [...bytes].map(encodeQ).join('');
  const base64 = bytes.toString('base64');
  return quoted.length <= Math.min(maxEncodedLength, base64.length)
    ? `=?utf-8?q?${quoted}?=`
    : `=?utf-8?b?${base64}?=`;
}

/** RFC 2047 §5 (3): in a phrase only these characters stand for themselves. */
function encodeQ(byte: number): string {
  const char = String.fromCharCode(byte);
  if (byte === 0x20) return '_';
  return /[A-Za-z0-9!*+\-/]/.test(char) ? char : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
