import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEngines, startOfTest } from '../../test/kit/engines.ts';
import type { Store } from './store.ts';

const hour = 3_600_000;

describeOnEngines('what requests are kept by', (kit) => {
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
    list = `list${++made}@requests.example`;
  });

  const key = (digest: string, more: object = {}) => ({
    digest: `${digest} ${list}`,
    kind: 'confirm' as const,
    list,
    address: 'a@example.org',
    request: '{"name":"subscribe"}',
    messageId: null,
    expiresAt: startOfTest + hour,
    ...more,
  });

  it('lets a key be used once, whoever comes at the same time', async () => {
    await store.requestKeys.insert(key('k'));
    const uses = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        (i % 2 === 0 ? store : other).requestKeys.use(`k ${list}`, `user${i}@example.org`, 'done'),
      ),
    );
    expect(uses.filter(Boolean)).toHaveLength(1);
    const used = await store.requestKeys.find(`k ${list}`);
    expect(used).toMatchObject({ outcome: 'done', usedAt: startOfTest, request: null });
    expect(await store.requestKeys.pending('confirm', list)).toEqual([]);
  });

  it('lets no key be used after its time', async () => {
    await store.requestKeys.insert(key('k'));
    kit.clock.at = startOfTest + hour;
    expect(await store.requestKeys.use(`k ${list}`, 'a@example.org', 'done')).toBe(false);
    expect(await store.requestKeys.pending('confirm', list)).toEqual([]);
    const expired = await store.requestKeys.takeExpired(1_000);
    expect(expired.map((one) => one.digest)).toContain(`k ${list}`);
    expect(await store.requestKeys.find(`k ${list}`)).toBeUndefined();
  });

  it('uses up all keys of a message at once', async () => {
    await store.requestKeys.insert(key('k1', { kind: 'moderate', messageId: `m ${list}` }));
    await store.requestKeys.insert(key('k2', { kind: 'moderate', messageId: `m ${list}` }));
    await store.requestKeys.useAllOf(`m ${list}`, 'editor@example.org', 'distributed');
    expect(await store.requestKeys.use(`k2 ${list}`, 'other@example.org', 'rejected')).toBe(false);
    expect(await store.requestKeys.find(`k2 ${list}`)).toMatchObject({
      usedBy: 'editor@example.org',
      outcome: 'distributed',
    });
  });

  it('counts up to a limit, and lets half of the count fade with each period', async () => {
    const limit = { max: 4, periodMs: hour, decay: 0.5 };
    const ask = (of: Store = store) => of.rates.allow(`report ${list}`, limit);
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await ask(i % 2 === 0 ? store : other));
    expect(answers).toEqual([true, true, true, true, false, false]);
    kit.clock.at += hour;
    // Six become three, and one more is the fourth.
    expect(await ask()).toBe(true);
    expect(await ask()).toBe(false);
    await store.rates.purge(startOfTest + hour + 1);
    expect(await ask()).toBe(true);
  });

  it('counts nothing twice for those who come at the same time', async () => {
    const limit = { max: 5, periodMs: hour, decay: 0 };
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? store : other).rates.allow(`burst ${list}`, limit)),
    );
    expect(answers.filter(Boolean)).toHaveLength(5);
  });

  it('lets a signature count for one message', async () => {
    expect(await store.usedSignatures.claim(`s ${list}`, 'm1')).toBe(true);
    expect(await other.usedSignatures.claim(`s ${list}`, 'm1')).toBe(true);
    expect(await other.usedSignatures.claim(`s ${list}`, 'm2')).toBe(false);
    await store.usedSignatures.purge(startOfTest + 1);
    expect(await other.usedSignatures.claim(`s ${list}`, 'm2')).toBe(true);
  });

  it('moves a person and a subscription to another address', async () => {
    const from = `old@${list.split('@')[0]}.example`;
    const to = `new@${list.split('@')[0]}.example`;
    await store.persons.note(from, { lang: 'fr' });
    await store.persons.note(from, { gecos: 'Anne' });
    await store.subscribers.add({ list, address: from, reception: 'not_me', gecos: 'Anne' });
    await store.persons.move(from, to);
    expect(await store.subscribers.move(list, from, to)).toBe(true);
    expect(await store.persons.find(to)).toMatchObject({ lang: 'fr', gecos: 'Anne' });
    expect(await store.persons.find(from)).toBeUndefined();
    expect(await store.subscribers.find(list, to)).toMatchObject({ reception: 'not_me', gecos: 'Anne' });
    expect(await store.subscribers.find(list, from)).toBeUndefined();
    expect(await store.subscribers.move(list, from, to)).toBe(false);
  });

  it('keeps the archive of a list by month', async () => {
    const post = (sequence: number, month: string) => ({
      list,
      sequence,
      month,
      messageId: `m${sequence} ${list}`,
      distributionId: `d${sequence}`,
      sentAt: startOfTest,
    });
    for (const [sequence, month] of [
      [1, '2026-10'],
      [2, '2026-11'],
      [3, '2026-11'],
    ] as const)
      await store.archivePosts.insert(post(sequence, month));
    expect(await store.archivePosts.months(list)).toEqual([
      { month: '2026-10', posts: 1 },
      { month: '2026-11', posts: 2 },
    ]);
    const november = await store.archivePosts.ofMonth(list, '2026-11', { limit: 10 });
    expect(november.map((one) => one.sequence)).toEqual([2, 3]);
    const [second] = await store.archivePosts.ofMonth(list, '2026-11', { offset: 1, limit: 1 });
    expect(second?.sequence).toBe(3);
    expect(await store.archivePosts.countOfMonth(list, '2026-11')).toBe(2);
    expect(await store.archivePosts.find(list, 2)).toMatchObject({ month: '2026-11' });
    expect(await store.archivePosts.lists()).toEqual([list]);
    expect((await store.archivePosts.last(list))?.sequence).toBe(3);
    expect(await store.archivePosts.holds(`m1 ${list}`)).toBe(true);
    expect(await store.archivePosts.holds('none')).toBe(false);
    expect((await store.archivePosts.takeBefore(list, '2026-11', 5)).map((one) => one.sequence)).toEqual([1]);
    expect(await store.archivePosts.takeBefore(list, '2026-11', 5)).toEqual([]);
    expect(await store.archivePosts.holds(`m1 ${list}`)).toBe(false);
  });
});
