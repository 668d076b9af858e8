import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasStrayDot } from './stray-dot.ts';

describe('hasStrayDot', () => {
  it.each([
    'a\n.\nb',
    'a\n.\r\nb',
    'a\r\n.\nb',
    'a\r.\rb',
    'a\r.\r\nb',
    'a\r\n.\rb',
    '.\nb',
    '.\rb',
    'a\n.b',
    'a\r.b',
  ])('sees it in %j', (text) => {
    expect(hasStrayDot(Buffer.from(text))).toBe(true);
  });

  it.each([
    '',
    '.',
    '.\r\n',
    'a\r\n.\r\nb',
    'a\r\n..\r\n',
    'a.\nb',
    'a\nb\r\n',
    'a\r\r\nb',
    'a. b\r\n.b\nc\r\n',
  ])('sees none in %j', (text) => {
    expect(hasStrayDot(Buffer.from(text))).toBe(false);
  });

  it('sees every false end, wherever it stands', () => {
    const filling = fc.string({ maxLength: 20 });
    const ends = fc.constantFrom('\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r\n', '\r.\r', '\r\n.\rx', '\n.\rx');
    fc.assert(
      fc.property(filling, ends, filling, (before, end, after) => {
        expect(hasStrayDot(Buffer.from(`${before}x${end}${after}`))).toBe(true);
      }),
    );
  });

  it('sees none in any text of CRLF lines', () => {
    const lines = fc.array(fc.string({ maxLength: 10 }).map((text) => text.replaceAll(/[\r\n]/g, '')));
    fc.assert(
      fc.property(lines, (some) => {
        expect(hasStrayDot(Buffer.from(some.map((line) => `${line}\r\n`).join('')))).toBe(false);
      }),
    );
  });
});
