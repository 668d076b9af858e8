import { describe, expect, it } from 'vitest';
import { SourcesError } from './error.ts';
import { isQuiet } from './quiet-hours.ts';

const at = (hour: number, minute: number) => new Date(2026, 10, 24, hour, minute).getTime();

describe('times at which a source is not asked', () => {
  it.each([
    ['12:00-13:30', 12, 0, true],
    ['12:00-13:30', 13, 30, false],
    ['8:00-9:00 12:00-13:30', 13, 29, true],
    ['22:00-6:00', 23, 59, true],
    ['22:00-6:00', 5, 59, true],
    ['22:00-6:00', 6, 0, false],
    ['0:00-24:00', 23, 59, true],
  ])('%s at %i:%i', (ranges, hour, minute, expected) => {
    expect(isQuiet(ranges, at(hour, minute))).toBe(expected);
  });

  it('are none where none is set', () => {
    expect(isQuiet(undefined, at(12, 0))).toBe(false);
  });

  it('have one form', () => {
    for (const ranges of ['noon', '12:00', '25:00-26:00'])
      expect(() => isQuiet(ranges, 0)).toThrow(SourcesError);
  });
});
