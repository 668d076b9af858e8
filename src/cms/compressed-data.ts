import { inflateSync } from 'node:zlib';
import type { AlgorithmIdentifier } from '../pki/algorithm.ts';
import { readAlgorithm } from '../pki/algorithm.ts';
import { type Asn1, readSequence, readSmallInteger } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { CmsError } from './error.ts';
import { readEncapsulated } from './signed-data.ts';

/** CompressedData, RFC 3274 §1.1: read, never written. */
export interface CompressedData {
  readonly type: 'compressed';
  readonly version: number;
  readonly compressionAlgorithm: AlgorithmIdentifier;
  readonly eContentType: string;
  /** The compressed bytes. */
  readonly eContent: Uint8Array;
}

/** More than any message we take in. */
const maxDecompressedBytes = 64 << 20;

/**
 * Reads the content of a ContentInfo of type CompressedData.
 *
 * @throws CmsError `malformed-cms`; PkiError of the reader
 */
export function readCompressedData(node: Asn1): CompressedData {
  const [version, algorithm, encapsulated, more] = readSequence(node, 'compressed data');
  const { contentType, content } = readEncapsulated(encapsulated);
  if (content === undefined || more !== undefined) {
    throw new CmsError('malformed-cms', 'compressed data must have exactly one content');
  }
  return {
    type: 'compressed',
    version: readSmallInteger(version),
    compressionAlgorithm: readAlgorithm(algorithm),
    eContentType: contentType,
    eContent: content,
  };
}

/**
 * Inflates compressed content.
 *
 * @param maxBytes refuses more output than this; by default 64 MiB
 * @throws CmsError `unsupported-compression`, `bad-compression`, `decompressed-too-big`
 */
export function openCompressed(info: CompressedData, maxBytes: number = maxDecompressedBytes): Uint8Array {
  if (info.compressionAlgorithm.oid !== oids.zlibCompress) {
    throw new CmsError('unsupported-compression', `compression algorithm ${info.compressionAlgorithm.oid}`);
  }
  try {
    return inflateSync(info.eContent, { maxOutputLength: Math.max(maxBytes, 1) });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new CmsError('decompressed-too-big', `the content inflates to more than ${maxBytes} bytes`);
    }
    throw new CmsError('bad-compression', 'the compressed content cannot be inflated', { cause });
  }
}
