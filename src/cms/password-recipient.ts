import { createDecipheriv, pbkdf2Sync } from 'node:crypto';
import type { AlgorithmIdentifier } from '../pki/algorithm.ts';
import { readAlgorithm } from '../pki/algorithm.ts';
import { isUniversal, readAsn1, readOctetString, readSequence, readSmallInteger, tags } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { readContentEncryption } from './content-cipher.ts';
import type { PasswordRecipientInfo } from './recipient-info.ts';

const pwriKek = '1.2.840.113549.1.9.16.3.9';

/** A message may not keep us busy for longer. */
const maxIterations = 300_000;

/** RFC 8018 A.2. */
const prfs: Readonly<Record<string, string>> = {
  [oids.hmacWithSha1]: 'sha1',
  [oids.hmacWithSha224]: 'sha224',
  [oids.hmacWithSha256]: 'sha256',
  [oids.hmacWithSha384]: 'sha384',
  [oids.hmacWithSha512]: 'sha512',
};

/**
 * Opens the key of a PasswordRecipientInfo, RFC 3211.
 *
 * @returns undefined whatever went wrong
 */
export function openPasswordKey(
  info: PasswordRecipientInfo,
  password: string,
  legacy: boolean,
): Uint8Array | undefined {
  const { keyEncryptionAlgorithm, keyDerivationAlgorithm, encryptedKey } = info;
  if (keyEncryptionAlgorithm.oid !== pwriKek || keyEncryptionAlgorithm.parameters === undefined)
    return undefined;
  try {
    const inner = readContentEncryption(readAlgorithm(readAsn1(keyEncryptionAlgorithm.parameters)));
    const { cipher } = inner ?? {};
    if (inner === undefined || cipher?.mode !== 'cbc' || cipher.keyBytes === undefined) return undefined;
    if (cipher.legacy && !legacy) return undefined;
    const kek = deriveKey(keyDerivationAlgorithm, password, cipher.keyBytes);
    return kek === undefined ? undefined : unwrapTwice(cipher.cipher, kek, inner.iv, encryptedKey);
  } catch {
    return undefined;
  }
}

function deriveKey(
  algorithm: AlgorithmIdentifier | undefined,
  password: string,
  keyBytes: number,
): Uint8Array | undefined {
  if (algorithm?.oid !== oids.pbkdf2 || algorithm.parameters === undefined) return undefined;
  const [salt, iterations, ...rest] = readSequence(readAsn1(algorithm.parameters));
  const count = readSmallInteger(iterations);
  const prf = rest.find((field) => isUniversal(field, tags.sequence));
  const hash = prf === undefined ? 'sha1' : prfs[readAlgorithm(prf).oid];
  if (hash === undefined || count < 1 || count > maxIterations) return undefined;
  return pbkdf2Sync(password, readOctetString(salt), count, keyBytes, hash);
}

// RFC 3211 §2.3.2
function unwrapTwice(
  cipher: string,
  kek: Uint8Array,
  iv: Uint8Array,
  wrapped: Uint8Array,
): Uint8Array | undefined {
  const block = iv.length;
  if (wrapped.length < 2 * block || wrapped.length % block !== 0) return undefined;
  const lastIv = wrapped.subarray(wrapped.length - 2 * block, wrapped.length - block);
  const last = decryptBlocks(cipher, kek, lastIv, wrapped.subarray(wrapped.length - block));
  const inner = Buffer.concat([
    decryptBlocks(cipher, kek, last, wrapped.subarray(0, wrapped.length - block)),
    last,
  ]);
  const outer = decryptBlocks(cipher, kek, iv, inner);
  const length = outer[0]!;
  const checks = (outer[1]! ^ outer[4]!) & (outer[2]! ^ outer[5]!) & (outer[3]! ^ outer[6]!);
  return checks === 0xff && length >= 8 && length <= outer.length - 4
    ? outer.subarray(4, 4 + length)
    : undefined;
}

function decryptBlocks(cipher: string, key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array {
  const decipher = createDecipheriv(cipher, key, iv).setAutoPadding(false);
  return Buffer.concat([decipher.update(bytes), decipher.final()]);
}
