/**
 * Takes the padding of CBC off, RFC 5652 §6.3; every byte of the last block is looked at, whatever it says.
 *
 * @param bytes whole blocks, at least one
 * @returns a view, or undefined where the padding is none
 */
export function withoutPadding(bytes: Uint8Array, blockBytes: number): Uint8Array | undefined {
  const count = bytes[bytes.length - 1]!;
  let wrong = Number(count < 1) | Number(count > blockBytes);
  for (let i = 1; i <= blockBytes; i += 1) {
    const isPadding = Number(i <= count);
    wrong |= isPadding * (bytes[bytes.length - i]! ^ count);
  }
  return wrong === 0 ? bytes.subarray(0, bytes.length - count) : undefined;
}
