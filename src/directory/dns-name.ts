import { DirectoryError } from './error.ts';

/**
 * A domain name as it stands in a message (RFC 1035 §3.1), uncompressed, an octet a character: text with dots would not
 * tell a dot within a label from one between two.
 */
export type WireName = string & { readonly wireName: unique symbol };

/** Longest name, with the octets of its lengths (RFC 1035 §2.3.4). */
const maxNameOctets = 255;
const maxLabelOctets = 63;
/** The upper two bits of a length say that it is a pointer (RFC 1035 §4.1.4). */
const pointerBits = 0xc0;

/**
 * Makes a name of its text.
 *
 * @param text labels of ASCII with dots between, none of them empty; `.` is the root
 * @returns `undefined` where a label or the whole is too long, or has other characters
 */
export function wireNameOf(text: string): WireName | undefined {
  const labels = text === '.' ? [] : text.split('.');
  if (!labels.every((label) => /^[\x21-\x7e]+$/.test(label) && label.length <= maxLabelOctets))
    return undefined;
  const name = `${labels.map((label) => String.fromCharCode(label.length) + label).join('')}\0`;
  return name.length <= maxNameOctets ? (name as WireName) : undefined;
}

/** Gives a name in the form that names compare in: letters of ASCII in lower case (RFC 1035 §2.3.3). */
export function comparable(name: WireName): WireName {
  // A length is at most 63 and no letter.
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) as WireName;
}

/**
 * Reads a name. Pointers lead backwards only, so that reading ends.
 *
 * @param at where it starts
 * @returns the name, and where what stands behind it starts
 * @throws DirectoryError `resolver-bad-answer`
 */
export function readWireName(
  message: Uint8Array,
  at: number,
): { readonly name: WireName; readonly end: number } {
  let name = '';
  let position = at;
  let lowest = at;
  let end: number | undefined;
  for (;;) {
    const length = octetAt(message, position);
    if (length === 0) return { name: `${name}\0` as WireName, end: end ?? position + 1 };
    if ((length & pointerBits) === pointerBits) {
      end ??= position + 2;
      position = ((length & ~pointerBits) << 8) | octetAt(message, position + 1);
      if (position >= lowest) throw badAnswer('a name points forwards');
      lowest = position;
      continue;
    }
    if (length > maxLabelOctets) throw badAnswer('a label has an unknown form');
    const next = position + 1 + length;
    if (next > message.length) throw badAnswer('it ends within a name');
    name += Buffer.from(message.subarray(position, next)).toString('latin1');
    if (name.length >= maxNameOctets) throw badAnswer('a name is too long');
    position = next;
  }
}

function octetAt(message: Uint8Array, at: number): number {
  const octet = message[at];
  if (octet === undefined) throw badAnswer('it ends within a name');
  return octet;
}

/** Makes the error of an answer that is not taken. */
export function badAnswer(why: string): DirectoryError {
  return new DirectoryError('resolver-bad-answer', `the answer of the resolver is not taken: ${why}`);
}
