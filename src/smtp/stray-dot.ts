import { asBuffer } from '../mime/bytes.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const dot = 0x2e;

/**
 * Tells whether a message has a dot where a server that takes a bare CR or LF for a line end would look for the end of
 * the message: behind a bare CR or LF, or alone before one. Nothing honest has that, SMTP smuggling needs it.
 *
 * @param raw the message as received, without dot-stuffing
 */
export function hasStrayDot(raw: Uint8Array): boolean {
  const bytes = asBuffer(raw);
  if (bytes.includes('\r.') || (bytes[0] === dot && endsBare(bytes, 1))) return true;
  for (let at = bytes.indexOf('\n.'); at >= 0; at = bytes.indexOf('\n.', at + 2))
    if (bytes[at - 1] !== carriageReturn || endsBare(bytes, at + 2)) return true;
  return false;
}

/** A line end stands there that is not CRLF. */
function endsBare(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === lineFeed || (bytes[at] === carriageReturn && bytes[at + 1] !== lineFeed);
}
