import { describe, expect, it } from 'vitest';
import { editDistance, nearestName } from './nearest-name.ts';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['domain', 'domian', 1],
    ['nrcpt', 'nrcp', 1],
    ['send', 'sending', 3],
    ['abc', '', 3],
  ])('from %j to %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe('nearestName', () => {
  const known = ['domain', 'listmaster', 'nrcpt', 'max_size'];

  it('finds the name that a slip of the finger changed', () => {
    expect(nearestName('listmatser', known)).toBe('listmaster');
    expect(nearestName('Max_Size', known)).toBe('max_size');
  });

  it('finds nothing for a word that is like none', () => {
    expect(nearestName('colour', known)).toBeUndefined();
    expect(nearestName('', known)).toBeUndefined();
  });
});
