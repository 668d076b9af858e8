import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import { openStore, type Store } from './store.ts';

const clock = { at: 1_800_000_000_000, now: () => clock.at };
describe('quick', () => {
  let store: Store;
  let dir = '';
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'st-'));
    store = await openStore(`sqlite:${dir}/x.db`, { clock, log: silentLog });
  });
  afterAll(async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  });
  it('works', async () => {
    await store.jobs.enqueue({ role: 'pipeline', kind: 'k', subject: 's' });
    await store.jobs.enqueue({ role: 'pipeline', kind: 'k', subject: 's' });
    expect((await store.jobs.list()).length).toBe(1);
    const [a] = await store.jobs.claim('pipeline', 'w', { leaseMs: 1000, limit: 5 });
    expect(a!.subject).toBe('s');
    expect(await store.jobs.claim('pipeline', 'w2', { leaseMs: 1000, limit: 5 })).toEqual([]);
    expect(await store.receipts.claim('a', 'b', 'm1')).toBe(true);
    expect(await store.receipts.claim('a', 'b', 'm2')).toBe(false);
    clock.at += 6 * 86_400_000;
    expect(await store.receipts.claim('a', 'b', 'm3')).toBe(true);
    expect(await store.counters.next('l')).toBe(1);
    expect(await store.counters.next('l')).toBe(2);
    expect(await store.locks.acquire('x', 'a', 10)).toBe(true);
    expect(await store.locks.acquire('x', 'b', 10)).toBe(false);
    await store.deliveries.insertMany([
      {
        distributionId: 'd',
        address: 'a@b',
        packet: 0,
        state: 'pending',
        code: null,
        reply: null,
        updatedAt: 0,
        keepUntil: null,
      },
    ]);
    const rows = await store.deliveries.pendingOfPacket('d', 0);
    expect(rows.length).toBe(1);
    await store.deliveries.insertMany(
      Array.from({ length: 1000 }, (_, i) => ({
        distributionId: 'd',
        address: `a${i}@b`,
        packet: 1,
        state: 'pending' as const,
        code: null,
        reply: null,
        updatedAt: 0,
        keepUntil: null,
      })),
    );
    const t = performance.now();
    for (let i = 0; i < 1000; i++)
      await store.deliveries.record([
        { distributionId: 'd', address: `a${i}@b`, state: 'sent', code: '250', reply: 'ok' },
      ]);
    console.log('1000 records', performance.now() - t);
    await expect(
      store.transaction(async (tx) => {
        await tx.subscribers.add({ list: 'l', address: 'q' });
        throw new Error('x');
      }),
    ).rejects.toThrow();
    expect(await store.subscribers.count('l')).toBe(0);
  });
});
