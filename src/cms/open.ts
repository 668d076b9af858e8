import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Certificate } from '../pki/certificate.ts';
import { sameBytes } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { attributesToDigest } from './attribute.ts';
import { namesThisCertificate } from './certificate-identifier.ts';
import { type CipherName, type ContentEncryption, isAead, readContentEncryption } from './content-cipher.ts';
import { decryptContent } from './content-encryption.ts';
import type { AuthEnvelopedData, EnvelopedData } from './enveloped-data.ts';
import { agreeOnKey, originatorKeyOf, readAgreement } from './key-agreement.ts';
import { decryptTransportedKey } from './key-transport.ts';
import { findKeyWrap, unwrapKey } from './key-wrap.ts';
import { openPasswordKey } from './password-recipient.ts';
import type { KekRecipientInfo, KeyAgreeRecipientInfo, KeyTransRecipientInfo } from './recipient-info.ts';

/** A certificate that messages may be encrypted to, and its private key. */
export interface DecryptionIdentity {
  readonly certificate: Certificate;
  readonly privateKey: KeyObject;
}

/** Beside identities: keys and passwords agreed elsewhere, and whether old ciphers are read. */
export interface OpenEnvelopedOptions {
  /** Reads 3DES and RC2, as cipher of the content and of the key. Default false. */
  readonly legacy?: boolean;
  readonly keyEncryptionKeys?: readonly { readonly identifier: Uint8Array; readonly key: Uint8Array }[];
  readonly password?: string;
}

/**
 * What came of an attempt to decrypt.
 *
 * `failed` never says why: wrong key, padding, length and integrity must look alike to whoever sent the message (RFC 3218).
 * Content of a cipher without AEAD may be garbage, or forged: only a signature inside proves anything.
 */
export type OpenOutcome =
  | {
      readonly status: 'opened';
      readonly content: Uint8Array;
      readonly contentEncryption: CipherName;
      /** Whether the tag of an AEAD covers the content. */
      readonly aead: boolean;
      /** Position of the RecipientInfo that gave the key. */
      readonly recipientIndex: number;
    }
  | { readonly status: 'not-for-us' }
  | { readonly status: 'failed' };

/** A sender names a certificate once; more attempts only cost private-key operations. */
const maxAttempts = 8;

/** One way to the content-encryption key. */
interface Attempt {
  readonly recipientIndex: number;
  /** False where a wrong key cannot be told from a right one (RSAES-PKCS1-v1_5). */
  readonly selfChecking: boolean;
  readonly key: (keyBytes: number | undefined) => Uint8Array | undefined;
}

/**
 * Decrypts EnvelopedData or AuthEnvelopedData with the first key that opens it.
 *
 * @param identities only those that a RecipientInfo names are tried
 * @returns `not-for-us` where no RecipientInfo names an identity, key or password that was given
 */
export function openEnveloped(
  info: EnvelopedData | AuthEnvelopedData,
  identities: readonly DecryptionIdentity[],
  options: OpenEnvelopedOptions = {},
): OpenOutcome {
  const attempts = findAttempts(info, identities, options);
  if (attempts.length === 0) return { status: 'not-for-us' };
  const { contentEncryptionAlgorithm, encryptedContent } = info.encryptedContentInfo;
  const encryption = readContentEncryption(contentEncryptionAlgorithm);
  const aad = aadOf(info);
  if (encryption === undefined || encryptedContent === undefined || aad === undefined)
    return { status: 'failed' };
  if (!isAllowed(info, encryption, options.legacy ?? false)) return { status: 'failed' };
  const mac = info.type === 'authEnveloped' ? info.mac : new Uint8Array(0);
  for (const attempt of attempts.slice(0, maxAttempts)) {
    const key = attempt.key(encryption.cipher.keyBytes);
    const content = key && decryptContent(encryption, key, encryptedContent, aad, mac);
    if (content === undefined) continue;
    const { name } = encryption.cipher;
    const { recipientIndex } = attempt;
    return {
      status: 'opened',
      content,
      contentEncryption: name,
      aead: isAead(encryption.cipher),
      recipientIndex,
    };
  }
  return { status: 'failed' };
}

/**
 * Tells whether a RecipientInfo names a certificate, by issuer and serial number or by its key identifier.
 *
 * With it the caller tells a message that is not for us from one whose key we cannot load.
 */
export function namesCertificate(info: EnvelopedData | AuthEnvelopedData, certificate: Certificate): boolean {
  return info.recipientInfos.some((recipient) => {
    if (recipient.type === 'ktri') return namesThisCertificate(recipient.rid, certificate);
    if (recipient.type !== 'kari') return false;
    return recipient.recipientEncryptedKeys.some(({ rid }) => namesThisCertificate(rid, certificate));
  });
}

/** RFC 5083 §2.1: AuthEnvelopedData holds an AEAD and nothing else; RFC 5084: an AEAD never stands in EnvelopedData. */
function isAllowed(
  info: EnvelopedData | AuthEnvelopedData,
  { cipher }: ContentEncryption,
  legacy: boolean,
): boolean {
  return isAead(cipher) === (info.type === 'authEnveloped') && (legacy || !cipher.legacy);
}

/** RFC 5083 §2.2: the AAD is the DER encoding of the authenticated attributes; undefined where they are not DER. */
function aadOf(info: EnvelopedData | AuthEnvelopedData): Uint8Array | undefined {
  if (info.type === 'enveloped' || info.authAttrs === undefined) return new Uint8Array(0);
  return attributesToDigest(info.authAttrs.raw);
}

/** All ways to the key; those that notice a wrong key themselves come first. */
function findAttempts(
  info: EnvelopedData | AuthEnvelopedData,
  identities: readonly DecryptionIdentity[],
  options: OpenEnvelopedOptions,
): readonly Attempt[] {
  const attempts: Attempt[] = [];
  info.recipientInfos.forEach((recipient, recipientIndex) => {
    const add = (key: Attempt['key'], selfChecking = true) =>
      attempts.push({ recipientIndex, selfChecking, key });
    if (recipient.type === 'ktri') {
      const selfChecking = recipient.keyEncryptionAlgorithm.oid === oids.rsaesOaep;
      for (const identity of identities) {
        if (!namesThisCertificate(recipient.rid, identity.certificate)) continue;
        add((bytes) => openKeyTrans(recipient, identity, bytes), selfChecking);
      }
    } else if (recipient.type === 'kari') {
      for (const identity of identities) addAgreements(recipient, identity, options, add);
    } else if (recipient.type === 'kekri') {
      const known = options.keyEncryptionKeys?.find(({ identifier }) =>
        sameBytes(identifier, recipient.keyIdentifier),
      );
      if (known !== undefined) add(() => openKek(recipient, known.key, options));
    } else if (recipient.type === 'pwri' && options.password !== undefined) {
      const { password } = options;
      add(() => openPasswordKey(recipient, password, options.legacy ?? false));
    }
  });
  return attempts.sort((a, b) => Number(b.selfChecking) - Number(a.selfChecking));
}

function addAgreements(
  recipient: KeyAgreeRecipientInfo,
  identity: DecryptionIdentity,
  options: OpenEnvelopedOptions,
  add: (key: Attempt['key']) => void,
): void {
  for (const { rid, encryptedKey } of recipient.recipientEncryptedKeys) {
    if (namesThisCertificate(rid, identity.certificate)) {
      add(() => openKeyAgree(recipient, encryptedKey, identity, options));
    }
  }
}

/** Made anew with each process: what stands in for a key of a wrong length must not be guessed, and must not change. */
const substituteSecret = createSecretKey(randomBytes(32));

/**
 * RFC 3218 §2.3.2: where the padding is wrong or the key has a wrong length, decryption goes on with a key made up from
 * the ciphertext, the same each time, so that neither outcome nor time tells the causes apart.
 */
function openKeyTrans(
  recipient: KeyTransRecipientInfo,
  identity: DecryptionIdentity,
  keyBytes: number | undefined,
): Uint8Array | undefined {
  const { keyEncryptionAlgorithm, encryptedKey } = recipient;
  const key = decryptTransportedKey(identity.privateKey, keyEncryptionAlgorithm, encryptedKey);
  const substitute = createHmac('sha512', substituteSecret).update(encryptedKey).digest();
  return key !== undefined && (keyBytes === undefined || key.length === keyBytes)
    ? key
    : substitute.subarray(0, keyBytes ?? 16);
}

function openKeyAgree(
  recipient: KeyAgreeRecipientInfo,
  encryptedKey: Uint8Array,
  { certificate, privateKey }: DecryptionIdentity,
  options: OpenEnvelopedOptions,
): Uint8Array | undefined {
  const agreement = readAgreement(recipient.keyEncryptionAlgorithm, recipient.ukm);
  if (agreement === undefined || recipient.originatorKey === undefined) return undefined;
  if (agreement.wrap.legacy && !options.legacy) return undefined;
  const publicKey = originatorKeyOf(recipient.originatorKey, certificate.publicKeyAlgorithm);
  const kek = publicKey && agreeOnKey(agreement, privateKey, publicKey);
  return kek && unwrapKey(agreement.wrap, kek, encryptedKey);
}

function openKek(
  recipient: KekRecipientInfo,
  key: Uint8Array,
  options: OpenEnvelopedOptions,
): Uint8Array | undefined {
  const wrap = findKeyWrap(recipient.keyEncryptionAlgorithm);
  if (wrap === undefined || (wrap.legacy && !options.legacy)) return undefined;
  return unwrapKey(wrap, key, recipient.encryptedKey);
}
