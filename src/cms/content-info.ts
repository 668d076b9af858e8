import {
  type Asn1,
  isContext,
  readAsn1,
  readExplicit,
  readOctetString,
  readOid,
  readSequence,
} from '../pki/der.ts';
import { PkiError } from '../pki/error.ts';
import { oids } from '../pki/oid.ts';
import { type CompressedData, readCompressedData } from './compressed-data.ts';
import {
  type AuthEnvelopedData,
  type EnvelopedData,
  readAuthEnvelopedData,
  readEnvelopedData,
} from './enveloped-data.ts';
import { CmsError } from './error.ts';
import { type DigestedData, type EncryptedData, readDigestedData, readEncryptedData } from './other-data.ts';
import { readSignedData, type SignedData } from './signed-data.ts';

/** What a ContentInfo holds, told apart by `type`. */
export type ContentInfo =
  | SignedData
  | EnvelopedData
  | AuthEnvelopedData
  | CompressedData
  | DigestedData
  | EncryptedData
  | { readonly type: 'data'; readonly content: Uint8Array }
  | { readonly type: 'other'; readonly contentType: string };

const readers: Readonly<Record<string, (content: Asn1) => ContentInfo>> = {
  [oids.data]: (content) => ({ type: 'data', content: readOctetString(content) }),
  [oids.signedData]: readSignedData,
  [oids.envelopedData]: readEnvelopedData,
  [oids.authEnvelopedData]: readAuthEnvelopedData,
  [oids.compressedData]: readCompressedData,
  [oids.digestedData]: readDigestedData,
  [oids.encryptedData]: readEncryptedData,
};

/**
 * Reads a ContentInfo in DER or BER, RFC 5652 §3.
 *
 * @param bytes the whole value; views on it are kept
 * @returns the content by its type; types that we do not know as `other`
 * @throws CmsError `not-cms` where the bytes are no ContentInfo, `malformed-cms` and the `too-many-…` codes where its content is broken
 */
export function parseContentInfo(bytes: Uint8Array): ContentInfo {
  const { contentType, content } = readOuter(bytes);
  const reader = readers[contentType];
  if (reader === undefined) return { type: 'other', contentType };
  try {
    return reader(content);
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    throw new CmsError('malformed-cms', `the content breaks its ASN.1: ${error.message}`, { cause: error });
  }
}

function readOuter(bytes: Uint8Array): { readonly contentType: string; readonly content: Asn1 } {
  try {
    const [type, content, more] = readSequence(readAsn1(bytes), 'a ContentInfo');
    if (content === undefined || more !== undefined || !isContext(content, 0)) {
      throw new CmsError('not-cms', 'the value is not a type and a content');
    }
    return { contentType: readOid(type), content: readExplicit(content) };
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    throw new CmsError('not-cms', `the bytes are no ContentInfo: ${error.message}`, { cause: error });
  }
}
