import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLineFaults, lineEndOf, toCrlf } from './canonicalize.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const endings = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '\r\n', '\0') });

describe('toCrlf', () => {
  it('gives the same array where nothing has to change', () => {
    const clean = bytes('a\r\n\r\nb');
    expect(toCrlf(clean)).toBe(clean);
  });

  it('makes every line end CRLF and changes nothing else', () => {
    fc.assert(
      fc.property(endings, (text) => {
        const wide = Buffer.from(toCrlf(bytes(text)));
        expect(wide.toString('latin1')).toBe(text.replace(/\r\n|\r|\n/g, '\r\n'));
        expect(findLineFaults(wide)).toEqual({ bareCr: false, bareLf: false, nul: text.includes('\0') });
      }),
    );
  });
});

describe('findLineFaults', () => {
  it('tells exactly what is there', () => {
    fc.assert(
      fc.property(endings, (text) => {
        expect(findLineFaults(bytes(text))).toEqual({
          bareCr: /\r(?!\n)/.test(text),
          bareLf: /(?<!\r)\n/.test(text),
          nul: text.includes('\0'),
        });
      }),
    );
  });
});

describe('lineEndOf', () => {
  it.each([
    ['a\r\nb\n', '\r\n'],
    ['a\nb\r\n', '\n'],
    ['a\rb', '\r'],
    ['a', '\r\n'],
  ])('tells the first line end of %j', (text, lineEnd) => {
    expect(lineEndOf(bytes(text))).toBe(lineEnd);
  });
});
