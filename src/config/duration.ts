import { durationUnitMs } from '../clock.ts';

/** Sympa's letters: a year is 365 days, a month without a date to start from 30 days. */
const unitMs: Readonly<Record<string, number>> = {
  y: 365 * durationUnitMs.d,
  m: 30 * durationUnitMs.d,
  w: durationUnitMs.w,
  d: durationUnitMs.d,
  h: durationUnitMs.h,
  min: durationUnitMs.min,
  sec: durationUnitMs.s,
  s: durationUnitMs.s,
};

const part = /^(\d{1,9})(min|sec|y|m|w|d|h|s)/;

/**
 * Reads a duration in Sympa's form: numbers with `y`, `m` (months), `w`, `d`, `h`, `min`, `sec`, put together as in
 * `1d12h`.
 *
 * @returns milliseconds, or `undefined` when the text is no duration
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  let rest = text.toLowerCase();
  if (rest === '' || rest.length > 60) return undefined;
  let total = 0;
  while (rest !== '') {
    const match = part.exec(rest);
    if (!match) return undefined;
    total += Number(match[1]) * unitMs[match[2]!]!;
    rest = rest.slice(match[0].length);
  }
  return Number.isSafeInteger(total) ? total : undefined;
}
