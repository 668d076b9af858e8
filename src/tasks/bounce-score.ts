import { classOfStatus } from '../smtp/bounce-status.ts';
import type { Bouncer } from '../store/bouncers.ts';

const dayMs = 86_400_000;

/** Days: longer than a bounce counts that nothing proves but the post that it gives back, so that nobody can make up a score. */
const shortestPeriod = 8;

/** When there is a score, by the parameters of the site. */
export interface ScoreRules {
  /** `minimum_bouncing_count` */
  readonly minimumCount: number;
  /** `minimum_bouncing_period`, days; never shorter than `shortestPeriod` */
  readonly minimumPeriod: number;
  /** `bounce_delay`, days */
  readonly delay: number;
}

/** The posts of a list, as far as they are remembered. */
export interface ListTraffic {
  /** How many went out by day, in days since 1970. */
  readonly postsByDay: ReadonlyMap<number, number>;
  /** The first day that is remembered whole. */
  readonly sinceDay: number;
}

/** Counts posts by day. */
export function trafficOf(timesMs: readonly number[], sinceMs: number): ListTraffic {
  const postsByDay = new Map<number, number>();
  for (const atMs of timesMs) postsByDay.set(dayOf(atMs), (postsByDay.get(dayOf(atMs)) ?? 0) + 1);
  return { postsByDay, sinceDay: dayOf(sinceMs) + 1 };
}

/**
 * Scores a subscriber as Sympa does: the number of bounces, times the share of the posts of that time that bounced, times a
 * half where the failure is a temporary one. No more bounces count than posts went out, so that reports which are sent many
 * times change nothing.
 *
 * @returns 0 to 100; `null` while there is too little to tell
 */
export function bounceScore(
  { firstAt, lastAt, count, status }: Pick<Bouncer, 'firstAt' | 'lastAt' | 'count' | 'status'>,
  traffic: ListTraffic,
  { minimumCount, minimumPeriod, delay }: ScoreRules,
): number | null {
  const from = dayOf(firstAt) - delay;
  const to = dayOf(lastAt) - delay;
  if (count < minimumCount || to - from < Math.max(minimumPeriod, shortestPeriod)) return null;
  const knownFrom = Math.min(Math.max(from, traffic.sinceDay), to);
  const posts = postsBetween(traffic, knownFrom, to);
  if (posts === 0) return 0;
  // Older posts are forgotten; the bounces of their days are left out in proportion.
  const remembered = (to - knownFrom + 1) / (to - from + 1);
  const regularity = Math.min(1, (count * remembered) / posts);
  const counted = Math.min(count, posts / remembered);
  const weight = classOfStatus(status)?.isPermanent ? 1 : 0.5;
  return Math.min(100, Math.round(counted * regularity * weight));
}

function postsBetween({ postsByDay }: ListTraffic, from: number, to: number): number {
  let posts = 0;
  for (const [day, count] of postsByDay) if (day >= from && day <= to) posts += count;
  return posts;
}

function dayOf(atMs: number): number {
  return Math.floor(atMs / dayMs);
}
