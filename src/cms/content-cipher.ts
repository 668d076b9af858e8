import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM, hkdfSync } from 'node:crypto';
import type { AlgorithmIdentifier } from '../pki/algorithm.ts';
import { readAlgorithm } from '../pki/algorithm.ts';
import {
  derInteger,
  derOctetString,
  derSequence,
  isUniversal,
  readAsn1,
  readOctetString,
  readSequence,
  readSmallInteger,
  tags,
} from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { derAlgorithm } from './algorithm.ts';
import { withoutPadding } from './padding.ts';
import { decryptRc2Cbc, rc2EffectiveBits } from './rc2.ts';

export type CipherName =
  | 'aes-128-cbc'
  | 'aes-192-cbc'
  | 'aes-256-cbc'
  | 'aes-128-gcm'
  | 'aes-192-gcm'
  | 'aes-256-gcm'
  | 'chacha20-poly1305'
  | 'des-ede3-cbc'
  | 'rc2-cbc';

/** A cipher that content may be encrypted with. */
export interface ContentCipher {
  readonly name: CipherName;
  readonly oid: string;
  /** Name in node:crypto. */
  readonly cipher: string;
  readonly mode: 'cbc' | 'gcm' | 'chacha';
  /** Undefined where the message decides it (RC2). */
  readonly keyBytes: number | undefined;
  readonly blockBytes: number;
  /** Read only where old ciphers were asked for. */
  readonly legacy: boolean;
}

function aes(bits: 128 | 192 | 256, mode: 'cbc' | 'gcm', oid: string): ContentCipher {
  const name = `aes-${bits}-${mode}` as const;
  return { name, oid, cipher: name, mode, keyBytes: bits / 8, blockBytes: 16, legacy: false };
}

/** RFC 3565, RFC 5084, RFC 8103, RFC 3370 §5. */
const ciphers: readonly ContentCipher[] = [
  aes(128, 'cbc', oids.aes128Cbc),
  aes(192, 'cbc', oids.aes192Cbc),
  aes(256, 'cbc', oids.aes256Cbc),
  aes(128, 'gcm', oids.aes128Gcm),
  aes(192, 'gcm', oids.aes192Gcm),
  aes(256, 'gcm', oids.aes256Gcm),
  {
    name: 'chacha20-poly1305',
    oid: oids.chacha20Poly1305,
    cipher: 'chacha20-poly1305',
    mode: 'chacha',
    keyBytes: 32,
    blockBytes: 1,
    legacy: false,
  },
  {
    name: 'des-ede3-cbc',
    oid: oids.desEde3Cbc,
    cipher: 'des-ede3-cbc',
    mode: 'cbc',
    keyBytes: 24,
    blockBytes: 8,
    legacy: true,
  },
  {
    name: 'rc2-cbc',
    oid: oids.rc2Cbc,
    cipher: 'rc2-cbc',
    mode: 'cbc',
    keyBytes: undefined,
    blockBytes: 8,
    legacy: true,
  },
];

const byOid: ReadonlyMap<string, ContentCipher> = new Map(ciphers.map((cipher) => [cipher.oid, cipher]));
const byName: ReadonlyMap<string, ContentCipher> = new Map(ciphers.map((cipher) => [cipher.name, cipher]));

/** Gives a cipher by name. */
export function cipherNamed(name: CipherName): ContentCipher {
  return byName.get(name)!;
}

/** Tells whether a cipher proves the integrity of what it decrypts. */
export function isAead(cipher: ContentCipher): boolean {
  return cipher.mode !== 'cbc';
}

/** A cipher with the parameters of one message. */
export interface ContentEncryption {
  readonly cipher: ContentCipher;
  /** Initialisation vector or nonce. */
  readonly iv: Uint8Array;
  /** Bytes of the authentication tag; 0 without one. */
  readonly tagBytes: number;
  /** Effective key bits of RC2. */
  readonly effectiveBits: number;
  /** The identifier that the content-encryption key is derived with, RFC 9709; undefined where it is used as it is. */
  readonly derivation: Uint8Array | undefined;
}

/**
 * Finds the cipher that an AlgorithmIdentifier names and reads its parameters.
 *
 * @returns undefined where the algorithm is unknown or its parameters are malformed
 */
export function readContentEncryption(algorithm: AlgorithmIdentifier): ContentEncryption | undefined {
  try {
    // RFC 9709 §3
    if (algorithm.oid === oids.cekHkdfSha256 && algorithm.parameters !== undefined) {
      const inner = readAlgorithm(readAsn1(algorithm.parameters));
      const encryption = readParameters(inner);
      return encryption === undefined ? undefined : { ...encryption, derivation: inner.raw };
    }
    return readParameters(algorithm);
  } catch {
    return undefined;
  }
}

/** RFC 5084 §3.2: nonces of other lengths than 12 are allowed; a nonce that is shorter than this is not worth one. */
const minNonceBytes = 8;
const maxNonceBytes = 16;
/** RFC 5084 §3.2: AES-GCM-ICVlen ::= INTEGER (12 | 13 | 14 | 15 | 16), by default 12. */
const minTagBytes = 12;
const maxTagBytes = 16;

function readParameters(algorithm: AlgorithmIdentifier): ContentEncryption | undefined {
  const cipher = byOid.get(algorithm.oid);
  if (cipher === undefined || algorithm.parameters === undefined) return undefined;
  const node = readAsn1(algorithm.parameters);
  const plain = { cipher, tagBytes: 0, effectiveBits: 0, derivation: undefined };
  if (cipher.mode === 'gcm') {
    const [nonce, length] = readSequence(node);
    const iv = readOctetString(nonce);
    const tagBytes = length === undefined ? minTagBytes : readSmallInteger(length);
    const fits = iv.length >= minNonceBytes && iv.length <= maxNonceBytes;
    return fits && tagBytes >= minTagBytes && tagBytes <= maxTagBytes
      ? { ...plain, iv, tagBytes }
      : undefined;
  }
  if (cipher.name === 'rc2-cbc') {
    const [version, iv] = isUniversal(node, tags.sequence) ? node.children : [undefined, node];
    const effectiveBits = version === undefined ? 32 : rc2EffectiveBits(readSmallInteger(version));
    return withIv({ ...plain, effectiveBits }, readOctetString(iv), 8);
  }
  if (!isUniversal(node, tags.octetString)) return undefined;
  if (cipher.mode === 'chacha') return withIv({ ...plain, tagBytes: 16 }, readOctetString(node), 12);
  return withIv(plain, readOctetString(node), cipher.blockBytes);
}

function withIv(
  parameters: Omit<ContentEncryption, 'iv'>,
  iv: Uint8Array,
  bytes: number,
): ContentEncryption | undefined {
  return iv.length === bytes ? { ...parameters, iv } : undefined;
}

/** Writes the identifier of a cipher with its parameters; tags are always 16 octets. */
export function derContentEncryption(cipher: ContentCipher, iv: Uint8Array): Uint8Array {
  const nonce = derOctetString(iv);
  return derAlgorithm(
    cipher.oid,
    cipher.mode === 'gcm' ? derSequence(nonce, derInteger(sentTagBytes)) : nonce,
  );
}

/** RFC 8551 §2.7, RFC 5084 §3.2: the longest tag. */
export const sentTagBytes = 16;

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
    const decipher = createDecipheriv(cipher.cipher as 'aes-256-gcm', key, iv, options) as DecipherGCM;
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
    const decipher = createDecipheriv(cipher.cipher, key, iv).setAutoPadding(false);
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
