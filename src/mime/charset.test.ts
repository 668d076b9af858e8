import { describe, expect, it } from 'vitest';
import { decodeCharset, decodeUnknown, encodeCharset, isKnownCharset } from './charset.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('decodeCharset', () => {
  it.each([
    ['utf-8', '\xe2\x82\xac', '€'],
    ['ISO-8859-15', '\xa4', '€'],
    ['cp1252', '\x80', '€'],
    ['x-sjis', '\x82\xa0', 'あ'],
    ['cp932', '\x82\xa0', 'あ'],
    ['ks_c_5601-1987', '\xb0\xa1', '가'],
    ['gb2312', '\xb0\xa1', '啊'],
    ['iso-2022-jp', '\x1b$B$"\x1b(B', 'あ'],
    ['koi8-r', '\xc1', 'а'],
    ['us-ascii', '\xc3\xa9', 'é'],
    ['us-ascii', '\xe9', 'é'],
    ['', '\xe9', 'é'],
    ['no-such-charset', '\xc3\xa9', 'é'],
    ['constructor', 'a', 'a'],
    ['utf-7', 'a+AOkA6Q-b+-', 'aééb+'],
  ])('reads %s', (label, raw, expected) => {
    expect(decodeCharset(bytes(raw), label)).toBe(expected);
  });

  it('knows the names of what it can read', () => {
    expect(['latin1', 'utf-7', 'windows-936', 'x-what'].map(isKnownCharset)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(decodeUnknown(bytes('\x80'))).toBe('€');
  });
});

describe('encodeCharset', () => {
  it.each([
    ['é€', 'iso-8859-15', '\xe9\xa4'],
    ['é', 'utf-8', '\xc3\xa9'],
    ['plain', 'shift_jis', 'plain'],
    ['é', 'us-ascii', undefined],
    ['あ', 'shift_jis', undefined],
    ['あ', 'iso-8859-1', undefined],
    ['a', 'utf-16le', undefined],
    ['a', 'no-such-charset', undefined],
    ['ж', 'koi8-r', '\xd6'],
  ])('writes %j in %s', (text, label, expected) => {
    const encoded = encodeCharset(text, label);
    expect(encoded && Buffer.from(encoded).toString('latin1')).toBe(expected);
  });
});
