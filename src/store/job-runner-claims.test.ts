import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { describeOnEngines } from '../../test/kit/engines.ts';
import { type Log, silentLog } from '../log.ts';
import { type JobHandler, type JobOutcome, JobRunner } from './job-runner.ts';
import type { Job, Jobs } from './jobs.ts';
import type { Store } from './store.ts';

const leaseMs = 60_000;
const done: JobOutcome = { status: 'done' };

/** A promise that a test settles. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describeOnEngines('the claims and the sleep of a job runner', (kit) => {
  let url: string;
  let store: Store;
  let runners: JobRunner[] = [];
  let warnings: string[] = [];
  let quarantined: string[] = [];
  const note = (event: string) => {
    warnings.push(event);
  };
  const log: Log = { ...silentLog, warn: note, error: note };
  beforeAll(async () => {
    url = await kit.freshUrl();
    store = await kit.open(url);
  });
  beforeEach(() => {
    warnings = [];
    quarantined = [];
    runners = [];
  });
  afterEach(async () => {
    vi.useRealTimers();
    await Promise.all(runners.map((runner) => runner.stop()));
    for (const job of await store.jobs.list()) await store.jobs.complete(job.id);
  });

  const run = (handler: JobHandler, worker = 'here', concurrency = 1, on = store): JobRunner => {
    const runner = new JobRunner({
      store: on,
      clock: kit.clock,
      log,
      role: 'tasks',
      worker,
      handlers: { work: handler },
      concurrency,
      onQuarantine: async ({ subject }) => {
        quarantined.push(subject);
      },
    });
    runners.push(runner);
    runner.start();
    return runner;
  };
  const enqueue = (subject: string, runAt = kit.clock.at, at: Store = store): Promise<void> =>
    at.jobs.enqueue({ role: 'tasks', kind: 'work', subject, runAt });
  const find = (subject: string): Promise<Job | undefined> => store.jobs.find('work', subject);
  const untilJob = async (subject: string, holds: (job: Job | undefined) => boolean): Promise<void> => {
    const endMs = Date.now() + 20_000;
    while (!holds(await find(subject))) {
      if (Date.now() > endMs) throw new Error(`the job ${subject} did not come to that`);
      await turn();
    }
  };
  const untilGone = (subject: string): Promise<void> => untilJob(subject, (job) => job === undefined);

  it('leaves the jobs of other roles alone', async () => {
    await store.jobs.enqueue({ role: 'delivery', kind: 'work', subject: 'of others' });
    await enqueue('ours');
    run(async () => done);
    await untilGone('ours');
    expect(await find('of others')).toMatchObject({ claimedBy: null, attempts: 0, crashes: 0 });
  });

  it('wakes for each new job: the poll, whose time never comes here, is not needed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let next = gate();
    const handler: JobHandler = async () => {
      next.open();
      return done;
    };
    run(handler, 'here', 2);
    for (let i = 0; i < 60; i++) {
      next = gate();
      for (let turns = i % 7; turns > 0; turns--) await turn();
      await enqueue(`job ${i}`);
      await next.passed;
    }
  });

  it('does not fall asleep over a job that came just after it had looked', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let late = 0;
    const { jobs } = store;
    const claim: Jobs['claim'] = async (...args) => {
      const claimed = await jobs.claim(...args);
      if (claimed.length === 0 && late < 5) await enqueue(`late ${late++}`);
      return claimed;
    };
    const jobsThen = new Proxy(jobs, {
      get: (_jobs, name: keyof Jobs) => (name === 'claim' ? claim : jobs[name].bind(jobs)),
    });
    const seen: string[] = [];
    const last = gate();
    const handler: JobHandler = async ({ subject }) => {
      if (seen.push(subject) === 5) last.open();
      return done;
    };
    run(handler, 'here', 2, { ...store, jobs: jobsThen });
    await last.passed;
    expect(seen).toEqual(['late 0', 'late 1', 'late 2', 'late 3', 'late 4']);
  });

  it('wakes for the jobs of a transaction when it is committed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    run(async () => done);
    for (let i = 0; i < 5; i++) {
      await store.transaction(async (tx) => {
        await tx.jobs.enqueue({ role: 'tasks', kind: 'work', subject: 'with others' });
        await tx.subscribers.add({ list: 'l', address: `a${i}@example.org` });
      });
      await untilGone('with others');
    }
  });

  it('finds by itself what became due with time alone', async () => {
    await enqueue('later', kit.clock.at + 5_000);
    let runs = 0;
    run(async () => {
      runs++;
      return done;
    });
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(runs).toBe(0);
    kit.clock.at += 5_000;
    await untilGone('later');
    expect(runs).toBe(1);
  });

  it('keeps its claim for as long as the job takes', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await enqueue('long');
    const [begun, end] = [gate(), gate()];
    run(async () => {
      begun.open();
      await end.passed;
      return done;
    });
    await begun.passed;
    for (let i = 0; i < 6; i++) {
      kit.clock.at += leaseMs / 3;
      vi.advanceTimersByTime(leaseMs / 3);
      await untilJob('long', (job) => job?.claimedUntil === kit.clock.at + leaseMs);
      expect(await store.jobs.claim('tasks', 'thief', { leaseMs, limit: 1 })).toEqual([]);
    }
    end.open();
    await untilGone('long');
    // The renewals end with the job.
    while (vi.getTimerCount() > 0) await turn();
    expect(warnings).toEqual([]);
  });

  it.each([
    done,
    { status: 'retry', atMs: 0, code: 'x', reason: 'y' },
    { status: 'quarantine', code: 'x', reason: 'y' },
  ] as const)('leaves a job to whoever took it over when the claim had run out: $status', async (outcome) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await enqueue('slow');
    const [begun, end] = [gate(), gate()];
    const runner = run(async () => {
      begun.open();
      await end.passed;
      return outcome;
    });
    await begun.passed;
    kit.clock.at += leaseMs + 1;
    expect(await store.jobs.claim('tasks', 'other', { leaseMs, limit: 1 })).toHaveLength(1);
    vi.advanceTimersByTime(leaseMs / 3);
    while (warnings.length === 0) await turn();
    expect(warnings).toEqual(['claim lost']);
    end.open();
    await runner.stop();
    const taken = { state: 'ready', claimedBy: 'other', code: null, attempts: 0, crashes: 1 };
    expect(await find('slow')).toMatchObject(taken);
    expect(quarantined).toEqual([]);
  });

  it('does each job once when several runners share a database', async () => {
    const subjects = Array.from({ length: 60 }, (_, i) => `job ${String(i).padStart(2, '0')}`);
    const seen: string[] = [];
    const handler: JobHandler = async ({ subject }) => {
      seen.push(subject);
      await turn();
      return done;
    };
    await store.transaction(async (tx) => {
      for (const subject of subjects) await tx.jobs.enqueue({ role: 'tasks', kind: 'work', subject });
    });
    for (const worker of ['one', 'two', 'three']) run(handler, worker, 4);
    while ((await store.jobs.list()).length > 0) await turn();
    expect(seen.toSorted()).toEqual(subjects);
  });

  it.each([
    1, 2,
  ])('stops after what is under way, and claims nothing more, with room for %i', async (room) => {
    await enqueue('under way');
    const [begun, end] = [gate(), gate()];
    const handler: JobHandler = async () => {
      begun.open();
      await end.passed;
      return done;
    };
    const runner = run(handler, 'here', room);
    await begun.passed;
    let isStopped = false;
    const stopping = runner.stop().then(() => {
      isStopped = true;
    });
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(isStopped).toBe(false);
    end.open();
    await stopping;
    expect(await find('under way')).toBeUndefined();
    await enqueue('too late');
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(await find('too late')).toMatchObject({ claimedBy: null, crashes: 0 });
  });

  it('stops out of its sleep', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const runner = run(async () => done);
    await enqueue('x');
    await untilGone('x');
    for (let turns = 0; turns < 20; turns++) await turn();
    await runner.stop();
  });

  if (kit.engine !== 'postgres') return;

  it('goes on when the connections to the server were lost', async () => {
    run(async () => done);
    for (let i = 0; i < 3; i++) {
      await enqueue('before');
      await untilGone('before');
      await kit.server!.dropConnections(url);
      await vi.waitFor(() => enqueue('after'), { timeout: 20_000 });
      await vi.waitFor(() => untilGone('after'), { timeout: 20_000 });
    }
  });

  it('wakes for the jobs of another node', async () => {
    // A store of its own: the one above may just be coming back to the server's news.
    const news = await kit.freshUrl();
    store = await kit.open(news);
    const other = await kit.open(news);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let next = gate();
    run(async () => {
      next.open();
      return done;
    });
    for (let i = 0; i < 10; i++) {
      next = gate();
      await enqueue(`job ${i}`, kit.clock.at, other);
      await next.passed;
    }
  });
});
