import { oids } from '../pki/oid.ts';
import { agreementName } from './agreement-scheme.ts';
import { describeIdentifier } from './certificate-identifier.ts';
import { readContentEncryption } from './content-cipher.ts';
import type { AuthEnvelopedData, EnvelopedData } from './enveloped-data.ts';
import type { RecipientInfo } from './recipient-info.ts';

/** One recipient, as `inspect` shows it. */
export interface RecipientDescription {
  readonly type: 'ktri' | 'kari' | 'kekri' | 'pwri' | 'ori';
  /** Name such as `rsaes-pkcs1`, `ecdh-sha256`, `aes-256-wrap`; the OID where unknown. */
  readonly algorithm: string;
  /** `serial:…` or `ski:…` or `kek:…` in lower-case hexadecimal; empty where there is none. */
  readonly id: string;
}

const algorithmNames: Readonly<Record<string, string>> = {
  [oids.rsaEncryption]: 'rsaes-pkcs1',
  [oids.rsaesOaep]: 'rsaes-oaep',
  [oids.aes128Wrap]: 'aes-128-wrap',
  [oids.aes192Wrap]: 'aes-192-wrap',
  [oids.aes256Wrap]: 'aes-256-wrap',
  [oids.tripleDesWrap]: 'des-ede3-wrap',
  '1.2.840.113549.1.9.16.3.7': 'rc2-wrap',
  '1.2.840.113549.1.9.16.3.9': 'pwri-kek',
};

/** Describes the recipients of a message, one row for each key that it carries; those of unknown kinds as well. */
export function describeRecipients(info: EnvelopedData | AuthEnvelopedData): readonly RecipientDescription[] {
  return info.recipientInfos.flatMap(describeRecipient);
}

function describeRecipient(recipient: RecipientInfo): readonly RecipientDescription[] {
  const { type } = recipient;
  if (type === 'ori') return [{ type, algorithm: recipient.kind ?? '', id: '' }];
  const { oid } = recipient.keyEncryptionAlgorithm;
  const algorithm = algorithmNames[oid] ?? oid;
  switch (type) {
    case 'ktri':
      return [{ type, algorithm, id: describeIdentifier(recipient.rid) }];
    case 'kari': {
      const name = agreementName(recipient.keyEncryptionAlgorithm, recipient.originatorKey?.algorithm);
      return recipient.recipientEncryptedKeys.map(({ rid }) => ({
        type,
        algorithm: name,
        id: describeIdentifier(rid),
      }));
    }
    case 'kekri':
      return [{ type, algorithm, id: `kek:${Buffer.from(recipient.keyIdentifier).toString('hex')}` }];
    case 'pwri':
      return [{ type, algorithm, id: '' }];
  }
}

/** Gives the name of the cipher of a message, `aes-256-gcm` and the like; the OID where unknown. */
export function describeContentEncryption(info: EnvelopedData | AuthEnvelopedData): string {
  const { contentEncryptionAlgorithm } = info.encryptedContentInfo;
  return readContentEncryption(contentEncryptionAlgorithm)?.cipher.name ?? contentEncryptionAlgorithm.oid;
}
