import { describe, expect, it } from 'vitest';
import { parseDateExpression, parseDuration } from './dates.ts';

const now = Date.UTC(2026, 0, 10);
const nowSeconds = now / 1000;
const day = 86_400;

describe('parseDateExpression', () => {
  it.each([
    ['1000000000', 1_000_000_000],
    ['execution_date', nowSeconds],
    ['execution_date-3d', nowSeconds - 3 * day],
    ['execution_date+1y', nowSeconds + 365 * day],
    ['1000000000+1w2d3h4min5sec', 1_000_000_000 + 9 * day + 3 * 3600 + 245],
    ['execution_date+2m', nowSeconds + (31 + 28) * day],
    ['2001y12m4d14h30min10sec', new Date(2001, 11, 4, 14, 30, 10).getTime() / 1000],
    ['2001y', new Date(2001, 0, 1).getTime() / 1000],
    ['2001y3m0d', new Date(2001, 2, 1).getTime() / 1000],
    ['2001y12m4d-1d', new Date(2001, 11, 4).getTime() / 1000 - day],
  ])('reads %s', (text, expected) => {
    expect(parseDateExpression(text, now)).toBe(expected);
  });

  it.each([
    '',
    'tomorrow',
    '-3d',
    'execution_date-',
    'execution_date-3',
    'execution_date-3d2y',
    '12m4d',
    '3d',
    '99999999999y',
    '1e9',
  ])('takes %j for no date', (text) => {
    expect(parseDateExpression(text, now)).toBeUndefined();
  });
});

describe('parseDuration', () => {
  it('counts months by the lengths that follow, and twelve of them as a year', () => {
    const july = Date.UTC(2026, 6, 15) / 1000;
    expect(parseDuration('1m', july)).toBe(31 * day);
    expect(parseDuration('3m', july)).toBe((31 + 31 + 30) * day);
    expect(parseDuration('12m', july)).toBe(365 * day);
    expect(parseDuration('9999999999m', july)).toBeGreaterThan(0);
  });
});
