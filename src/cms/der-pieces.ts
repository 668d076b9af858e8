import { derHeader } from '../pki/der.ts';

/** Identifier octets of what is put around large content. */
export const identifiers = {
  sequence: 0x30,
  set: 0x31,
  octetString: 0x04,
  explicit0: 0xa0,
  implicitPrimitive0: 0x80,
} as const;

/** A DER value in pieces: large content is named in it and copied once, when the pieces are joined. */
export type DerPieces = readonly Uint8Array[];

/**
 * Puts a header before pieces.
 *
 * @param identifier the identifier octet
 */
export function wrapPieces(identifier: number, pieces: DerPieces): DerPieces {
  return [derHeader(identifier, lengthOf(pieces)), ...pieces];
}

/** Gives the number of bytes of all pieces together. */
export function lengthOf(pieces: DerPieces): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}
