import { createPublicKey, type KeyObject } from 'node:crypto';
import { type AlgorithmIdentifier, readAlgorithm } from './algorithm.ts';
import { readAsn1, readBitString, readInteger, readSequence } from './der.ts';
import { PkiError } from './error.ts';
import { oids } from './oid.ts';

/** A public key as a certificate carries it, RFC 5280 §4.1.2.7. */
export interface SubjectPublicKeyInfo {
  readonly algorithm: AlgorithmIdentifier;
  /** The bits of the key. */
  readonly key: Uint8Array;
}

/** RSA of 16,384 bits takes about 2,100 bytes; no other kind that is supported takes as many. */
const maxSpkiBytes = 4096;
/** A KeyObject takes about 2 KB, and making it five times as long as using it. */
const maxCachedKeys = 8192;

const cache = new Map<string, KeyObject>();

/**
 * Reads a SubjectPublicKeyInfo.
 *
 * @throws PkiError `bad-key`, or a code of the reader
 */
export function readSpki(spki: Uint8Array): SubjectPublicKeyInfo {
  const members = readSequence(readAsn1(spki, { strict: true }), 'a public key');
  if (members.length !== 2) throw new PkiError('bad-key', 'a public key is malformed');
  const { bytes, unusedBits } = readBitString(members[1], 'the bits of a public key');
  if (unusedBits !== 0) throw new PkiError('bad-key', 'a public key is not a whole number of bytes');
  return { algorithm: readAlgorithm(members[0]), key: bytes };
}

/**
 * Makes a key object from a SubjectPublicKeyInfo; the last 8,192 are kept.
 *
 * @throws PkiError `bad-key`
 */
export function publicKeyFromSpki(spki: Uint8Array): KeyObject {
  if (spki.length > maxSpkiBytes)
    throw new PkiError('bad-key', 'a public key is larger than any that is accepted');
  const cacheKey = Buffer.from(spki.buffer, spki.byteOffset, spki.length).toString('latin1');
  const known = cache.get(cacheKey);
  if (known !== undefined) {
    // The one used last stands last, so that the first is the one to drop.
    cache.delete(cacheKey);
    cache.set(cacheKey, known);
    return known;
  }
  const key = createKey(spki);
  if (cache.size >= maxCachedKeys) cache.delete(cache.keys().next().value!);
  cache.set(cacheKey, key);
  return key;
}

function createKey(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new PkiError('bad-key', 'a public key cannot be read', { cause });
  }
}

/**
 * Gives the number of bits of an RSA modulus without making a key of it.
 *
 * @returns undefined when it is no RSA key
 * @throws PkiError `bad-key`, or a code of the reader
 */
export function rsaBits(info: SubjectPublicKeyInfo): number | undefined {
  const { oid } = info.algorithm;
  if (oid !== oids.rsaEncryption && oid !== oids.rsassaPss && oid !== oids.rsaesOaep) return undefined;
  const modulus = readInteger(
    readSequence(readAsn1(info.key, { strict: true }), 'an RSA key')[0],
    'an RSA modulus',
  );
  if (modulus[0]! >= 0x80) throw new PkiError('bad-key', 'an RSA modulus is negative');
  const first = modulus[0] === 0 ? 1 : 0;
  const octets = modulus.length - first;
  return octets === 0 ? 0 : octets * 8 - (Math.clz32(modulus[first]!) - 24);
}
