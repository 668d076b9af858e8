import { expect, it } from 'vitest';
import { isTruth } from './filter-truth.ts';

it.each([
  null,
  undefined,
  false,
  '',
  ' ',
  0,
  -0,
  0n,
  0.0,
  '0',
  '00',
  '-0',
  '0.00',
  '0e5',
  'false',
  'FALSE',
  new Uint8Array(),
])('takes %s for false', (value) => {
  expect(isTruth(value)).toBe(false);
});

it.each([
  true,
  1,
  -1,
  0.5,
  1n,
  '1',
  '0.01',
  'f',
  'no',
  'ann@example.org',
  '0x',
  new Uint8Array(1),
])('takes %s for true', (value) => {
  expect(isTruth(value)).toBe(true);
});
