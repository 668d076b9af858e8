import fc from 'fast-check';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEngines, type EngineKit, startOfTest } from '../../test/kit/engines.ts';
import type { Job, JobNote, NewJob } from './jobs.ts';
import type { Store } from './store.ts';

const note: JobNote = { code: 'temporary', reason: 'the peer is away' };
const leaseMs = 60_000;

describeOnEngines('jobs', (kit) => {
  let store: Store;
  beforeAll(async () => {
    store = await kit.open();
  });
  beforeEach(async () => {
    kit.clock.at = startOfTest;
    await clear(store);
  });

  const enqueue = (subject: string, more: Partial<NewJob> = {}) =>
    store.jobs.enqueue({ role: 'delivery', kind: 'k', subject, ...more });
  const claim = (worker = 'w', limit = 10) => store.jobs.claim('delivery', worker, { leaseMs, limit });
  const subjects = (jobs: readonly Job[]) => jobs.map((job) => job.subject);
  const find = async (subject: string) => (await store.jobs.find('k', subject))!;

  it('are found with what they were given', async () => {
    await enqueue('s', { payload: { packet: 3, text: 'é' } });
    expect(await find('s')).toMatchObject({
      role: 'delivery',
      state: 'ready',
      payload: { packet: 3, text: 'é' },
      runAt: startOfTest,
      createdAt: startOfTest,
      attempts: 0,
      claimedBy: null,
      code: null,
    });
    expect(await store.jobs.find('k', 'unknown')).toBeUndefined();
  });

  it('are added by the thousand, and those that are there already stay as they are', async () => {
    await enqueue('s1500', { payload: { of: 'before' }, runAt: startOfTest + 5 });
    const added = Array.from({ length: 2_500 }, (_, i) => `s${i}`);
    await store.jobs.enqueueNew(
      added.map((subject) => ({ role: 'delivery', kind: 'k', subject, payload: { of: subject } })),
    );
    await store.jobs.enqueueNew([]);
    expect(await claim('w', 3_000)).toHaveLength(2_499);
    expect(await find('s2499')).toMatchObject({ payload: { of: 's2499' }, runAt: startOfTest });
    expect(await find('s1500')).toMatchObject({ payload: { of: 'before' }, runAt: startOfTest + 5 });
  });

  it('are claimed when they are due, the longest due first, and by one role only', async () => {
    await enqueue('later', { runAt: startOfTest + 1 });
    await enqueue('second');
    await enqueue('first', { runAt: startOfTest - 1 });
    await enqueue('other', { role: 'tasks' });
    expect(subjects(await claim('w', 1))).toEqual(['first']);
    expect(subjects(await claim('w', 5))).toEqual(['second']);
    kit.clock.at += 1;
    expect(subjects(await claim('w', 5))).toEqual(['later']);
  });

  it('are claimed by nobody else until the claim runs out', async () => {
    await enqueue('s');
    expect(await claim('w1')).toHaveLength(1);
    expect(await claim('w2')).toEqual([]);
    kit.clock.at += leaseMs + 1;
    expect(await claim('w2')).toMatchObject([{ claimedBy: 'w2', claimedUntil: kit.clock.at + leaseMs }]);
  });

  it('stay claimed while the claim is renewed by the one who has it', async () => {
    await enqueue('s');
    const [job] = await claim('w1');
    kit.clock.at += leaseMs - 1;
    expect(await store.jobs.renew(job!.id, 'w2', leaseMs)).toBe(false);
    expect(await store.jobs.renew(job!.id, 'w1', leaseMs)).toBe(true);
    kit.clock.at += leaseMs - 1;
    expect(await claim('w2')).toEqual([]);
  });

  it('of one kind and subject are one, which keeps the earlier time and its payload', async () => {
    await enqueue('s', { runAt: startOfTest + 5, payload: { first: true } });
    await enqueue('s', { runAt: startOfTest + 9, payload: { first: false } });
    expect(await find('s')).toMatchObject({ runAt: startOfTest + 5, payload: { first: true } });
    await enqueue('s', { runAt: startOfTest + 2 });
    await enqueue('s', { kind: 'other' });
    expect((await find('s')).runAt).toBe(startOfTest + 2);
    expect(await store.jobs.list()).toHaveLength(2);
  });

  it('that are asked for again while they are done run once more', async () => {
    await enqueue('s');
    const [job] = await claim();
    await enqueue('s');
    await enqueue('s', { runAt: startOfTest + 7 });
    expect(await claim('w2')).toEqual([]);
    await store.jobs.complete(job!.id, 'w');
    expect(await claim()).toMatchObject([{ subject: 's', attempts: 0, againAt: null }]);
    await store.jobs.complete(job!.id, 'w');
    expect(await store.jobs.list()).toEqual([]);
  });

  it('that are asked for again and fail are tried at the earlier of both times', async () => {
    await enqueue('s');
    const [job] = await claim();
    await enqueue('s', { runAt: startOfTest + 10 });
    await store.jobs.retryAt(job!.id, startOfTest + 500, note);
    expect(await find('s')).toMatchObject({ runAt: startOfTest + 10, againAt: null });
  });

  it('are tried again with the reason, and count the failures that count', async () => {
    await enqueue('s');
    const [job] = await claim();
    await store.jobs.retryAt(job!.id, startOfTest + 10, note);
    await store.jobs.retryAt(job!.id, startOfTest + 20, { ...note, countsAsAttempt: false });
    expect(await find('s')).toMatchObject({ ...note, attempts: 1, runAt: startOfTest + 20, claimedBy: null });
    expect(await claim()).toEqual([]);
  });

  it('in quarantine are claimed again only when they are released', async () => {
    await enqueue('s');
    const [job] = await claim();
    expect(await store.jobs.quarantine(job!.id, note)).toBe(true);
    await enqueue('s');
    expect(await claim()).toEqual([]);
    expect(await store.jobs.list({ states: ['quarantined'] })).toMatchObject([{ ...note, subject: 's' }]);
    expect(await store.jobs.release(job!.id)).toBe(true);
    expect(await claim()).toMatchObject([{ id: job!.id, state: 'ready', attempts: 0 }]);
    expect(await store.jobs.release('unknown')).toBe(false);
  });

  it('that are being done are not released to a second worker', async () => {
    await enqueue('s');
    const [job] = await claim();
    expect(await store.jobs.release(job!.id)).toBe(true);
    expect(await claim('w2')).toEqual([]);
  });

  it('that wait for one reason are released together, before their time', async () => {
    for (const subject of ['a', 'b', 'c']) await enqueue(subject);
    for (const job of await claim()) {
      const code = job.subject === 'c' ? 'other' : 'key-unavailable';
      await store.jobs.retryAt(job.id, startOfTest + 99, { code, reason: '' });
    }
    await store.jobs.releaseByCode('key-unavailable');
    expect(subjects(await claim()).toSorted()).toEqual(['a', 'b']);
  });

  it('are left alone by a worker whose claim another has taken over', async () => {
    await enqueue('s');
    const [job] = await claim('slow');
    kit.clock.at += leaseMs + 1;
    await claim('quick');
    const before = await find('s');
    await store.jobs.complete(job!.id, 'slow');
    await store.jobs.retryAt(job!.id, startOfTest, { ...note, worker: 'slow' });
    expect(await store.jobs.quarantine(job!.id, { ...note, worker: 'slow' })).toBe(false);
    expect(await find('s')).toEqual(before);
  });

  it('count how often their process died, until one of them ends otherwise', async () => {
    await enqueue('s');
    for (const crashes of [0, 1, 2]) {
      expect(await claim(`process ${crashes}`)).toMatchObject([{ crashes }]);
      kit.clock.at += leaseMs + 1;
    }
    expect(await store.jobs.claimants()).toEqual(['process 2']);
    await store.jobs.releaseClaimsOf(['process 2', 'nobody']);
    expect(await store.jobs.claimants()).toEqual([]);
    const [job] = await claim('process 3');
    expect(job).toMatchObject({ crashes: 3, attempts: 0 });
    await store.jobs.releaseClaimsOf([]);
    expect(await claim('process 4')).toEqual([]);
    await store.jobs.retryAt(job!.id, kit.clock.at, note);
    expect(await claim('process 4')).toMatchObject([{ crashes: 0, attempts: 1 }]);
  });

  it('tell when the next of a role can be claimed', async () => {
    expect(await store.jobs.nextDueAt('delivery')).toBeUndefined();
    await enqueue('a', { runAt: startOfTest + 300_000 });
    await enqueue('b');
    expect(await store.jobs.nextDueAt('delivery')).toBe(startOfTest);
    await claim();
    expect(await store.jobs.nextDueAt('delivery')).toBe(startOfTest + leaseMs);
    expect(await store.jobs.nextDueAt('tasks')).toBeUndefined();
  });

  it('live as a simple model of them says, and all end at last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
        await clear(store);
        await liveThrough(acts, store, kit);
      }),
      { numRuns: 30 },
    );
  });
});

async function clear(store: Store): Promise<void> {
  for (const job of await store.jobs.list()) await store.jobs.quarantine(job.id, note);
  for (const job of await store.jobs.list()) await store.jobs.complete(job.id);
}

const subject = fc.constantFrom('a', 'b', 'c');
const worker = fc.constantFrom('w1', 'w2');
const delay = fc.integer({ min: 0, max: 3 });
const act = fc.oneof(
  fc.record({ act: fc.constant('enqueue' as const), subject, delay }),
  fc.record({ act: fc.constant('claim' as const), worker }),
  fc.record({ act: fc.constant('renew' as const), subject, worker }),
  fc.record({ act: fc.constant('complete' as const), subject, worker }),
  fc.record({ act: fc.constant('retry' as const), subject, worker, delay }),
  fc.record({ act: fc.constant('quarantine' as const), subject, worker }),
  fc.record({ act: fc.constant('release' as const), subject }),
  fc.record({ act: fc.constant('pass' as const), delay }),
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;
type ModelJob = {
  -readonly [K in
    | 'state'
    | 'runAt'
    | 'attempts'
    | 'crashes'
    | 'againAt'
    | 'claimedBy'
    | 'claimedUntil']: Job[K];
};
const modelLeaseMs = 4;

/** Jobs as one would keep them in memory, with one reader at a time. */
class JobModel {
  readonly jobs = new Map<string, ModelJob>();

  enqueue(subject: string, runAt: number): void {
    const job = this.jobs.get(subject);
    if (!job) {
      const counts = { attempts: 0, crashes: 0, againAt: null };
      this.jobs.set(subject, { state: 'ready', runAt, ...counts, claimedBy: null, claimedUntil: null });
    } else if (job.state === 'ready' && job.claimedBy === null) job.runAt = Math.min(job.runAt, runAt);
    else if (job.state === 'ready') job.againAt = Math.min(job.againAt ?? runAt, runAt);
  }

  claim(worker: string, now: number): string[] {
    const due = [...this.jobs].filter(
      ([, job]) =>
        job.state === 'ready' && job.runAt <= now && (job.claimedUntil === null || job.claimedUntil < now),
    );
    for (const [, job] of due) {
      if (job.claimedBy !== null && job.claimedBy !== worker) job.crashes++;
      Object.assign(job, { claimedBy: worker, claimedUntil: now + modelLeaseMs, againAt: null });
    }
    return due.map(([subject]) => subject);
  }

  /** Ends the claim of a worker; gives the job where it had one. */
  settle(subject: string, worker: string): ModelJob | undefined {
    const job = this.jobs.get(subject);
    if (job?.claimedBy !== worker) return undefined;
    return Object.assign(job, { claimedBy: null, claimedUntil: null, crashes: 0 });
  }
}

async function liveThrough(acts: readonly Act[], store: Store, kit: EngineKit): Promise<void> {
  const model = new JobModel();
  for (const step of acts) {
    await doBoth(step, model, store, kit);
    const stored = Object.fromEntries((await store.jobs.list()).map((job) => [job.subject, job]));
    expect(stored).toMatchObject(Object.fromEntries(model.jobs));
    expect(Object.keys(stored).toSorted()).toEqual([...model.jobs.keys()].toSorted());
  }
  for (const job of await store.jobs.list({ states: ['quarantined'] })) await store.jobs.release(job.id);
  kit.clock.at += 100;
  for (const job of await store.jobs.claim('tasks', 'last', { leaseMs: 1, limit: 10 }))
    await store.jobs.complete(job.id, 'last');
  expect(await store.jobs.list()).toEqual([]);
}

async function doBoth(step: Act, model: JobModel, { jobs }: Store, { clock }: EngineKit): Promise<void> {
  if (step.act === 'pass') clock.at += step.delay;
  if (step.act === 'enqueue') {
    model.enqueue(step.subject, clock.at + step.delay);
    await jobs.enqueue({ role: 'tasks', kind: 'k', subject: step.subject, runAt: clock.at + step.delay });
  }
  if (step.act === 'claim') {
    const claimed = await jobs.claim('tasks', step.worker, { leaseMs: modelLeaseMs, limit: 10 });
    expect(claimed.map((job) => job.subject).toSorted()).toEqual(
      model.claim(step.worker, clock.at).toSorted(),
    );
  }
  if (!('subject' in step) || step.act === 'enqueue') return;
  const id = (await jobs.find('k', step.subject))?.id ?? 'none';
  await settleBoth(step, id, model, jobs, clock.at);
}

async function settleBoth(
  step: Extract<Act, { act: 'renew' | 'complete' | 'retry' | 'quarantine' | 'release' }>,
  id: string,
  model: JobModel,
  jobs: Store['jobs'],
  now: number,
): Promise<void> {
  if (step.act === 'release') {
    const job = model.jobs.get(step.subject);
    const isFree = job && (job.claimedUntil === null || job.claimedUntil < now);
    if (isFree) {
      const settled = { claimedBy: null, claimedUntil: null, againAt: null };
      Object.assign(job, { state: 'ready', runAt: now, attempts: 0, crashes: 0, ...settled });
    }
    expect(await jobs.release(id)).toBe(job !== undefined);
    return;
  }
  const { subject, worker } = step;
  if (step.act === 'renew') {
    const job = model.jobs.get(subject);
    const isOurs = job?.claimedBy === worker;
    if (isOurs) job.claimedUntil = now + modelLeaseMs;
    expect(await jobs.renew(id, worker, modelLeaseMs)).toBe(isOurs);
    return;
  }
  const crashes = model.jobs.get(subject)?.crashes ?? 0;
  const job = model.settle(subject, worker);
  const againAt = job?.againAt ?? null;
  if (job) job.againAt = null;
  if (step.act === 'complete') {
    if (job && againAt === null) model.jobs.delete(subject);
    else if (job) Object.assign(job, { runAt: againAt, attempts: 0 });
    await jobs.complete(id, worker);
  } else if (step.act === 'retry') {
    const runAt = now + step.delay;
    if (job) Object.assign(job, { runAt: Math.min(runAt, againAt ?? runAt), attempts: job.attempts + 1 });
    await jobs.retryAt(id, runAt, { ...note, worker });
  } else {
    if (job) Object.assign(job, { state: 'quarantined', crashes });
    expect(await jobs.quarantine(id, { ...note, worker })).toBe(job !== undefined);
  }
}
