import { type KeyObject, randomBytes } from 'node:crypto';
import type { Certificate } from '../pki/certificate.ts';
import {
  concatBytes,
  derExplicit,
  derHeader,
  derImplicit,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
} from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import type { AgreementCurve } from './agreement-scheme.ts';
import {
  type ContentCipher,
  cipherNamed,
  derContentEncryption,
  isAead,
  sentTagBytes,
} from './content-cipher.ts';
import { ciphertextBytes, encryptContent } from './content-encryption.ts';
import { type DerPieces, identifiers, lengthOf } from './der-pieces.ts';
import { CmsError } from './error.ts';
import { agreementFor, agreeOnKey, derOriginatorKey } from './key-agreement.ts';
import { encryptTransportedKey, type KeyTransport } from './key-transport.ts';
import { keyWrapFor, wrapKey } from './key-wrap.ts';
import { type RecipientKey, recipientKeyOf } from './recipient-key.ts';

/** The ciphers that are written. */
export type SealCipher =
  | 'aes-256-gcm'
  | 'aes-128-gcm'
  | 'aes-256-cbc'
  | 'aes-128-cbc'
  /** RFC 8103; only where it is asked for. */
  | 'chacha20-poly1305';

/** How one recipient is encrypted to, where it is not left to the certificate. */
export interface RecipientOptions {
  /** RSA keys: what the recipient announced. */
  readonly keyTransport?: KeyTransport;
}

/**
 * Encrypts content once, for any number of recipients, RFC 5652 §6, RFC 5083.
 *
 * @param content the plaintext; not kept
 * @returns everything that copies share, and the means to write a copy; key and nonce are fresh with each call
 */
export function sealContent(content: Uint8Array, cipher: SealCipher): SealedContent {
  return SealedContent.seal(content, cipher);
}

/** An ephemeral key of the originator, one for each curve. */
interface Ephemeral {
  readonly privateKey: KeyObject;
  readonly originatorKey: Uint8Array;
}

/**
 * Content that is encrypted, and its key.
 *
 * The key is private, and a plaintext is taken once only: a second one needs another object, and so another key.
 */
export class SealedContent {
  readonly cipher: SealCipher;
  /** The bytes in DER that all copies end with: encrypted content, and authentication code where there is one. */
  readonly tail: Uint8Array;
  readonly #key: Uint8Array;
  readonly #contentType: string;
  /** RFC 5753 §3.1.1: an ephemeral key may serve all recipients of a message. */
  readonly #ephemerals = new Map<string, Ephemeral>();
  /** What stands before recipient infos, by their length: most copies share it. */
  readonly #starts = new Map<string, Uint8Array>();

  private constructor(cipher: ContentCipher, key: Uint8Array, tail: Uint8Array) {
    this.cipher = cipher.name as SealCipher;
    this.tail = tail;
    this.#key = key;
    this.#contentType = isAead(cipher) ? oids.authEnvelopedData : oids.envelopedData;
  }

  /** See {@link sealContent}. */
  static seal(content: Uint8Array, name: SealCipher): SealedContent {
    const cipher = cipherNamed(name);
    const key = randomBytes(cipher.keyBytes!);
    return new SealedContent(cipher, key, encryptedTail(content, cipher, key));
  }

  /**
   * Writes the part of a copy that comes before the shared tail, with one RecipientInfo.
   *
   * @param certificate of the recipient; names nobody else
   * @returns DER bytes; `head` and {@link tail} together are the ContentInfo
   * @throws CmsError `cannot-encrypt-to`
   */
  headFor(certificate: Certificate, options: RecipientOptions = {}): Uint8Array {
    const recipient = recipientKeyOf(certificate, options.keyTransport);
    const info = this.#recipientInfo(recipient);
    return concatBytes(this.#start(lengthOf(info), recipient.type === 'kari'), ...info);
  }

  /**
   * Writes one message for several recipients, whose certificates all of them see.
   *
   * @param certificates at least one
   * @returns the ContentInfo in DER
   * @throws CmsError `cannot-encrypt-to`
   */
  der(certificates: readonly Certificate[], options: RecipientOptions = {}): Uint8Array {
    if (certificates.length === 0) throw new CmsError('cannot-encrypt-to', 'a message needs a recipient');
    const recipients = certificates.map((certificate) => recipientKeyOf(certificate, options.keyTransport));
    const infos = recipients.map((recipient) => concatBytes(...this.#recipientInfo(recipient)));
    infos.sort(Buffer.compare);
    const agrees = recipients.some(({ type }) => type === 'kari');
    return concatBytes(this.#start(lengthOf(infos), agrees), ...infos, this.tail);
  }

  /** Everything before the first RecipientInfo. */
  #start(infoBytes: number, agrees: boolean): Uint8Array {
    const id = `${infoBytes}${agrees}`;
    const known = this.#starts.get(id);
    if (known !== undefined) return known;
    // RFC 5652 §6.1: 2 where a recipient is not of version 0; RFC 5083 §2.1: always 0.
    const version = derInteger(agrees && this.#contentType === oids.envelopedData ? 2 : 0);
    const type = derOid(this.#contentType);
    const set = derHeader(identifiers.set, infoBytes);
    const envelopeBytes = version.length + set.length + infoBytes + this.tail.length;
    const envelope = derHeader(identifiers.sequence, envelopeBytes);
    const explicit = derHeader(identifiers.explicit0, envelope.length + envelopeBytes);
    const outerBytes = type.length + explicit.length + envelope.length + envelopeBytes;
    const start = concatBytes(
      derHeader(identifiers.sequence, outerBytes),
      type,
      explicit,
      envelope,
      version,
      set,
    );
    this.#starts.set(id, start);
    return start;
  }

  #recipientInfo(recipient: RecipientKey): DerPieces {
    if (recipient.type === 'kari')
      return [this.#keyAgreeInfo(recipient.publicKey, recipient.curve, recipient.rid)];
    return [recipient.prefix, encryptTransportedKey(recipient.publicKey, recipient.transport, this.#key)];
  }

  // RFC 5652 §6.2.2
  #keyAgreeInfo(publicKey: KeyObject, curve: AgreementCurve, rid: Uint8Array): Uint8Array {
    const { privateKey, originatorKey } = this.#ephemeralOn(curve);
    const agreement = agreementFor(curve, keyWrapFor(this.#key.length));
    const kek = agreeOnKey(agreement, privateKey, publicKey);
    if (kek === undefined)
      throw new CmsError('cannot-encrypt-to', 'no key can be agreed on with a certificate');
    const encryptedKey = derOctetString(wrapKey(agreement.wrap, kek, this.#key));
    return derImplicit(
      1,
      derSequence(
        derInteger(3),
        derExplicit(0, derImplicit(1, originatorKey)),
        agreement.algorithm,
        derSequence(derSequence(rid, encryptedKey)),
      ),
    );
  }

  #ephemeralOn(curve: AgreementCurve): Ephemeral {
    const known = this.#ephemerals.get(curve.oid);
    if (known !== undefined) return known;
    const { privateKey, publicKey } = curve.generate();
    const ephemeral = { privateKey, originatorKey: derOriginatorKey(publicKey, curve) };
    this.#ephemerals.set(curve.oid, ephemeral);
    return ephemeral;
  }
}

/** EncryptedContentInfo, and the authentication code that follows it; the ciphertext is written into its place. */
function encryptedTail(content: Uint8Array, cipher: ContentCipher, key: Uint8Array): Uint8Array {
  const iv = randomBytes(isAead(cipher) ? nonceBytes : cipher.blockBytes);
  const encryptedBytes = ciphertextBytes(cipher, content.length);
  const before: DerPieces = [
    derOid(oids.data),
    derContentEncryption(cipher, iv),
    derHeader(identifiers.implicitPrimitive0, encryptedBytes),
  ];
  const header = derHeader(identifiers.sequence, lengthOf(before) + encryptedBytes);
  const start = concatBytes(header, ...before);
  const macBytes = isAead(cipher) ? 2 + sentTagBytes : 0;
  const tail = new Uint8Array(start.length + encryptedBytes + macBytes);
  tail.set(start);
  const output = tail.subarray(start.length, start.length + encryptedBytes);
  const tag = encryptContent(cipher, key, iv, content, output);
  if (macBytes > 0) tail.set(derOctetString(tag), start.length + encryptedBytes);
  return tail;
}

/** RFC 5084 §3.2, RFC 8103 §1. */
const nonceBytes = 12;
