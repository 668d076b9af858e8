import {
  type Asn1,
  isContext,
  readOctetString,
  readSequence,
  readSet,
  readSmallInteger,
} from '../pki/der.ts';
import { type EncryptedContentInfo, readEncryptedContentInfo } from './encrypted-content.ts';
import { CmsError } from './error.ts';
import { type RecipientInfo, readRecipientInfo } from './recipient-info.ts';

/** A list never gets a message for so many. */
export const maxRecipientInfos = 5000;

/** EnvelopedData, RFC 5652 §6.1. */
export interface EnvelopedData {
  readonly type: 'enveloped';
  readonly version: number;
  readonly recipientInfos: readonly RecipientInfo[];
  readonly encryptedContentInfo: EncryptedContentInfo;
}

/** AuthEnvelopedData, RFC 5083 §2.1. */
export interface AuthEnvelopedData {
  readonly type: 'authEnveloped';
  readonly version: number;
  readonly recipientInfos: readonly RecipientInfo[];
  readonly encryptedContentInfo: EncryptedContentInfo;
  /** The authenticated attributes as they stand, with their implicit tag; undefined where absent. */
  readonly authAttrs: Asn1 | undefined;
  readonly mac: Uint8Array;
}

/**
 * Reads the content of a ContentInfo of type EnvelopedData.
 *
 * @throws CmsError `malformed-cms`, `too-many-recipients`; PkiError of the reader
 */
export function readEnvelopedData(node: Asn1): EnvelopedData {
  const fields = [...readSequence(node, 'enveloped data')];
  const { version, recipientInfos, encryptedContentInfo } = readEnvelope(fields);
  if (isContext(fields[0], 1)) fields.shift();
  if (fields.length > 0) throw new CmsError('malformed-cms', 'fields follow the encrypted content');
  return { type: 'enveloped', version, recipientInfos, encryptedContentInfo };
}

/**
 * Reads the content of a ContentInfo of type AuthEnvelopedData.
 *
 * @throws CmsError `malformed-cms`, `too-many-recipients`; PkiError of the reader
 */
export function readAuthEnvelopedData(node: Asn1): AuthEnvelopedData {
  const fields = [...readSequence(node, 'authenticated enveloped data')];
  const { version, recipientInfos, encryptedContentInfo } = readEnvelope(fields);
  const authAttrs = isContext(fields[0], 1) ? fields.shift() : undefined;
  const mac = readOctetString(fields.shift(), 'a message authentication code');
  if (isContext(fields[0], 2)) fields.shift();
  if (fields.length > 0) throw new CmsError('malformed-cms', 'fields follow the authentication code');
  return { type: 'authEnveloped', version, recipientInfos, encryptedContentInfo, authAttrs, mac };
}

/** Takes the fields that both types begin with off the list. */
function readEnvelope(
  fields: Asn1[],
): Pick<EnvelopedData, 'version' | 'recipientInfos' | 'encryptedContentInfo'> {
  const version = readSmallInteger(fields.shift());
  // OriginatorInfo: certificates that our side never needs.
  if (isContext(fields[0], 0)) fields.shift();
  const recipients = readSet(fields.shift(), 'the recipient infos');
  if (recipients.length > maxRecipientInfos) {
    throw new CmsError('too-many-recipients', `the message has ${recipients.length} recipient infos`);
  }
  return {
    version,
    recipientInfos: recipients.map(readRecipientInfo),
    encryptedContentInfo: readEncryptedContentInfo(fields.shift()),
  };
}
