import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { AlgorithmIdentifier } from '../pki/algorithm.ts';
import { oids } from '../pki/oid.ts';
import { isAbsentOrNull } from './algorithm.ts';

/** An algorithm that wraps one key with another, RFC 3394, RFC 3217. */
export interface KeyWrap {
  readonly oid: string;
  /** Name in node:crypto. */
  readonly cipher: string;
  readonly keyBytes: number;
  readonly legacy: boolean;
}

// RFC 3394 §2.2.3.1
const aesWrapIv = Uint8Array.from([0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6]);

const aes128Wrap: KeyWrap = { oid: oids.aes128Wrap, cipher: 'id-aes128-wrap', keyBytes: 16, legacy: false };
const aes192Wrap: KeyWrap = { oid: oids.aes192Wrap, cipher: 'id-aes192-wrap', keyBytes: 24, legacy: false };
const aes256Wrap: KeyWrap = { oid: oids.aes256Wrap, cipher: 'id-aes256-wrap', keyBytes: 32, legacy: false };
const tripleDesWrap: KeyWrap = { oid: oids.tripleDesWrap, cipher: 'des3-wrap', keyBytes: 24, legacy: true };

const wraps: ReadonlyMap<string, KeyWrap> = new Map(
  [aes128Wrap, aes192Wrap, aes256Wrap, tripleDesWrap].map((wrap) => [wrap.oid, wrap]),
);

/** Finds the key wrap that an identifier names; undefined where unknown or with parameters that it cannot have. */
export function findKeyWrap(algorithm: AlgorithmIdentifier): KeyWrap | undefined {
  return isAbsentOrNull(algorithm.parameters) ? wraps.get(algorithm.oid) : undefined;
}

/** Gives the AES wrap whose key is as long as the key that it wraps, RFC 8551 §2.3. */
export function keyWrapFor(keyBytes: number): KeyWrap {
  return keyBytes === 16 ? aes128Wrap : aes256Wrap;
}

/**
 * Unwraps a key.
 *
 * @returns undefined whatever went wrong
 */
export function unwrapKey(wrap: KeyWrap, kek: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  if (kek.length !== wrap.keyBytes) return undefined;
  // RFC 3394 §2.2: at least two blocks of key, and one of check value.
  if (!wrap.legacy && (wrapped.length < 24 || wrapped.length % 8 !== 0)) return undefined;
  try {
    const decipher = createDecipheriv(wrap.cipher, kek, wrap.legacy ? null : aesWrapIv);
    return Buffer.concat([decipher.update(wrapped), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Wraps a key with AES, RFC 3394. */
export function wrapKey(wrap: KeyWrap, kek: Uint8Array, key: Uint8Array): Uint8Array {
  const cipher = createCipheriv(wrap.cipher, kek, aesWrapIv);
  return Buffer.concat([cipher.update(key), cipher.final()]);
}
