import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import { decodeEncodedWords, encodePhrase, encodeWords } from './encoded-word.ts';

describe('decodeEncodedWords', () => {
  it.each([
    ['plain', 'plain'],
    ['=?ISO-8859-1?Q?a?= b', 'a b'],
    ['=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=', 'ab'],
    ['=?ISO-8859-1?Q?a?=  \t =?utf-8?B?w6k=?=', 'aé'],
    ['=?utf-8?q?=E2=82?= =?utf-8?q?=AC?=', '€'],
    ['=?UTF-8*de?q?gr=C3=BCn?=', 'grün'],
    ['a=?utf-8?q?b_c?=d', 'ab cd'],
    ['=?utf-8?q?with space?=', 'with space'],
    ['=?iso-8859-1?q?Fr\xf6sche?=', 'Frösche'],
    ['=?utf-8?q?gr\xfcn?=', 'grün'],
    ['=?x-nobody-knows?q?=C3=A9?=', 'é'],
    ['=?utf-8?x?abc?=', '=?utf-8?x?abc?='],
    ['=?utf-8?q?open', '=?utf-8?q?open'],
    ['=? =?utf-8?q?a?=', '=? a'],
    ['=?iso-2022-jp?B?GyRCJCIbKEI=?=', 'あ'],
    ['=?utf-7?q?+AOk-?=', 'é'],
  ])('reads %j', (text, expected) => {
    expect(decodeEncodedWords(text)).toBe(expected);
  });

  it.each([
    '=?utf-8?q?a?= ',
    '=?utf-8?q?a ',
    '=?',
    '=?x?q',
    '?=',
    ' ',
  ])('reads 500 KB of %j in linear time', (piece) => {
    const start = cpuNow();
    decodeEncodedWords(piece.repeat(500_000 / piece.length));
    decodeEncodedWords(`=?utf-8?q?a?=${piece.repeat(500_000 / piece.length)}`);
    expect(cpuNow() - start).toBeLessThan(5000);
  });
});

const line = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('=', '?', ' ', 'q', 'é', '€', '😀', 'utf-8', '_') }),
  )
  .filter((text) => text.isWellFormed());

describe('encodeWords', () => {
  it('leaves ASCII as it is, and encodes no more words than it must', () => {
    expect(encodeWords('all plain  here ')).toBe('all plain  here ');
    expect(encodeWords('Re: die Frösche kommen')).toBe('Re: die =?utf-8?q?Fr=C3=B6sche?= kommen');
  });

  it('writes ASCII in words of at most 75 characters', () => {
    fc.assert(
      fc.property(line, (text) => {
        for (const encoded of [encodeWords(text), encodePhrase(text)]) {
          expect(encoded).toMatch(/^[\x20-\x7e]*$/);
          expect(encoded.split(' ').filter((word) => word.startsWith('=?') && word.length > 75)).toEqual([]);
        }
      }),
    );
  });

  it('is undone by decodeEncodedWords', () => {
    fc.assert(
      fc.property(line, (text) => {
        expect(decodeEncodedWords(encodeWords(text))).toBe(text);
        expect(decodeEncodedWords(encodePhrase(text))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });
});
