import { readContentEncryption } from '../cms/content-cipher.ts';
import { describeRecipients } from '../cms/describe.ts';
import { computeDigest, digestNamed } from '../cms/digest.ts';
import type { EncryptedContentInfo } from '../cms/encrypted-content.ts';
import type { AuthEnvelopedData, EnvelopedData } from '../cms/enveloped-data.ts';
import { type DecryptionIdentity, namesCertificate, openEnveloped } from '../cms/open.ts';
import type { EncryptedData } from '../cms/other-data.ts';
import type { Certificate } from '../pki/certificate.ts';
import { concatBytes } from '../pki/der.ts';
import type { EnvelopedLayer } from './layer.ts';

/** Keys that envelopes are opened with. */
export interface OpenKeys {
  readonly identities: readonly DecryptionIdentity[];
  /** Ours, but their keys cannot be loaded now. */
  readonly lockedCertificates?: readonly Certificate[];
  readonly legacy?: boolean;
}

/** What became of the innermost envelope that was met. */
export interface EncryptionState {
  readonly status: 'opened' | 'not-for-us' | 'key-unavailable' | 'failed';
  /** Name such as `aes-256-gcm`; the OID where unknown; null where the structure cannot be read. */
  readonly contentEncryption: string | null;
  /** The content was authenticated by its cipher. */
  readonly aead: boolean;
  /** Hexadecimal SHA-256 of the encrypted content: the same ciphertext is known again in any dress. */
  readonly contentDigest: string | null;
  /**
   * Hexadecimal SHA-256 of the wrapped key that opened it; null where it was not opened. One wrapped key belongs to one
   * message: under CBC it must not come again after it came under an AEAD cipher.
   */
  readonly keyDigest: string | null;
}

interface EnvelopeStep {
  readonly layer: EnvelopedLayer;
  readonly inner: Uint8Array | undefined;
  readonly encryption: EncryptionState;
}

/** One sentence for each outcome; wrong key, padding, length and tag give the same one. RFC 3218 §2.3. */
const reasons: Readonly<Record<EncryptionState['status'], string | null>> = {
  opened: null,
  'not-for-us': 'No recipient of the envelope is a key that was given.',
  'key-unavailable': 'The envelope names a certificate whose key cannot be loaded now.',
  failed: 'The content could not be decrypted.',
};

/**
 * Opens an envelope with the identity that one of its RecipientInfos names.
 *
 * @param info as it came
 * @param keys any number of identities; which one fits, the RecipientInfos tell
 */
export function openEnvelope(info: EnvelopedData | AuthEnvelopedData, keys: OpenKeys): EnvelopeStep {
  const outcome = openEnveloped(info, keys.identities, { legacy: keys.legacy ?? false });
  const locked = keys.lockedCertificates?.some((certificate) => namesCertificate(info, certificate)) ?? false;
  const status = outcome.status !== 'opened' && locked ? 'key-unavailable' : outcome.status;
  const contentEncryption = cipherNameOf(info.encryptedContentInfo);
  return {
    layer: {
      type: info.type === 'enveloped' ? 'enveloped' : 'auth-enveloped',
      contentEncryption,
      decrypted: status === 'opened',
      reason: reasons[status],
      recipients: describeRecipients(info),
    },
    inner: outcome.status === 'opened' ? outcome.content : undefined,
    encryption: {
      status,
      contentEncryption,
      aead: info.type === 'authEnveloped',
      contentDigest: digestOf(info.encryptedContentInfo.encryptedContent),
      keyDigest: outcome.status === 'opened' ? digestOf(wrappedKeyOf(info, outcome.recipientIndex)) : null,
    },
  };
}

/** Reports EncryptedData: its key was agreed elsewhere, so it is not for us. */
export function openEncryptedData(info: EncryptedData): EnvelopeStep {
  const contentEncryption = cipherNameOf(info.encryptedContentInfo);
  const contentDigest = digestOf(info.encryptedContentInfo.encryptedContent);
  return {
    layer: {
      type: 'encrypted',
      contentEncryption,
      decrypted: false,
      reason: reasons['not-for-us'],
      recipients: [],
    },
    inner: undefined,
    encryption: { status: 'not-for-us', contentEncryption, aead: false, contentDigest, keyDigest: null },
  };
}

/** The envelope of something that says it is one and cannot be read. */
export function unreadableEnvelope(type: 'enveloped' | 'auth-enveloped'): EnvelopeStep {
  return {
    layer: { type, contentEncryption: null, decrypted: false, reason: reasons.failed, recipients: [] },
    inner: undefined,
    encryption: {
      status: 'failed',
      contentEncryption: null,
      aead: false,
      contentDigest: null,
      keyDigest: null,
    },
  };
}

function cipherNameOf({ contentEncryptionAlgorithm }: EncryptedContentInfo): string {
  return readContentEncryption(contentEncryptionAlgorithm)?.cipher.name ?? contentEncryptionAlgorithm.oid;
}

function wrappedKeyOf(info: EnvelopedData | AuthEnvelopedData, index: number): Uint8Array | undefined {
  const recipient = info.recipientInfos[index];
  if (recipient?.type === 'kari')
    return concatBytes(...recipient.recipientEncryptedKeys.map(({ encryptedKey }) => encryptedKey));
  return recipient && 'encryptedKey' in recipient ? recipient.encryptedKey : undefined;
}

function digestOf(bytes: Uint8Array | undefined): string | null {
  return bytes ? Buffer.from(computeDigest(digestNamed('sha256'), bytes)).toString('hex') : null;
}
