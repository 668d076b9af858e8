import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Log, silentLog } from '../log.ts';
import { StoreError } from './error.ts';
import { backoffMs, type JobHandler, JobRunner } from './job-runner.ts';
import type { Job } from './jobs.ts';
import { openStore, type Store } from './store.ts';

const startOfTest = Date.UTC(2026, 10, 24, 12);
const clock = { at: startOfTest, now: () => clock.at };
const done: JobHandler = async () => ({ status: 'done' });

/** Rejections show what was waited for in vain. */
async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    if (await holds()) return;
    await pause(10);
  }
  throw new Error(`in vain: ${what}`);
}

describe('a job runner', () => {
  let folder = '';
  let store: Store;
  let runner: JobRunner | undefined;
  let lines: string[] = [];
  let aside: string[] = [];
  const write = (event: string, fields?: object) => void lines.push(`${event} ${JSON.stringify(fields)}`);
  const log: Log = { ...silentLog, warn: write, error: write };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ssympa-runner-'));
    store = await openStore(`sqlite:${join(folder, 'x.db')}`, { clock, log });
  });
  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    clock.at = startOfTest;
    lines = [];
    aside = [];
  });
  afterEach(async () => {
    await runner?.stop();
    runner = undefined;
    for (const job of await store.jobs.list()) await store.jobs.complete(job.id);
  });

  const enqueue = (subject: string, kind = 'k') => store.jobs.enqueue({ role: 'tasks', kind, subject });
  const find = async (subject: string, kind = 'k') => store.jobs.find(kind, subject);
  const run = (handlers: Readonly<Record<string, JobHandler>>, concurrency = 2): JobRunner => {
    const onQuarantine = async (job: Job, code: string) => void aside.push(`${job.subject} ${code}`);
    const parts = {
      store,
      clock,
      log,
      role: 'tasks' as const,
      worker: 'w',
      handlers,
      concurrency,
      onQuarantine,
    };
    runner = new JobRunner(parts);
    runner.start();
    return runner;
  };
  const idle = () => until('no job is left', async () => (await store.jobs.list()).length === 0);

  it('does what is there and what comes, each by the handler of its kind', async () => {
    const seen: string[] = [];
    const note: JobHandler = async (job) => {
      seen.push(`${job.kind} ${job.subject}`);
      return { status: 'done' };
    };
    await enqueue('before');
    run({ k: note, other: note });
    await enqueue('after');
    await enqueue('after', 'other');
    await idle();
    expect(seen.toSorted()).toEqual(['k after', 'k before', 'other after']);
  });

  it('does as many at once as it may, and no more', async () => {
    let running = 0;
    let most = 0;
    for (let i = 0; i < 9; i++) await enqueue(`${i}`);
    run(
      {
        k: async () => {
          most = Math.max(most, ++running);
          await pause(20);
          running--;
          return { status: 'done' };
        },
      },
      3,
    );
    await idle();
    expect(most).toBe(3);
  });

  it('does a job once more that was asked for while it was done', async () => {
    let times = 0;
    await enqueue('s');
    run({
      k: async () => {
        if (++times === 1) await enqueue('s');
        return { status: 'done' };
      },
    });
    await idle();
    expect(times).toBe(2);
  });

  it('waits as long as the handler says, and counts what counts', async () => {
    await enqueue('s');
    const atMs = startOfTest + 1_000;
    run({
      k: async () => ({
        status: 'retry',
        atMs,
        code: 'away',
        reason: 'the key is away',
        countsAsAttempt: false,
      }),
    });
    await until('it waits', async () => (await find('s'))?.code === 'away');
    expect(await find('s')).toMatchObject({
      runAt: atMs,
      attempts: 0,
      reason: 'the key is away',
      claimedBy: null,
    });
  });

  it('tries again later after a failure that may pass, and puts aside after one that does not', async () => {
    await enqueue('passes');
    await enqueue('stays', 'stays');
    run({
      k: async () => {
        throw new StoreError('store-unavailable', 'away');
      },
      stays: async () => {
        throw new StoreError('no-such-message', 'gone');
      },
    });
    await until('one waits', async () => (await find('passes'))?.attempts === 1);
    await until('one is aside', () => aside.length > 0);
    expect(await find('passes')).toMatchObject({
      code: 'store-unavailable',
      runAt: startOfTest + backoffMs(0),
    });
    expect(await find('stays', 'stays')).toMatchObject({
      state: 'quarantined',
      code: 'no-such-message',
      reason: 'gone',
    });
    expect(aside).toEqual(['stays no-such-message']);
  });

  it('puts a job aside that fails time after time, and tells what a bug is without what it says', async () => {
    await enqueue('s');
    run({
      k: async () => {
        throw new TypeError('with a secret in it');
      },
    });
    await until('it is aside', async () => {
      await store.jobs.releaseByCode('bug');
      return aside.length > 0;
    });
    expect(await find('s')).toMatchObject({ state: 'quarantined', code: 'bug', attempts: 11 });
    expect(lines.length).toBeGreaterThanOrEqual(12);
    expect(lines.join()).not.toContain('secret');
    expect(lines.join()).toContain('job-runner.test.ts');
  });

  it('puts aside what nobody does, and what a handler wants aside', async () => {
    await enqueue('s', 'from the future');
    await enqueue('t');
    run({ k: async () => ({ status: 'quarantine', code: 'too-odd', reason: 'too odd' }) });
    await until('both are aside', () => aside.length === 2);
    expect(aside.toSorted()).toEqual(['s unknown-job', 't too-odd']);
  });

  it('puts aside, untried, a job in whose middle the process died five times', async () => {
    await enqueue('s');
    for (let i = 0; i < 5; i++) {
      await store.jobs.claim('tasks', `earlier ${i}`, { leaseMs: 1, limit: 1 });
      await store.jobs.releaseClaimsOf([`earlier ${i}`]);
    }
    run({ k: done });
    await until('it is aside', () => aside.length > 0);
    expect(aside).toEqual(['s worker-died']);
  });

  it('ends after the job under way, and begins no other', async () => {
    let isFinished = false;
    await enqueue('under way');
    let begun = () => {};
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const stopping = run(
      {
        k: async () => {
          begun();
          await pause(50);
          isFinished = true;
          return { status: 'done' };
        },
      },
      1,
    );
    await hasBegun;
    await enqueue('next');
    await stopping.stop();
    expect(isFinished).toBe(true);
    expect((await store.jobs.list()).map((job) => job.subject)).toEqual(['next']);
  });
});

describe('the time between tries', () => {
  it('doubles from five seconds to an hour', () => {
    expect([0, 1, 2, 10, 99].map(backoffMs)).toEqual([5_000, 10_000, 20_000, 3_600_000, 3_600_000]);
  });
});
