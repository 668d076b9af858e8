import { createHash } from 'node:crypto';
import type { HashName } from './signature.ts';

/** What the derived bytes are for, RFC 7292 §B.3. */
export const pkcs12Purposes = { key: 1, iv: 2, mac: 3 } as const;

/** Size of the blocks that each hash works on, in bytes. */
const blockSizes: Readonly<Record<HashName, number>> = {
  md5: 64,
  sha1: 64,
  sha224: 64,
  sha256: 64,
  sha384: 128,
  sha512: 128,
};

/**
 * Gives a password the form that this derivation takes: UTF-16, big-endian, with a zero at its end (RFC 7292 §B.1).
 *
 * @param password undefined for no password at all, which differs from an empty one
 */
export function bmpPassword(password: string | undefined): Uint8Array {
  if (password === undefined) return new Uint8Array();
  return new Uint8Array(Buffer.from(`${password}\0`, 'utf16le').swap16());
}

/**
 * Derives bytes from a password by the method of PKCS#12, RFC 7292 §B.2.
 *
 * @param password as {@link bmpPassword} gives it
 */
export function derivePkcs12(
  hash: HashName,
  purpose: number,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  length: number,
): Uint8Array {
  const size = blockSizes[hash];
  const diversifier = new Uint8Array(size).fill(purpose);
  const input = Buffer.concat([repeatTo(salt, size), repeatTo(password, size)]);
  const derived: Uint8Array[] = [];
  for (let have = 0; have < length; ) {
    let digest = createHash(hash).update(diversifier).update(input).digest();
    for (let round = 1; round < iterations; round += 1) digest = createHash(hash).update(digest).digest();
    derived.push(digest);
    have += digest.length;
    if (have < length) addToEach(input, repeatTo(digest, size).subarray(0, size), size);
  }
  return new Uint8Array(Buffer.concat(derived).subarray(0, length));
}

/** Repeats bytes to a multiple of the size; nothing stays nothing. */
function repeatTo(bytes: Uint8Array, size: number): Uint8Array {
  const length = size * Math.ceil(bytes.length / size);
  return Uint8Array.from({ length }, (_, index) => bytes[index % bytes.length]!);
}

/** Adds a number, and one, to each block of the input, as big-endian numbers modulo the size. */
function addToEach(input: Uint8Array, addend: Uint8Array, size: number): void {
  for (let start = 0; start < input.length; start += size) {
    let carry = 1;
    for (let at = size - 1; at >= 0; at -= 1) {
      carry += input[start + at]! + addend[at]!;
      input[start + at] = carry & 0xff;
      carry >>= 8;
    }
  }
}
