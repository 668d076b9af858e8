import { constants, type KeyObject, privateDecrypt } from 'node:crypto';
import { computeDigest, type Digest } from './digest.ts';

/** Parameters of RSAES-OAEP, RFC 8017 §7.1. */
export interface OaepParameters {
  readonly digest: Digest;
  readonly mgfDigest: Digest;
  readonly label: Uint8Array;
}

/**
 * Decrypts RSAES-OAEP.
 *
 * node:crypto takes the mask generation function with the digest of the padding alone; where they differ the padding is
 * undone here, in a time that does not depend on what the padding holds.
 *
 * @returns undefined whatever went wrong
 */
export function decryptOaep(
  privateKey: KeyObject,
  parameters: OaepParameters,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  const { digest, mgfDigest, label } = parameters;
  try {
    if (digest !== mgfDigest) {
      const encoded = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, ciphertext);
      return decodeOaep(parameters, encoded);
    }
    return privateDecrypt(
      {
        key: privateKey,
        padding: constants.RSA_PKCS1_OAEP_PADDING,
        oaepHash: digest.hash,
        ...(label.length > 0 ? { oaepLabel: label } : {}),
      },
      ciphertext,
    );
  } catch {
    return undefined;
  }
}

// RFC 8017 §7.1.2 step 3
function decodeOaep(
  { digest, mgfDigest, label }: OaepParameters,
  encoded: Uint8Array,
): Uint8Array | undefined {
  const seedEnd = 1 + digest.bytes;
  if (encoded.length < 2 * digest.bytes + 2) return undefined;
  const maskedSeed = encoded.subarray(1, seedEnd);
  const maskedBlock = encoded.subarray(seedEnd);
  const seed = xor(maskedSeed, mgf1(mgfDigest, maskedBlock, digest.bytes));
  const block = xor(maskedBlock, mgf1(mgfDigest, seed, maskedBlock.length));
  const labelHash = computeDigest(digest, label);
  let wrong = encoded[0]!;
  for (let i = 0; i < digest.bytes; i += 1) wrong |= labelHash[i]! ^ block[i]!;
  const start = messageStart(block, digest.bytes);
  return wrong === 0 && start > 0 ? block.subarray(start) : undefined;
}

/** Finds the byte after the 01 that ends the zeros; 0 where there is none. Every byte is looked at. */
function messageStart(block: Uint8Array, from: number): number {
  let start = 0;
  let searching = 1;
  let wrong = 0;
  for (let i = from; i < block.length; i += 1) {
    const isOne = Number(block[i] === 1);
    const isZero = Number(block[i] === 0);
    start += searching * isOne * (i + 1);
    wrong |= searching & ~(isOne | isZero);
    searching &= ~isOne;
  }
  return wrong !== 0 || searching === 1 ? 0 : start;
}

// RFC 8017 B.2.1
function mgf1(digest: Digest, seed: Uint8Array, length: number): Uint8Array {
  const mask = new Uint8Array(Math.ceil(length / digest.bytes) * digest.bytes);
  const counter = new Uint8Array(4);
  for (let i = 0; i * digest.bytes < length; i += 1) {
    new DataView(counter.buffer).setUint32(0, i);
    mask.set(computeDigest(digest, seed, counter), i * digest.bytes);
  }
  return mask.subarray(0, length);
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, index) => byte ^ b[index]!);
}
