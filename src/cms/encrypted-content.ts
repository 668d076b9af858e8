import type { AlgorithmIdentifier } from '../pki/algorithm.ts';
import { readAlgorithm } from '../pki/algorithm.ts';
import { type Asn1, isContext, readOctetString, readOid, readSequence } from '../pki/der.ts';
import { CmsError } from './error.ts';

/** EncryptedContentInfo, RFC 5652 §6.1. */
export interface EncryptedContentInfo {
  readonly contentType: string;
  readonly contentEncryptionAlgorithm: AlgorithmIdentifier;
  /** Undefined when it travels apart. */
  readonly encryptedContent: Uint8Array | undefined;
}

/**
 * Reads an EncryptedContentInfo; ciphertext in pieces (BER) is joined once.
 *
 * @throws CmsError `malformed-cms`; PkiError of the reader
 */
export function readEncryptedContentInfo(node: Asn1 | undefined): EncryptedContentInfo {
  const [type, algorithm, content, more] = readSequence(node, 'the encrypted content');
  if (more !== undefined || (content !== undefined && !isContext(content, 0))) {
    throw new CmsError('malformed-cms', 'the encrypted content has a wrong field');
  }
  return {
    contentType: readOid(type),
    contentEncryptionAlgorithm: readAlgorithm(algorithm),
    encryptedContent: content === undefined ? undefined : readOctetString(content),
  };
}
