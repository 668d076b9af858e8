import type { AlgorithmIdentifier } from './algorithm.ts';
import { readAsn1, readSequence } from './der.ts';
import { PkiError } from './error.ts';
import { oidName, oids } from './oid.ts';
import { decryptBlocks, decryptPbes2, readIterations, readSalt } from './pbes2.ts';
import { bmpPassword, derivePkcs12, pkcs12Purposes } from './pkcs12-kdf.ts';
import { decryptRc2Cbc } from './rc2.ts';

/** A password in the two forms that PKCS#12 uses. */
export interface Password {
  /** For PBES2 and PBMAC1. */
  readonly text: string;
  /** For everything older. */
  readonly bmp: Uint8Array;
}

/** Gives a password its two forms; undefined is no password, which old programs write in another way than an empty one. */
export function makePassword(password: string | undefined): Password {
  return { text: password ?? '', bmp: bmpPassword(password) };
}

interface OldCipher {
  readonly keyBytes: number;
  readonly decrypt: (key: Uint8Array, iv: Uint8Array, encrypted: Uint8Array) => Uint8Array;
}

/** RFC 7292 appendix C. */
const oldCiphers: Readonly<Record<string, OldCipher>> = {
  [oids.pbeWithSha1And3KeyTripleDesCbc]: {
    keyBytes: 24,
    decrypt: (key, iv, encrypted) => decryptBlocks('des-ede3-cbc', key, iv, encrypted),
  },
  [oids.pbeWithSha1And2KeyTripleDesCbc]: {
    keyBytes: 16,
    decrypt: (key, iv, encrypted) =>
      decryptBlocks('des-ede3-cbc', Buffer.concat([key, key.subarray(0, 8)]), iv, encrypted),
  },
  [oids.pbeWithSha1And128BitRc2Cbc]: {
    keyBytes: 16,
    decrypt: (key, iv, encrypted) => decryptRc2(key, iv, encrypted),
  },
  [oids.pbeWithSha1And40BitRc2Cbc]: {
    keyBytes: 5,
    decrypt: (key, iv, encrypted) => decryptRc2(key, iv, encrypted),
  },
};

const missingCiphers: ReadonlySet<string> = new Set([
  oids.pbeWithSha1And128BitRc4,
  oids.pbeWithSha1And40BitRc4,
  oids.pbeWithMd5AndDesCbc,
  oids.pbeWithSha1AndDesCbc,
]);

function decryptRc2(key: Uint8Array, iv: Uint8Array, encrypted: Uint8Array): Uint8Array {
  const plain = decryptRc2Cbc(key, key.length * 8, iv, encrypted);
  if (plain === undefined) throw new PkiError('wrong-password', 'the password does not open the content');
  return plain;
}

/**
 * Decrypts what is protected by a password: PBES2, and where that is asked for the schemes of RFC 7292 appendix C.
 *
 * @param legacy reads 3DES and RC2
 * @throws PkiError `wrong-password`, `weak-encryption`, `legacy-cipher`, `unsupported-algorithm`, or a code of the reader
 */
export function decryptPbe(
  algorithm: AlgorithmIdentifier,
  encrypted: Uint8Array,
  password: Password,
  legacy: boolean,
): Uint8Array {
  const { oid, parameters } = algorithm;
  if (oid === oids.pbes2) return decryptPbes2(parameters, encrypted, password.text, legacy);
  if (missingCiphers.has(oid))
    throw new PkiError('legacy-cipher', `the encryption ${oidName(oid)} is not supported`);
  const cipher = Object.hasOwn(oldCiphers, oid) ? oldCiphers[oid] : undefined;
  if (cipher === undefined)
    throw new PkiError('unsupported-algorithm', `the encryption ${oidName(oid)} is not supported`);
  if (!legacy) throw new PkiError('weak-encryption', 'the content is encrypted with 3DES or RC2');
  const [saltNode, countNode] = readSequence(
    parameters && readAsn1(parameters),
    'the parameters of an encryption',
  );
  const salt = readSalt(saltNode);
  const count = readIterations(countNode);
  const key = derivePkcs12('sha1', pkcs12Purposes.key, password.bmp, salt, count, cipher.keyBytes);
  const iv = derivePkcs12('sha1', pkcs12Purposes.iv, password.bmp, salt, count, 8);
  return cipher.decrypt(key, iv, encrypted);
}
