const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const dot = 0x2e;

/**
 * Doubles the dot at the start of lines (RFC 5321 §4.5.2) and makes every line end CRLF, so that no bare CR or LF can
 * end the message for a careless peer.
 *
 * @returns the same array when there is nothing to change
 */
export function dotStuff(bytes: Uint8Array): Uint8Array {
  const added = countAdded(bytes);
  if (added === 0) return bytes;
  const stuffed = new Uint8Array(bytes.length + added);
  let to = 0;
  let lineStart = true;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === lineFeed && bytes[i - 1] !== carriageReturn) stuffed[to++] = carriageReturn;
    if (byte === dot && lineStart) stuffed[to++] = dot;
    stuffed[to++] = byte;
    lineStart = byte === lineFeed;
    if (byte === carriageReturn && bytes[i + 1] !== lineFeed) {
      stuffed[to++] = lineFeed;
      lineStart = true;
    }
  }
  return stuffed;
}

function countAdded(bytes: Uint8Array): number {
  let added = bytes[0] === dot ? 1 : 0;
  const search = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = search.indexOf(lineFeed); i >= 0; i = search.indexOf(lineFeed, i + 1)) {
    if (bytes[i - 1] !== carriageReturn) added++;
    if (bytes[i + 1] === dot) added++;
  }
  for (let i = search.indexOf(carriageReturn); i >= 0; i = search.indexOf(carriageReturn, i + 1)) {
    if (bytes[i + 1] === lineFeed) continue;
    added++;
    if (bytes[i + 1] === dot) added++;
  }
  return added;
}
