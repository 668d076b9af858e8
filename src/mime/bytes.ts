/** Octets that the parsers look for. */
export const octet = {
  nul: 0,
  tab: 9,
  lf: 10,
  cr: 13,
  space: 32,
  quote: 34,
  dash: 45,
  dot: 46,
  colon: 58,
  equals: 61,
  underscore: 95,
} as const;

/**
 * Gives a `Buffer` over the same memory; nothing is copied.
 *
 * @param bytes any bytes.
 */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Tells whether an octet is SP or HTAB. */
export function isBlank(byte: number | undefined): boolean {
  return byte === octet.space || byte === octet.tab;
}

/**
 * Finds where the line end before a position starts: CRLF, LF or CR, at most one.
 *
 * @param bytes the source.
 * @param position where the next line starts.
 * @param floor position below which the answer may not go.
 */
export function beforeLineEnd(bytes: Uint8Array, position: number, floor: number): number {
  let end = position;
  if (end > floor && bytes[end - 1] === octet.lf) end--;
  else if (end > floor && bytes[end - 1] === octet.cr) return end - 1;
  if (end < position && end > floor && bytes[end - 1] === octet.cr) end--;
  return Math.max(end, floor);
}

/** The value of one hexadecimal digit, or -1. */
export function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
