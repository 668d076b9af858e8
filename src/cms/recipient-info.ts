import type { AlgorithmIdentifier } from '../pki/algorithm.ts';
import { readAlgorithm } from '../pki/algorithm.ts';
import {
  type Asn1,
  isContext,
  readBitString,
  readExplicit,
  readOctetString,
  readOid,
  readSequence,
  readSmallInteger,
} from '../pki/der.ts';
import { type CertificateIdentifier, readCertificateIdentifier } from './certificate-identifier.ts';
import { CmsError } from './error.ts';

/** KeyTransRecipientInfo, RFC 5652 §6.2.1. */
export interface KeyTransRecipientInfo {
  readonly type: 'ktri';
  readonly rid: CertificateIdentifier;
  readonly keyEncryptionAlgorithm: AlgorithmIdentifier;
  readonly encryptedKey: Uint8Array;
}

/** KeyAgreeRecipientInfo, RFC 5652 §6.2.2. */
export interface KeyAgreeRecipientInfo {
  readonly type: 'kari';
  /** The originator's public key; undefined where it is named by a certificate. */
  readonly originatorKey:
    | { readonly algorithm: AlgorithmIdentifier; readonly publicKey: Uint8Array }
    | undefined;
  readonly ukm: Uint8Array | undefined;
  readonly keyEncryptionAlgorithm: AlgorithmIdentifier;
  readonly recipientEncryptedKeys: readonly {
    readonly rid: CertificateIdentifier;
    readonly encryptedKey: Uint8Array;
  }[];
}

/** KEKRecipientInfo, RFC 5652 §6.2.3. */
export interface KekRecipientInfo {
  readonly type: 'kekri';
  readonly keyIdentifier: Uint8Array;
  readonly keyEncryptionAlgorithm: AlgorithmIdentifier;
  readonly encryptedKey: Uint8Array;
}

/** PasswordRecipientInfo, RFC 5652 §6.2.4. */
export interface PasswordRecipientInfo {
  readonly type: 'pwri';
  readonly keyDerivationAlgorithm: AlgorithmIdentifier | undefined;
  readonly keyEncryptionAlgorithm: AlgorithmIdentifier;
  readonly encryptedKey: Uint8Array;
}

/** OtherRecipientInfo, RFC 5652 §6.2.5, and every kind that we cannot read: it takes nothing from the others. */
interface OtherRecipientInfo {
  readonly type: 'ori';
  /** The object identifier of its kind in dotted form, where it has one. */
  readonly kind: string | undefined;
}

export type RecipientInfo =
  | KeyTransRecipientInfo
  | KeyAgreeRecipientInfo
  | KekRecipientInfo
  | PasswordRecipientInfo
  | OtherRecipientInfo;

/**
 * Reads a RecipientInfo; the tag tells its kind.
 *
 * @throws CmsError `malformed-cms`; PkiError of the reader
 */
export function readRecipientInfo(node: Asn1): RecipientInfo {
  if (node.class === 0) return readKeyTrans(node);
  if (isContext(node, 1)) return readKeyAgree(node);
  if (isContext(node, 2)) return readKek(node);
  if (isContext(node, 3)) return readPassword(node);
  return { type: 'ori', kind: isContext(node, 4) ? readOid(readSequence(node)[0]) : undefined };
}

function readKeyTrans(node: Asn1): KeyTransRecipientInfo {
  const [version, rid, algorithm, encryptedKey] = fieldsOf(node, 4);
  readSmallInteger(version);
  return {
    type: 'ktri',
    rid: readCertificateIdentifier(rid),
    keyEncryptionAlgorithm: readAlgorithm(algorithm),
    encryptedKey: readOctetString(encryptedKey, 'an encrypted key'),
  };
}

function readKeyAgree(node: Asn1): KeyAgreeRecipientInfo {
  const fields = [...readSequence(node, 'a recipient info')];
  readSmallInteger(fields.shift());
  const originator = fields.shift();
  if (!isContext(originator, 0)) throw new CmsError('malformed-cms', 'a key agreement has no originator');
  const ukm = isContext(fields[0], 1)
    ? readOctetString(readExplicit(fields.shift()!), 'key material')
    : undefined;
  const keyEncryptionAlgorithm = readAlgorithm(fields.shift());
  const keys = readSequence(fields.shift(), 'the encrypted keys');
  if (fields.length > 0) throw new CmsError('malformed-cms', 'fields follow the encrypted keys');
  return {
    type: 'kari',
    originatorKey: readOriginatorKey(readExplicit(originator)),
    ukm,
    keyEncryptionAlgorithm,
    recipientEncryptedKeys: keys.map(readEncryptedKey),
  };
}

function readOriginatorKey(node: Asn1): KeyAgreeRecipientInfo['originatorKey'] {
  if (!isContext(node, 1)) return undefined;
  const [algorithm, publicKey] = fieldsOf(node, 2);
  return {
    algorithm: readAlgorithm(algorithm),
    publicKey: readBitString(publicKey, 'an originator key').bytes,
  };
}

function readEncryptedKey(node: Asn1): KeyAgreeRecipientInfo['recipientEncryptedKeys'][number] {
  const [rid, encryptedKey] = fieldsOf(node, 2);
  return {
    rid: readKeyAgreeIdentifier(rid!),
    encryptedKey: readOctetString(encryptedKey, 'an encrypted key'),
  };
}

/** RFC 5652 §6.2.2: here `[0]` is a RecipientKeyIdentifier, whose first field is the key identifier. */
function readKeyAgreeIdentifier(node: Asn1): CertificateIdentifier {
  if (!isContext(node, 0)) return readCertificateIdentifier(node);
  return { type: 'subjectKeyIdentifier', keyIdentifier: readOctetString(readSequence(node)[0]) };
}

function readKek(node: Asn1): KekRecipientInfo {
  const [version, kekid, algorithm, encryptedKey] = fieldsOf(node, 4);
  readSmallInteger(version);
  return {
    type: 'kekri',
    keyIdentifier: readOctetString(readSequence(kekid, 'a key identifier')[0], 'a key identifier'),
    keyEncryptionAlgorithm: readAlgorithm(algorithm),
    encryptedKey: readOctetString(encryptedKey, 'an encrypted key'),
  };
}

function readPassword(node: Asn1): PasswordRecipientInfo {
  const fields = [...readSequence(node, 'a recipient info')];
  readSmallInteger(fields.shift());
  const derivation = isContext(fields[0], 0) ? readAlgorithm(fields.shift()) : undefined;
  const [algorithm, encryptedKey, more] = fields;
  if (more !== undefined) throw new CmsError('malformed-cms', 'fields follow a password recipient');
  return {
    type: 'pwri',
    keyDerivationAlgorithm: derivation,
    keyEncryptionAlgorithm: readAlgorithm(algorithm),
    encryptedKey: readOctetString(encryptedKey, 'an encrypted key'),
  };
}

function fieldsOf(node: Asn1, count: number): readonly Asn1[] {
  const fields = readSequence(node, 'a recipient info');
  if (fields.length !== count)
    throw new CmsError('malformed-cms', 'a recipient info has a wrong number of fields');
  return fields;
}
