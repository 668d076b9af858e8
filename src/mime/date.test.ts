import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDate, parseDate } from './date.ts';

const isoOf = (text: string) => {
  const ms = parseDate(text);
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

describe('parseDate', () => {
  it.each([
    ['Tue, 1 Jul 2003 10:52:37 +0200', '2003-07-01T08:52:37.000Z'],
    ['1 Jul 03 10:52 EDT', '2003-07-01T14:52:00.000Z'],
    ['Mon, 21 Aug 95 13:30:57 -600', '1995-08-21T19:30:57.000Z'],
    ['12-Nov-2003 10:00:00 GMT', '2003-11-12T10:00:00.000Z'],
    ['Wed Jun  9 12:34:56 1993', '1993-06-09T12:34:56.000Z'],
    ['Wed Jun  9 12:34:56 PDT 1993', '1993-06-09T19:34:56.000Z'],
    ['31 Dec 2016 23:59:60 +0000', '2017-01-01T00:00:00.000Z'],
    ['from a by b; Tue, 1 Jul 2003 10:52:37 +0000 (UTC)', '2003-07-01T10:52:37.000Z'],
    ['Tue (a (b) c), 1 (x\\)) Jul 2003 10:52:37 Z', '2003-07-01T10:52:37.000Z'],
    ['30 Feb 2020 10:00:00 +0000', undefined],
    ['1 Jul 2003', undefined],
    ['1 Jul 2003 25:00:00 +0000', undefined],
    ['constructor', undefined],
    ['', undefined],
    ['('.repeat(5000), undefined],
  ])('reads %j', (text, expected) => {
    expect(isoOf(text)).toBe(expected);
  });

  it('reads any text', () => {
    const near = fc.string({
      unit: fc.constantFrom('1', '12', 'Jan', ' ', ':', '+', ',', '-', '(', ')', ';', '2020', '\n'),
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (text) => !Number.isNaN(parseDate(text))),
      { numRuns: 1000 },
    );
  });
});

describe('formatDate', () => {
  it('writes what RFC 5322 asks for', () => {
    expect(formatDate(0)).toBe('Thu, 01 Jan 1970 00:00:00 +0000');
  });

  it('is undone by parseDate', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(1900, 0) / 1000, max: Date.UTC(9999, 11) / 1000 }),
        (seconds) => {
          expect(parseDate(formatDate(seconds * 1000))).toBe(seconds * 1000);
        },
      ),
    );
  });
});
