import { readAlgorithm } from '../pki/algorithm.ts';
import { type Asn1, readOctetString, readSequence, readSmallInteger } from '../pki/der.ts';
import { computeDigest, findDigest } from './digest.ts';
import { type EncryptedContentInfo, readEncryptedContentInfo } from './encrypted-content.ts';
import { CmsError } from './error.ts';
import { readEncapsulated } from './signed-data.ts';

/** DigestedData, RFC 5652 §7: reported, and worth nothing as a proof of origin. */
export interface DigestedData {
  readonly type: 'digested';
  readonly eContentType: string;
  readonly eContent: Uint8Array | undefined;
  readonly digestAlgorithm: string;
  /** Whether the digest fits the content; undefined where it is detached or the digest is unknown. */
  readonly matches: boolean | undefined;
}

/** EncryptedData, RFC 5652 §8: its key is agreed elsewhere, so it is reported only. */
export interface EncryptedData {
  readonly type: 'encrypted';
  readonly version: number;
  readonly encryptedContentInfo: EncryptedContentInfo;
}

/**
 * Reads the content of a ContentInfo of type DigestedData.
 *
 * @throws CmsError `malformed-cms`; PkiError of the reader
 */
export function readDigestedData(node: Asn1): DigestedData {
  const [version, algorithm, encapsulated, digestValue, more] = readSequence(node, 'digested data');
  readSmallInteger(version);
  if (more !== undefined) throw new CmsError('malformed-cms', 'fields follow the digest');
  const { oid } = readAlgorithm(algorithm);
  const { contentType, content } = readEncapsulated(encapsulated);
  const expected = readOctetString(digestValue, 'a digest');
  const digest = findDigest(oid);
  const matches =
    digest === undefined || content === undefined
      ? undefined
      : Buffer.compare(computeDigest(digest, content), expected) === 0;
  return {
    type: 'digested',
    eContentType: contentType,
    eContent: content,
    digestAlgorithm: digest?.name ?? oid,
    matches,
  };
}

/**
 * Reads the content of a ContentInfo of type EncryptedData.
 *
 * @throws CmsError `malformed-cms`; PkiError of the reader
 */
export function readEncryptedData(node: Asn1): EncryptedData {
  const [version, encrypted] = readSequence(node, 'encrypted data');
  return {
    type: 'encrypted',
    version: readSmallInteger(version),
    encryptedContentInfo: readEncryptedContentInfo(encrypted),
  };
}
