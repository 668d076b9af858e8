import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bounceScore, trafficOf } from './bounce-score.ts';

const dayMs = 86_400_000;
const start = Date.UTC(2026, 10, 24);
const rules = { minimumCount: 10, minimumPeriod: 10, delay: 0 };

/** A bouncer from one day to another, in days since the start. */
function bouncer(from: number, to: number, count: number, status = '5.1.1') {
  return { firstAt: start + from * dayMs, lastAt: start + to * dayMs + 1_000, count, status };
}

/** So many posts on each day. */
function traffic(perDay: number, days = 120, sinceDays = -1) {
  const times = Array.from({ length: days * perDay }, (_, i) => start + Math.floor(i / perDay) * dayMs);
  const known = times.filter((at) => at >= start + sinceDays * dayMs);
  return trafficOf(known, start + sinceDays * dayMs);
}

describe('the score of a subscriber', () => {
  it.each([
    ['every post bounces, two a day for 30 days', bouncer(0, 29, 60), traffic(2), 60],
    ['every second post bounces', bouncer(0, 29, 30), traffic(2), 15],
    ['every post bounces, for now', bouncer(0, 29, 60, '4.2.2'), traffic(2), 30],
    ['every post bounces, for very long', bouncer(0, 80, 162), traffic(2), 100],
    ['one of ten bounces', bouncer(0, 79, 16), traffic(2), 2],
  ])('where %s', (_what, about, posts, score) => {
    expect(bounceScore(about, posts, rules)).toBe(score);
  });

  it('is none under so many bounces, or within so few days', () => {
    expect(bounceScore(bouncer(0, 29, 9), traffic(2), rules)).toBeNull();
    expect(bounceScore(bouncer(0, 29, 10), traffic(2), rules)).not.toBeNull();
    expect(bounceScore(bouncer(0, 9, 20), traffic(2), rules)).toBeNull();
    expect(bounceScore(bouncer(0, 10, 20), traffic(2), rules)).not.toBeNull();
  });

  it('takes bounces of more days than one counts for without a proof, whatever the site says', () => {
    const anything = { minimumCount: 1, minimumPeriod: 0, delay: 0 };
    expect(bounceScore(bouncer(0, 7, 16), traffic(2), anything)).toBeNull();
    expect(bounceScore(bouncer(0, 8, 18), traffic(2), anything)).toBe(18);
  });

  it('grows not with reports that come without posts', () => {
    expect(bounceScore(bouncer(0, 29, 6_000), traffic(2), rules)).toBe(60);
    expect(bounceScore(bouncer(0, 29, 6_000), trafficOf([], start), rules)).toBe(0);
  });

  it('stands bounces against the posts of some days before', () => {
    const late = { ...rules, delay: 5 };
    // Posts of the first 30 days alone; their bounces come five days later.
    const posts = traffic(2, 30);
    expect(bounceScore(bouncer(5, 34, 60), posts, late)).toBe(60);
    expect(bounceScore(bouncer(5, 34, 60), posts, rules)).toBe(50);
  });

  it('leaves out the bounces of days whose posts are forgotten', () => {
    // A hundred days of one post a day, of which the last 50 are remembered.
    expect(bounceScore(bouncer(0, 99, 100), traffic(1, 100, 49), rules)).toBe(100);
    expect(bounceScore(bouncer(0, 99, 50), traffic(1, 100, 49), rules)).toBe(25);
  });

  it('is a whole number from 0 to 100, whatever came', () => {
    const day = fc.integer({ min: 0, max: 200 });
    fc.assert(
      fc.property(day, day, fc.nat(5_000), fc.nat(50), day, (a, b, count, perDay, since) => {
        const about = bouncer(Math.min(a, b), Math.max(a, b), count);
        const score = bounceScore(about, traffic(perDay, 100, since), rules);
        expect(score === null || (Number.isInteger(score) && score >= 0 && score <= 100)).toBe(true);
      }),
    );
  });
});
