import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { contentInfo, parseAs } from '../../test/kit/forge-cms.ts';
import { derExplicit, derInteger, derOctetString, derOid, derSequence } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { derAlgorithm } from './algorithm.ts';
import { openCompressed } from './compressed-data.ts';

function compressed(bytes: Uint8Array, algorithm: string = oids.zlibCompress) {
  const encapsulated = derSequence(derOid(oids.data), derExplicit(0, derOctetString(bytes)));
  return parseAs(
    'compressed',
    contentInfo(oids.compressedData, derSequence(derInteger(0), derAlgorithm(algorithm), encapsulated)),
  );
}

describe('compressed data', () => {
  it('is inflated', () => {
    const content = Buffer.from('text '.repeat(1000));
    expect(openCompressed(compressed(deflateSync(content)))).toEqual(content);
    expect(openCompressed(compressed(deflateSync(content)), content.length)).toEqual(content);
  });

  it('stops at the limit, whatever the bomb would give', () => {
    const bomb = compressed(deflateSync(Buffer.alloc(50_000_000)));
    expect(() => openCompressed(bomb, 1_000_000)).toThrow(
      expect.objectContaining({ code: 'decompressed-too-big' }),
    );
  });

  it('is refused where it is broken, cut off or of another algorithm', () => {
    const bytes = deflateSync(Buffer.from('text '.repeat(1000)));
    expect(() => openCompressed(compressed(bytes.subarray(0, 10)))).toThrow(
      expect.objectContaining({ code: 'bad-compression' }),
    );
    expect(() => openCompressed(compressed(Buffer.from('no')))).toThrow(
      expect.objectContaining({ code: 'bad-compression' }),
    );
    expect(() => openCompressed(compressed(bytes, '1.2.3'))).toThrow(
      expect.objectContaining({ code: 'unsupported-compression' }),
    );
  });
});
