import { enqueueServiceMail, type ServiceMail } from '../delivery/service-mail.ts';
import type { List } from '../lists/list.ts';
import { bounceScore, type ScoreRules, trafficOf } from './bounce-score.ts';
import { openLists, type TaskRun } from './task-run.ts';

const dayMs = 86_400_000;

/** What became of posts is remembered for 90 days (`purge_tables`); the first of them may be gone in part. */
const rememberedMs = 89 * dayMs;

/** `eval_bouncers()`: scores the subscribers whose mail comes back, and warns where too many do. */
export async function evaluateBouncers(_given: readonly string[], run: TaskRun): Promise<void> {
  for (const list of await openLists(run)) {
    run.signal.throwIfAborted();
    await scoreAll(list, run);
    await warnOfShare(list, run);
  }
}

async function scoreAll({ address: list }: List, run: TaskRun): Promise<void> {
  const { store, site } = run.parts;
  const sinceMs = run.nowMs - rememberedMs;
  const traffic = trafficOf(await store.distributions.postTimes(list, sinceMs), sinceMs);
  const rules: ScoreRules = {
    minimumCount: site.conf.minimum_bouncing_count,
    minimumPeriod: site.conf.minimum_bouncing_period,
    delay: site.conf.bounce_delay,
  };
  for await (const bouncer of store.bouncers.iterate(list)) {
    run.signal.throwIfAborted();
    const score = bounceScore(bouncer, traffic, rules);
    if (score !== bouncer.score) await store.bouncers.setScore(bouncer, score);
  }
}

/** Tells the owners, once a day at most, and from `bounce.halt_rate` on the listmasters as well. */
async function warnOfShare(list: List, { parts, nowMs }: TaskRun): Promise<void> {
  const { store, lists } = parts;
  const { warn_rate: warnRate, halt_rate: haltRate } = list.config.bounce;
  const subscribers = await store.subscribers.count(list.address);
  const bouncing = await store.bouncers.count(list.address);
  const rate = Math.floor((100 * bouncing) / Math.max(1, subscribers));
  if (bouncing === 0 || rate < warnRate) return;
  const day = new Date(nowMs).toISOString().slice(0, 10);
  const told: readonly (readonly [limit: number, to: ServiceMail['to']])[] = [
    [warnRate, 'owners'],
    [haltRate, lists.listmasters(list.robot)],
  ];
  await store.transaction(async (tx) => {
    // A run that is done again after a crash finds that they were told.
    const once = { max: 1, periodMs: 2 * dayMs, decay: 0 };
    if (!(await tx.rates.allow(`bounce-rate ${list.address} ${day}`, once))) return;
    for (const [limit, to] of told)
      if (rate >= limit)
        await enqueueServiceMail(tx, `bounce-rate ${list.address} ${day} ${limit} ${to}`, {
          template: 'bounce-rate',
          list: list.address,
          to,
          variables: { rate, bouncing, subscribers, limit },
        });
  });
}
