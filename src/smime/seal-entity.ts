import { type SealCipher, type SealedContent, sealContent } from '../cms/seal.ts';
import { encodeBase64Lines } from '../mime/transfer-encoding.ts';
import type { Certificate } from '../pki/certificate.ts';
import { concatBytes } from '../pki/der.ts';
import { SmimeError } from './error.ts';
import { OpenedContent } from './opened.ts';

export type { SealCipher } from '../cms/seal.ts';

/** The base64 body of one sealed copy, in two pieces to be sent one after the other. */
export interface SealedBody {
  /** This copy's own; ends with CRLF. */
  readonly head: Uint8Array;
  /** Shared by all copies, never to be written to; ends with CRLF. */
  readonly tail: Uint8Array;
}

/** Seals one entity for any number of recipients: the content is encrypted once, its key wrapped once a recipient. */
export interface EntitySealer {
  readonly cipher: SealCipher;
  /** Content-Type, Content-Transfer-Encoding and Content-Disposition of every copy, each ended by CRLF. */
  readonly fields: string;
  /**
   * Seals for one recipient, naming nobody else.
   *
   * @returns lines of at most 76 columns ended by CRLF; none begins with a dot
   * @throws CmsError `cannot-encrypt-to`
   */
  copyFor(certificate: Certificate): SealedBody;
  /**
   * Seals one message that several can read, naming them all.
   *
   * @throws SmimeError `no-recipient`, CmsError `cannot-encrypt-to`
   */
  bodyFor(certificates: readonly Certificate[]): Uint8Array;
}

const aead: ReadonlySet<SealCipher> = new Set(['aes-256-gcm', 'aes-128-gcm', 'chacha20-poly1305']);

/**
 * Encrypts an entity once, ready to be sealed for each recipient. RFC 8551 §3.3, §3.4.
 *
 * @param entity header and body as they are to arrive, not changed in any way
 * @param cipher of the content; GCM gives AuthEnvelopedData
 */
export function sealEntity(entity: OpenedContent | Uint8Array, cipher: SealCipher): EntitySealer {
  const sealed =
    entity instanceof OpenedContent
      ? entity.use((bytes) => sealContent(bytes, cipher))
      : sealContent(entity, cipher);
  const tailOf = cachedTails(sealed.tail);
  return {
    cipher,
    fields: sealedFields(cipher),
    copyFor: (certificate) => copyFor(sealed, certificate, tailOf),
    bodyFor: (certificates) => {
      if (certificates.length === 0)
        throw new SmimeError('no-recipient', 'no certificate was given to seal for');
      return encodeBase64Lines(sealed.der(certificates));
    },
  };
}

/** Base64 of the shared bytes from an offset on. There are three offsets at most, so three tails at most. */
function cachedTails(shared: Uint8Array): (offset: number) => Uint8Array {
  const tails = new Map<number, Uint8Array>();
  return (offset) => {
    const known = tails.get(offset);
    if (known) return known;
    const tail = encodeBase64Lines(shared.subarray(offset));
    tails.set(offset, tail);
    return tail;
  };
}

/**
 * Base64 of the shared bytes depends only on where in a group of three they begin: the head takes so many of them as
 * complete its last group, and ends its line there. RFC 2045 §6.8 lets lines be shorter than 76.
 */
function copyFor(
  sealed: SealedContent,
  certificate: Certificate,
  tailOf: (offset: number) => Uint8Array,
): SealedBody {
  const own = sealed.headFor(certificate);
  const offset = Math.min((3 - (own.length % 3)) % 3, sealed.tail.length);
  const head = encodeBase64Lines(concatBytes(own, sealed.tail.subarray(0, offset)));
  return { head, tail: tailOf(offset) };
}

function sealedFields(cipher: SealCipher): string {
  // RFC 8551 §3.2.2
  const type = aead.has(cipher) ? 'authEnveloped-data' : 'enveloped-data';
  return [
    `Content-Type: application/pkcs7-mime; smime-type=${type};`,
    ' name="smime.p7m"',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment; filename="smime.p7m"',
    '',
  ].join('\r\n');
}
