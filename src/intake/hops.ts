/** Header bytes that are looked at for trace fields. */
const maxHeaderBytes = 1 << 20;

/**
 * Counts the Received fields of a message, each the trace of one hop (RFC 5321 §6.3).
 *
 * @param enough where counting may end
 */
export function countHops(raw: Uint8Array, enough: number): number {
  const text = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.byteLength, maxHeaderBytes)).toString(
    'latin1',
  );
  let hops = 0;
  for (let start = 0; start < text.length && hops < enough; ) {
    const end = text.indexOf('\n', start);
    const line = end < 0 ? text.slice(start) : text.slice(start, end);
    if (line === '' || line === '\r') break;
    if (line.slice(0, 9).toLowerCase() === 'received:') hops++;
    if (end < 0) break;
    start = end + 1;
  }
  return hops;
}
