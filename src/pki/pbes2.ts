import { createCipheriv, createDecipheriv, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto';
import { type AlgorithmIdentifier, makeAlgorithm, readAlgorithm } from './algorithm.ts';
import {
  type Asn1,
  derInteger,
  derOctetString,
  derSequence,
  isUniversal,
  readAsn1,
  readOctetString,
  readSequence,
  readSmallInteger,
  tags,
} from './der.ts';
import { PkiError } from './error.ts';
import { oidName, oids } from './oid.ts';

/** What we write takes about 0.1 s to try a password on. */
const iterations = 210_000;
/** More would be a way to keep the program busy with one file. */
const maxIterations = 2_000_000;
const maxSaltBytes = 1024;
const maxScryptMemory = 256 * 1024 * 1024;

interface Pbes2Cipher {
  readonly name: string;
  readonly keyBytes: number;
  readonly ivBytes: number;
}

const ciphers: Readonly<Record<string, Pbes2Cipher>> = {
  [oids.aes128Cbc]: { name: 'aes-128-cbc', keyBytes: 16, ivBytes: 16 },
  [oids.aes192Cbc]: { name: 'aes-192-cbc', keyBytes: 24, ivBytes: 16 },
  [oids.aes256Cbc]: { name: 'aes-256-cbc', keyBytes: 32, ivBytes: 16 },
  [oids.desEde3Cbc]: { name: 'des-ede3-cbc', keyBytes: 24, ivBytes: 8 },
};

const prfHashes: Readonly<Record<string, string>> = {
  [oids.hmacWithSha1]: 'sha1',
  [oids.hmacWithSha224]: 'sha224',
  [oids.hmacWithSha256]: 'sha256',
  [oids.hmacWithSha384]: 'sha384',
  [oids.hmacWithSha512]: 'sha512',
};

/**
 * Encrypts bytes under a password: an EncryptedPrivateKeyInfo with PBES2 (RFC 8018 §6.2), PBKDF2 with
 * HMAC-SHA-256 and AES-256-CBC.
 */
export function encryptPbes2(plain: Uint8Array, password: string): Uint8Array {
  const { algorithm, encrypted } = encryptWithPbes2(plain, password);
  return derSequence(algorithm.raw, derOctetString(encrypted));
}

/** As {@link encryptPbes2}, with identifier and ciphertext apart. */
export function encryptWithPbes2(
  plain: Uint8Array,
  password: string,
): { readonly algorithm: AlgorithmIdentifier; readonly encrypted: Uint8Array } {
  const iv = randomBytes(16);
  const { algorithm: kdf, key } = makePbkdf2(password, 32);
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  const scheme = makeAlgorithm(oids.aes256Cbc, derOctetString(iv));
  return { algorithm: makeAlgorithm(oids.pbes2, derSequence(kdf.raw, scheme.raw)), encrypted };
}

/** Derives a fresh key from a password, PBKDF2 with HMAC-SHA-256, the length of the key told in its parameters. */
function makePbkdf2(
  password: string,
  keyBytes: number,
): { readonly algorithm: AlgorithmIdentifier; readonly key: Uint8Array } {
  const salt = randomBytes(16);
  const key = pbkdf2Sync(password, salt, iterations, keyBytes, 'sha256');
  const parameters = derSequence(
    derOctetString(salt),
    derInteger(iterations),
    derInteger(keyBytes),
    makeAlgorithm(oids.hmacWithSha256, 'null').raw,
  );
  return { algorithm: makeAlgorithm(oids.pbkdf2, parameters), key };
}

/**
 * Decrypts bytes that PBES2 protects.
 *
 * @param parameters the parameters of the algorithm identifier, as they stand
 * @throws PkiError `wrong-password`, `unsupported-algorithm`, `weak-encryption` for 3DES unless `legacy`, or a code of
 *   the reader
 */
export function decryptPbes2(
  parameters: Uint8Array | undefined,
  encrypted: Uint8Array,
  password: string,
  legacy: boolean,
): Uint8Array {
  const [kdfNode, schemeNode] = readSequence(parameters && readAsn1(parameters), 'the parameters of PBES2');
  const scheme = readAlgorithm(schemeNode);
  const cipher = ciphers[scheme.oid];
  if (cipher === undefined)
    throw new PkiError('unsupported-algorithm', `the cipher ${oidName(scheme.oid)} is not supported`);
  if (scheme.oid === oids.desEde3Cbc && !legacy)
    throw new PkiError('weak-encryption', 'the content is encrypted with 3DES');
  const iv = readOctetString(scheme.parameters && readAsn1(scheme.parameters), 'an initialisation vector');
  if (iv.length !== cipher.ivBytes)
    throw new PkiError('asn1-value', 'an initialisation vector has a wrong length');
  const key = derivePasswordKey(readAlgorithm(kdfNode), password, cipher.keyBytes);
  return decryptBlocks(cipher.name, key, iv, encrypted);
}

/**
 * Decrypts blocks with padding; whatever goes wrong is told as a wrong password.
 *
 * @throws PkiError `wrong-password`
 */
export function decryptBlocks(
  cipher: string,
  key: Uint8Array,
  iv: Uint8Array,
  encrypted: Uint8Array,
): Uint8Array {
  try {
    const decipher = createDecipheriv(cipher, key, iv);
    return new Uint8Array(Buffer.concat([decipher.update(encrypted), decipher.final()]));
  } catch (cause) {
    throw new PkiError('wrong-password', 'the password does not open the content', { cause });
  }
}

/**
 * Derives a key from a password with PBKDF2 (RFC 8018 §5.2) or scrypt (RFC 7914 §7).
 *
 * @param keyBytes the length that the cipher needs
 * @param needLength asks that the parameters tell the length, as PBMAC1 does (RFC 9579 §5)
 * @throws PkiError `unsupported-algorithm`, `asn1-value`, or a code of the reader
 */
export function derivePasswordKey(
  kdf: AlgorithmIdentifier,
  password: string,
  keyBytes: number | undefined,
  needLength = false,
): Uint8Array {
  const members = readSequence(
    kdf.parameters && readAsn1(kdf.parameters),
    'the parameters of a key derivation',
  );
  if (kdf.oid === oids.scrypt) return deriveScrypt(members, password, keyBytes);
  if (kdf.oid !== oids.pbkdf2)
    throw new PkiError('unsupported-algorithm', `the key derivation ${kdf.oid} is not supported`);
  const [saltNode, countNode, ...rest] = members;
  const lengthNode = isUniversal(rest[0], tags.integer) ? rest.shift() : undefined;
  const told = lengthNode && readSmallInteger(lengthNode, 'the length of a key');
  const length = keyBytes ?? told;
  if (length === undefined || (needLength && told === undefined) || (told !== undefined && told !== length)) {
    throw new PkiError('asn1-value', 'a key derivation tells no length, or another than the cipher needs');
  }
  // RFC 9579 §5: the key of a MAC has 20 bytes or more.
  if (length < (needLength ? 20 : 16) || length > 64)
    throw new PkiError('asn1-value', 'a key derivation has a strange length');
  const prf = rest[0] === undefined ? oids.hmacWithSha1 : readAlgorithm(rest[0]).oid;
  const hash = prfHashes[prf];
  if (hash === undefined) throw new PkiError('unsupported-algorithm', `the function ${prf} is not supported`);
  return pbkdf2Sync(password, readSalt(saltNode), readIterations(countNode), length, hash);
}

function deriveScrypt(members: readonly Asn1[], password: string, keyBytes: number | undefined): Uint8Array {
  const [saltNode, ...numbers] = members;
  const [cost, blockSize, parallelization] = numbers.map((node) =>
    readSmallInteger(node, 'a cost of scrypt'),
  );
  if (
    cost === undefined ||
    blockSize === undefined ||
    parallelization === undefined ||
    keyBytes === undefined
  ) {
    throw new PkiError('asn1-value', 'the parameters of scrypt are malformed');
  }
  try {
    const costs = { N: cost, r: blockSize, p: parallelization, maxmem: maxScryptMemory };
    return scryptSync(password, readSalt(saltNode), keyBytes, costs);
  } catch (cause) {
    throw new PkiError('asn1-value', 'the costs of scrypt are not allowed', { cause });
  }
}

/** Reads a salt of at most 1,024 bytes. */
export function readSalt(node: Asn1 | undefined): Uint8Array {
  const salt = readOctetString(node, 'a salt');
  if (salt.length > maxSaltBytes) throw new PkiError('asn1-value', 'a salt is too long');
  return salt;
}

/** Reads a number of iterations, 1 to 2,000,000. */
export function readIterations(node: Asn1 | undefined): number {
  const count = readSmallInteger(node, 'a number of iterations');
  if (count < 1 || count > maxIterations)
    throw new PkiError('asn1-value', 'a number of iterations is out of bounds');
  return count;
}
