import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { linesLog } from '../../test/kit/site.ts';
import { type Chore, Housekeeping } from './housekeeping.ts';

let quiet: QuietSite;
beforeEach(async () => {
  quiet = await makeQuietSite({ now: () => Date.UTC(2026, 10, 24) });
});
afterEach(() => quiet.dispose());

const log = linesLog();
const done: string[] = [];
/** Waits for a disk that does not answer. */
const stuck: Chore = { name: 'stuck', run: () => new Promise<never>(() => {}) };
const faulty: Chore = { name: 'faulty', run: () => Promise.reject(new Error('secret of a bug')) };
const other: Chore = { name: 'other', run: async () => void done.push('other') };

function house(chores: readonly Chore[], limits: { readonly workMs: number; readonly graceMs: number }) {
  return new Housekeeping({ ...quiet.parts, log }, 'node a', 20, { chores, limits });
}

it('a chore that fails, or never ends, keeps no other from being done', async () => {
  await house([faulty, stuck, other], { workMs: 50, graceMs: 50 }).runOnce();
  expect(done.splice(0)).toEqual(['other']);
  const said = log.lines.map((line) => JSON.parse(line) as object);
  expect(said).toEqual([
    { level: 'error', event: 'chore failed', chore: 'faulty', error: 'Error', code: null },
    { level: 'error', event: 'chore broken off', chore: 'stuck', why: 'too-long', workMs: 50, graceMs: 50 },
  ]);
});

it('a chore that never ends is waited for at a stop for a while, and no chore begins after it', async () => {
  const stopped = house([stuck, other], { workMs: 600_000, graceMs: 100 });
  stopped.start();
  await pause(50);
  await stopped.stop();
  expect(done).toEqual([]);
  // The next node need not wait until the lock runs out.
  expect(await quiet.store.locks.acquire('housekeeping', 'node b', 1_000)).toBe(true);
}, 20_000);
