import { asBuffer, octet } from './bytes.ts';

/** What SMTP does not carry, or carries differently at each hop. RFC 5321 §2.3.8, §4.1.1.4. */
export interface LineFaults {
  readonly bareCr: boolean;
  readonly bareLf: boolean;
  readonly nul: boolean;
}

/**
 * Looks for line ends other than CRLF, and for NUL.
 *
 * @param bytes a message or a part of one.
 */
export function findLineFaults(bytes: Uint8Array): LineFaults {
  const source = asBuffer(bytes);
  return {
    bareCr: findBare(source, octet.cr) >= 0,
    bareLf: findBare(source, octet.lf) >= 0,
    nul: source.includes(octet.nul),
  };
}

/** The first CR without LF behind it, or LF without CR before it; -1 where there is none. */
function findBare(source: Buffer, byte: number): number {
  const [step, partner] = byte === octet.cr ? [1, octet.lf] : [-1, octet.cr];
  let index = source.indexOf(byte);
  while (index >= 0 && source[index + step] === partner) index = source.indexOf(byte, index + 1);
  return index;
}

/**
 * Makes every line end CRLF: bare LF and bare CR alike. RFC 2045 §2.7, RFC 8551 §3.1.1.
 *
 * @param bytes any bytes.
 * @returns the same array where nothing had to change.
 */
export function toCrlf(bytes: Uint8Array): Uint8Array {
  const source = asBuffer(bytes);
  const extra = countBare(source, octet.cr) + countBare(source, octet.lf);
  return extra === 0 ? bytes : widen(source, extra);
}

function countBare(source: Buffer, byte: number): number {
  const [step, partner] = byte === octet.cr ? [1, octet.lf] : [-1, octet.cr];
  let count = 0;
  for (let index = source.indexOf(byte); index >= 0; index = source.indexOf(byte, index + 1))
    if (source[index + step] !== partner) count++;
  return count;
}

function widen(source: Buffer, extra: number): Uint8Array {
  const wide = Buffer.allocUnsafe(source.length + extra);
  let length = 0;
  for (let index = 0; index < source.length; index++) {
    const byte = source[index]!;
    const lineEnd = byte === octet.cr || byte === octet.lf;
    if (byte === octet.cr && source[index + 1] === octet.lf) index++;
    if (lineEnd) wide[length++] = octet.cr;
    wide[length++] = lineEnd ? octet.lf : byte;
  }
  return wide;
}

/**
 * Tells how the lines of a message end, by the first of them.
 *
 * @param bytes a message; CRLF where it has no line end.
 */
export function lineEndOf(bytes: Uint8Array): '\r\n' | '\n' | '\r' {
  const source = asBuffer(bytes);
  const lf = source.indexOf(octet.lf);
  if (lf < 0) return source.includes(octet.cr) ? '\r' : '\r\n';
  return source[lf - 1] === octet.cr ? '\r\n' : '\n';
}
