import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEngines, startOfTest } from '../../test/kit/engines.ts';
import { randomToken } from '../secrets.ts';
import type { Store } from './store.ts';

const hour = 3_600_000;

describeOnEngines('guards', (kit) => {
  let store: Store;
  let other: Store;
  let made = 0;
  let list: string;
  beforeAll(async () => {
    store = await kit.open();
    other = await kit.open();
  });
  beforeEach(() => {
    kit.clock.at = startOfTest;
    list = `list${++made}@example.org`;
  });

  /** Asks at the same time, within one store and from another. */
  const allAtOnce = <T>(ask: (of: Store, index: number) => Promise<T>): Promise<readonly T[]> =>
    Promise.all(Array.from({ length: 10 }, (_, i) => ask(i % 2 === 0 ? store : other, i)));
  const yes = (answers: readonly boolean[]): number => answers.filter((answer) => answer).length;

  it('tell somebody of a missing certificate once a period and list', async () => {
    const due = (address: string, nowMs: number): Promise<boolean> =>
      store.notices.dueThenMark(list, address, nowMs, hour);
    expect(await due('a@example.org', startOfTest)).toBe(true);
    expect(await due('a@example.org', startOfTest + hour - 1)).toBe(false);
    expect(await due('b@example.org', startOfTest)).toBe(true);
    expect(await store.notices.dueThenMark(`x${list}`, 'a@example.org', startOfTest, hour)).toBe(true);
    expect(await due('a@example.org', startOfTest + hour)).toBe(true);
    expect(await due('a@example.org', startOfTest + hour + 1)).toBe(false);
  });

  it('say yes to one of those who ask at the same time for a notice, first or again', async () => {
    for (const nowMs of [startOfTest, startOfTest + hour]) {
      const ask = (of: Store): Promise<boolean> => of.notices.dueThenMark(list, 'a@example.org', nowMs, hour);
      expect(yes(await allAtOnce(ask))).toBe(1);
    }
  });

  it('let a ciphertext pass once a list, and again for the message that it came with', async () => {
    expect(await store.ciphertexts.claim(list, 'digest', 'first')).toBe(true);
    expect(await store.ciphertexts.claim(list, 'digest', 'replayed')).toBe(false);
    expect(await store.ciphertexts.claim(list, 'digest', 'first')).toBe(true);
    expect(await store.ciphertexts.claim(`x${list}`, 'digest', 'crossposted')).toBe(true);
    expect(yes(await allAtOnce((of, i) => of.ciphertexts.claim(list, 'other', `m${i}`)))).toBe(1);
  });

  it('let a Message-ID pass once a list, and again for the message that has it', async () => {
    expect(await store.postIds.claim(list, '<1@x>', 'first')).toBe(true);
    expect(await store.postIds.claim(list, '<1@x>', 'looped')).toBe(false);
    expect(await store.postIds.claim(list, '<1@x>', 'first')).toBe(true);
    expect(await store.postIds.claim(list, '<1@X>', 'other case')).toBe(true);
    expect(yes(await allAtOnce((of, i) => of.postIds.claim(list, '<2@x>', `m${i}`)))).toBe(1);
  });

  it('take a Message-ID of any length, and tell long ones apart', async () => {
    const long = `<${'字'.repeat(200_000)}@x>`;
    expect(await store.postIds.claim(list, long, 'first')).toBe(true);
    expect(await store.postIds.claim(list, `${long} `, 'other')).toBe(true);
    expect(await store.postIds.claim(list, long, 'looped')).toBe(false);
    // No compression brings this one below what PostgreSQL takes in a key.
    const random = randomToken(15_000);
    expect(await store.postIds.claim(list, random, 'random')).toBe(true);
    expect(await store.postIds.claim(list, random, 'looped')).toBe(false);
    for (const length of [249, 250, 251]) {
      const id = '€'.repeat(length);
      expect(await store.postIds.claim(list, id, `m${length}`)).toBe(true);
      expect(await store.postIds.claim(list, id, 'looped')).toBe(false);
    }
  });

  it('forget a claim whose transaction came to nothing', async () => {
    const lost = store.transaction(async (tx) => {
      expect(await tx.ciphertexts.claim(list, 'digest', 'lost')).toBe(true);
      expect(await tx.postIds.claim(list, '<1@x>', 'lost')).toBe(true);
      expect(await tx.counters.next(list)).toBe(1);
      throw new Error('nothing of it');
    });
    await expect(lost).rejects.toThrow('nothing of it');
    expect(await store.ciphertexts.claim(list, 'digest', 'next')).toBe(true);
    expect(await store.postIds.claim(list, '<1@x>', 'next')).toBe(true);
    expect(await store.counters.next(list)).toBe(1);
  });

  it('count the posts of each list from one, and give no number twice', async () => {
    const numbers = await allAtOnce((of) => of.counters.next(list));
    expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await store.counters.next(`x${list}`)).toBe(1);
    expect(await other.counters.next(list)).toBe(11);
    expect(await store.counters.current(list)).toBe(11);
    expect(await store.counters.current(`none ${list}`)).toBe(0);
  });

  it('give a lock to one holder, until it is released or its time is over', async () => {
    const acquire = (holder: string): Promise<boolean> => store.locks.acquire(list, holder, hour);
    expect(await acquire('a')).toBe(true);
    expect(await acquire('b')).toBe(false);
    await store.locks.release(list, 'b');
    expect(await acquire('b')).toBe(false);
    await store.locks.release(list, 'a');
    expect(await acquire('b')).toBe(true);
    kit.clock.at += hour + 1;
    expect(await acquire('c')).toBe(true);
    expect(await acquire('b')).toBe(false);
  });

  it('let the holder of a lock keep it for longer', async () => {
    await store.locks.acquire(list, 'a', hour);
    kit.clock.at += hour;
    expect(await store.locks.acquire(list, 'a', hour)).toBe(true);
    kit.clock.at += hour;
    expect(await store.locks.acquire(list, 'b', hour)).toBe(false);
  });

  it('give a lock to one of those who ask at the same time, free or run out', async () => {
    for (let round = 0; round < 2; round++) {
      expect(yes(await allAtOnce((of, i) => of.locks.acquire(list, `r${round} h${i}`, hour)))).toBe(1);
      kit.clock.at += hour + 1;
    }
  });

  it('renew a lock for its holder alone, and not one that was taken away', async () => {
    expect(await store.locks.renew(list, 'a', hour)).toBe(false);
    await store.locks.acquire(list, 'a', hour);
    kit.clock.at += hour;
    expect(await store.locks.renew(list, 'b', hour)).toBe(false);
    expect(await store.locks.renew(list, 'a', hour)).toBe(true);
    kit.clock.at += hour;
    expect(await store.locks.acquire(list, 'b', hour)).toBe(false);
    await store.locks.revoke(list);
    expect(await store.locks.renew(list, 'a', hour)).toBe(false);
    expect(await store.locks.acquire(list, 'b', hour)).toBe(true);
  });

  it.each(['held', 'free'])('give a lock that was %s to nobody while it is taken away', async (before) => {
    if (before === 'held') await store.locks.acquire(list, 'a', hour);
    const held = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    let isDone = false;
    const revoking = store.transaction(async (tx) => {
      await tx.locks.revoke(list);
      written.resolve();
      await held.promise;
      isDone = true;
    });
    await written.promise;
    const acquired = other.locks.acquire(list, 'b', hour).then((isOurs) => ({ isOurs, isDone }));
    await kit.untilWaiting();
    held.resolve();
    await revoking;
    expect(await acquired).toEqual({ isOurs: true, isDone: true });
  });
});
