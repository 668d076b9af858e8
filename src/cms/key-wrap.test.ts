import { describe, expect, it } from 'vitest';
import { makeAlgorithm } from '../pki/algorithm.ts';
import { oids } from '../pki/oid.ts';
import { findKeyWrap, keyWrapFor, unwrapKey, wrapKey } from './key-wrap.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const key = hex('00112233445566778899aabbccddeeff');

describe('AES key wrap', () => {
  // RFC 3394 §4.1, §4.3
  it.each([
    [16, '000102030405060708090a0b0c0d0e0f', '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5'],
    [
      32,
      '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      '64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7',
    ],
  ])('wraps and unwraps the vectors of RFC 3394 with a key of %i bytes', (bytes, kek, wrapped) => {
    const wrap = keyWrapFor(bytes);
    expect(wrap.keyBytes).toBe(bytes);
    expect(wrapKey(wrap, hex(kek), key)).toEqual(hex(wrapped));
    expect(unwrapKey(wrap, hex(kek), hex(wrapped))).toEqual(key);
  });

  it('gives nothing for a wrong key, a changed or cut value, and lengths that cannot be', () => {
    const wrap = keyWrapFor(16);
    const wrapped = hex('1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5');
    const kek = hex('000102030405060708090a0b0c0d0e0f');
    expect(unwrapKey(wrap, key, wrapped)).toBeUndefined();
    expect(unwrapKey(wrap, kek.subarray(1), wrapped)).toBeUndefined();
    for (let length = 0; length < wrapped.length; length += 1) {
      expect(unwrapKey(wrap, kek, wrapped.subarray(0, length))).toBeUndefined();
    }
  });

  it('is found by its identifier, with parameters absent or NULL alone', () => {
    expect(findKeyWrap(makeAlgorithm(oids.aes192Wrap))?.keyBytes).toBe(24);
    expect(findKeyWrap(makeAlgorithm(oids.aes256Wrap, 'null'))?.keyBytes).toBe(32);
    expect(findKeyWrap(makeAlgorithm(oids.aes256Wrap, Uint8Array.of(4, 0)))).toBeUndefined();
    expect(findKeyWrap(makeAlgorithm('1.2.3'))).toBeUndefined();
    expect(findKeyWrap(makeAlgorithm(oids.tripleDesWrap))?.legacy).toBe(true);
  });
});
