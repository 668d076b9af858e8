import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEngines, startOfTest } from '../../test/kit/engines.ts';
import type { Store } from './store.ts';

const day = 86_400_000;
const bob = 'bob@example.net';
const carol = 'carol@example.net';

describeOnEngines('bounces', (kit) => {
  let store: Store;
  let made = 0;
  let list: string;
  const bounce = (more: object = {}) => ({
    list,
    address: bob,
    status: '5.1.1',
    postId: null,
    messageId: 'm',
    receivedAt: startOfTest,
    ...more,
  });
  const count = (more: object = {}) => store.transaction((tx) => tx.bounces.count(bounce(more)));
  const post = (id: string, createdAt: number, more: object = {}) =>
    store.distributions.insert({
      id: `${list} ${id}`,
      messageId: `${list} ${id}`,
      list,
      sender: '',
      sequence: 1,
      form: 'plain',
      head: new Uint8Array(),
      content: null,
      policy: '{}',
      createdAt,
      finishedAt: null,
      ...more,
    });
  const scores = async () => {
    const found: Record<string, number | null> = {};
    for await (const { address, score } of store.bouncers.iterate(list)) found[address] = score;
    return found;
  };

  beforeAll(async () => {
    store = await kit.open();
  });
  beforeEach(async () => {
    kit.clock.at = startOfTest;
    list = `list${++made}@example.org`;
    for (const address of [bob, carol]) await store.subscribers.add({ list, address });
  });

  it('that count for nobody are kept by list, oldest first', async () => {
    const report = { list, address: null, messageId: 'm', receivedAt: startOfTest };
    await store.bounces.insert({ ...report, id: `${list} 2` });
    await store.bounces.insert({ ...report, id: `${list} 1` });
    await store.bounces.insert({ ...report, id: `${list} 3`, list: `x${list}` });
    const noted = { ...report, status: null, postId: null };
    expect(await store.bounces.list(list)).toEqual([
      { ...noted, id: `${list} 1` },
      { ...noted, id: `${list} 2` },
    ]);
    expect(await store.bouncers.find(list, bob)).toBeUndefined();
  });

  it('are counted by subscriber, with the first, the last, and the status of the last', async () => {
    expect(await count()).toBe(true);
    expect(await count({ receivedAt: startOfTest + day, status: '4.2.2' })).toBe(true);
    expect(await store.bouncers.find(list, bob)).toEqual({
      list,
      address: bob,
      firstAt: startOfTest,
      lastAt: startOfTest + day,
      count: 2,
      status: '4.2.2',
      score: null,
      actedBy: null,
    });
  });

  it('count once a post, however many reports come of it', async () => {
    expect(await count({ postId: 'p1' })).toBe(true);
    expect(await count({ postId: 'p1', messageId: 'n', status: '4.0.0' })).toBe(false);
    expect(await count({ postId: 'p1', address: carol })).toBe(true);
    expect(await count({ postId: 'p2' })).toBe(true);
    expect(await store.bouncers.find(list, bob)).toMatchObject({ count: 2, status: '5.1.1' });
  });

  it('of the same post that two nodes read at once count once', async () => {
    const other = await kit.open();
    const on = (of: Store) => of.transaction((tx) => tx.bounces.count(bounce({ postId: 'p' })));
    const counted = await Promise.all([on(store), on(other), on(store), on(other)]);
    expect(counted.filter(Boolean)).toHaveLength(1);
    expect(await store.bouncers.find(list, bob)).toMatchObject({ count: 1 });
  });

  it('of somebody who is not subscribed are not counted', async () => {
    expect(await count({ address: 'left@example.net' })).toBe(false);
    expect(await store.bounces.list(list)).toEqual([]);
  });

  it('go with the subscription, so that whoever comes back begins anew', async () => {
    await count({ postId: 'p' });
    await count({ address: carol });
    await store.subscribers.remove(list, bob);
    await store.subscribers.add({ list, address: bob });
    expect(await store.bouncers.find(list, bob)).toBeUndefined();
    expect(await store.bouncers.find(list, carol)).toBeDefined();
    expect(await count({ postId: 'p' })).toBe(true);
    await store.subscribers.move(list, bob, 'new@example.net');
    expect([await store.bouncers.find(list, bob), await store.bouncers.count(list)]).toEqual([undefined, 1]);
  });

  it('go when somebody is erased, and along when a list is renamed', async () => {
    await count();
    await count({ address: carol });
    await store.transaction((tx) => tx.erasures.erase(bob));
    expect((await store.bounces.list(list)).map(({ address }) => address)).toEqual([carol]);
    await store.transaction((tx) => tx.listRenames.rename(list, `new${list}`));
    expect(await store.bouncers.find(list, carol)).toBeUndefined();
    expect(await store.bouncers.find(`new${list}`, carol)).toMatchObject({ count: 1 });
  });

  it('are forgotten when the last is much older than the last post of the list', async () => {
    await count();
    const after = async (ms: number) => {
      await store.oldRows.bouncers(ms);
      return (await store.bouncers.find(list, bob)) !== undefined;
    };
    expect(await after(10 * day)).toBe(true);
    await post('1', startOfTest + 10 * day);
    await post('a notice', startOfTest + 30 * day, { sequence: 0 });
    expect(await after(10 * day)).toBe(true);
    await post('copy', startOfTest + 60 * day, { messageId: `${list} 1` });
    expect(await after(10 * day)).toBe(true);
    await post('2', startOfTest + 10 * day + 1);
    expect(await after(11 * day)).toBe(true);
    expect(await after(10 * day)).toBe(false);
  });

  it('of who left otherwise go with the orphans', async () => {
    await count();
    await count({ address: carol });
    await store.subscribers.remove(list, carol);
    await store.subscribers.add({ list, address: carol });
    await store.oldRows.orphanBounces();
    expect(Object.keys(await scores())).toEqual([bob]);
  });

  it('are stood against the posts of a list, each once, not copies, notices or those of others', async () => {
    await post('1', 100);
    await post('1 again', 900, { messageId: `${list} 1` });
    await post('2', 200);
    await post('notice', 300, { sequence: 0 });
    await post('other', 300, { list: `x${list}` });
    expect((await store.distributions.postTimes(list, 100)).toSorted()).toEqual([100, 200]);
    expect((await store.distributions.postTimes(list, 101)).toSorted()).toEqual([200, 900]);
  });

  it('tell which recipients of a packet bounced', async () => {
    await count();
    expect(await store.bouncers.among(list, [bob, carol])).toEqual(new Set([bob]));
    expect(await store.bouncers.among(list, [])).toEqual(new Set());
  });

  it('are acted on by level, each once a run', async () => {
    for (const address of [bob, carol]) await count({ address });
    await store.bouncers.setScore((await store.bouncers.find(list, bob))!, 80);
    expect(await scores()).toEqual({ [bob]: 80, [carol]: null });
    await store.bouncers.setScore((await store.bouncers.find(list, carol))!, 45);
    const take = async (from: number, below: number | undefined, run: string, limit = 10) => {
      const level = { list, from, below };
      const taken = await store.transaction((tx) => tx.bouncers.take(level, run, limit));
      return taken.map(({ address }) => address);
    };
    expect(await take(75, undefined, 'run 1')).toEqual([bob]);
    expect(await take(75, undefined, 'run 1')).toEqual([]);
    expect(await take(45, 75, 'run 1')).toEqual([carol]);
    expect(await take(46, 75, 'run 2')).toEqual([]);
    expect([await take(45, 81, 'run 2', 1), await take(45, 81, 'run 2', 1)]).toEqual([[bob], [carol]]);
  });
});
