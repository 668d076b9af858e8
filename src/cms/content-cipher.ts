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
import { rc2EffectiveBits } from '../pki/rc2.ts';
import { derAlgorithm } from './algorithm.ts';

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
