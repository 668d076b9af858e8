import {
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type DecipherGCM,
  hkdfSync,
} from 'node:crypto';
import { decryptRc2Cbc } from '../pki/rc2.ts';
import { type ContentCipher, type ContentEncryption, isAead, sentTagBytes } from './content-cipher.ts';
import { withoutPadding } from './padding.ts';

/** Content goes through a cipher in pieces of this size, so that beside input and output nothing large lives. */
const pieceBytes = 1 << 20;

/**
 * Decrypts content.
 *
 * @param key the content-encryption key, of any length
 * @param aad what the tag covers beside the content; empty for CBC
 * @param tag the authentication tag; ignored for CBC
 * @returns undefined whatever went wrong: length of the key, of the tag or of the content, padding, or tag
 */
export function decryptContent(
  encryption: ContentEncryption,
  key: Uint8Array,
  ciphertext: Uint8Array,
  aad: Uint8Array,
  tag: Uint8Array,
): Uint8Array | undefined {
  const { cipher, iv, tagBytes } = encryption;
  if (cipher.keyBytes !== undefined && key.length !== cipher.keyBytes) return undefined;
  if (tag.length !== tagBytes && isAead(cipher)) return undefined;
  const contentKey = encryption.derivation === undefined ? key : derivedKey(key, encryption.derivation);
  if (cipher.name === 'rc2-cbc') return decryptRc2Cbc(contentKey, encryption.effectiveBits, iv, ciphertext);
  return isAead(cipher)
    ? decryptAead(encryption, contentKey, ciphertext, aad, tag)
    : decryptCbc(encryption, contentKey, ciphertext);
}

function decryptAead(
  { cipher, iv, tagBytes }: ContentEncryption,
  key: Uint8Array,
  ciphertext: Uint8Array,
  aad: Uint8Array,
  tag: Uint8Array,
): Uint8Array | undefined {
  let output: Uint8Array | undefined;
  try {
    const options = { authTagLength: tagBytes };
    const decipher = createDecipheriv(
      cipher.cipher as 'aes-256-gcm',
      createSecretKey(key),
      iv,
      options,
    ) as DecipherGCM;
    decipher.setAAD(aad, { plaintextLength: ciphertext.length }).setAuthTag(tag);
    output = decipher.update(ciphertext);
    decipher.final();
    return output;
  } catch {
    // RFC 5083 §2.2: nothing of what did not prove itself is released.
    output?.fill(0);
    return undefined;
  }
}

function decryptCbc(
  { cipher, iv }: ContentEncryption,
  key: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  if (ciphertext.length === 0 || ciphertext.length % cipher.blockBytes !== 0) return undefined;
  try {
    // The padding is taken off here: so the content comes in one piece and is not copied.
    const decipher = createDecipheriv(cipher.cipher, createSecretKey(key), iv).setAutoPadding(false);
    const output = decipher.update(ciphertext);
    decipher.final();
    return withoutPadding(output, cipher.blockBytes);
  } catch {
    return undefined;
  }
}

// RFC 9709 §2
function derivedKey(key: Uint8Array, info: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, 'The Cryptographic Message Syntax', info, key.length));
}

interface Transform {
  update(piece: Uint8Array): Uint8Array;
  final(): Uint8Array;
}

function throughCipher(transform: Transform, input: Uint8Array, output: Uint8Array): Uint8Array {
  let written = 0;
  for (let at = 0; at < input.length; at += pieceBytes) {
    const piece = transform.update(input.subarray(at, at + pieceBytes));
    output.set(piece, written);
    written += piece.length;
  }
  const rest = transform.final();
  output.set(rest, written);
  return output.subarray(0, written + rest.length);
}

/**
 * Gives the length of the ciphertext of content.
 *
 * @param bytes the length of the content
 */
export function ciphertextBytes(cipher: ContentCipher, bytes: number): number {
  return isAead(cipher) ? bytes : (Math.floor(bytes / cipher.blockBytes) + 1) * cipher.blockBytes;
}

/**
 * Encrypts content into a place prepared for it.
 *
 * @param output exactly {@link ciphertextBytes} long
 * @returns the authentication tag; empty for CBC
 */
export function encryptContent(
  cipher: ContentCipher,
  key: Uint8Array,
  iv: Uint8Array,
  content: Uint8Array,
  output: Uint8Array,
): Uint8Array {
  if (!isAead(cipher)) {
    throughCipher(createCipheriv(cipher.cipher, key, iv), content, output);
    return new Uint8Array(0);
  }
  const options = { authTagLength: sentTagBytes };
  const transform = createCipheriv(cipher.cipher as 'aes-256-gcm', key, iv, options) as CipherGCM;
  throughCipher(transform, content, output);
  return transform.getAuthTag();
}
