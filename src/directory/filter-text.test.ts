import fc from 'fast-check';
import { EqualityFilter, SubstringFilter } from 'ldapts';
import { describe, expect, it } from 'vitest';
import { DirectoryError } from './error.ts';
import { escapeFilterValue, parseSearchFilter } from './filter-text.ts';

const anyText = fc.string({ unit: 'binary' });

describe('escapeFilterValue', () => {
  it.each([
    ['*)(uid=*', '\\2a\\29\\28uid=\\2a'],
    ['a\\b', 'a\\5cb'],
    ['nul\0', 'nul\\00'],
    ['Žofie', 'Žofie'],
  ])('writes %j as %j', (text, escaped) => {
    expect(escapeFilterValue(text)).toBe(escaped);
  });

  it('makes every text a value of its own', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const filter = parseSearchFilter(`(mail=${escapeFilterValue(text)})`);
        expect(filter).toBeInstanceOf(EqualityFilter);
        expect(filter).toMatchObject({ attribute: 'mail', value: text });
      }),
    );
  });

  it('keeps the wildcards of the filter apart from those of the value', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const filter = parseSearchFilter(`(mail=a*${escapeFilterValue(text)}*)`);
        expect(filter).toBeInstanceOf(SubstringFilter);
        expect(filter).toMatchObject({ initial: 'a', any: [text], final: '' });
      }),
    );
  });
});

describe('parseSearchFilter', () => {
  it('takes escapes for octets of UTF-8', () => {
    expect(parseSearchFilter('(cn=\\c3\\a9t\\C3\\A9\\2a)')).toMatchObject({ value: 'été*' });
  });

  it.each([
    '',
    '(',
    '(mail=a',
    '(mail=a))',
    '(&(mail=a)',
    '(mail=a(b))',
    '(=a)',
    '(mail=\\zz)',
    '(mail=\\ff)',
    'x'.repeat(70_000),
    '(!'.repeat(30_000),
  ])('refuses a filter that is none (%#)', (text) => {
    expect(() => parseSearchFilter(text)).toThrow(DirectoryError);
  });

  it('gives a filter or its own error for any text', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ unit: fc.constantFrom(...'(&|!a=*\\2:<~)') })), (text) => {
        try {
          expect(parseSearchFilter(text)).toBeTypeOf('object');
        } catch (error) {
          expect(error).toMatchObject({ name: 'DirectoryError', code: 'bad-search-filter' });
        }
      }),
    );
  });
});
