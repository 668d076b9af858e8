import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEngines, startOfTest } from '../../test/kit/engines.ts';
import type { Store } from './store.ts';

describeOnEngines('a renamed list', (kit) => {
  let store: Store;
  let made = 0;
  let from: string;
  let to: string;
  const rename = () => store.transaction((tx) => tx.listRenames.rename(from, to));
  const key = (digest: string, list: string, args: object) =>
    store.requestKeys.insert({
      digest: `${digest} ${from}`,
      kind: 'confirm',
      list,
      address: 'a@example.org',
      request: JSON.stringify({ call: { name: 'signoff', arguments: args }, sender: 'a@example.org' }),
      messageId: null,
      expiresAt: startOfTest + 1_000,
    });
  const argumentsOf = async (digest: string) =>
    JSON.parse((await store.requestKeys.find(`${digest} ${from}`))!.request!).call.arguments;
  const post = (list: string, sequence: number) => ({
    list,
    sequence,
    month: '2026-11',
    messageId: `${list} ${sequence}`,
    distributionId: 'd',
    sentAt: startOfTest,
  });

  beforeAll(async () => {
    store = await kit.open();
  });
  beforeEach(() => {
    kit.clock.at = startOfTest;
    from = `old${++made}@example.org`;
    to = `new${made}@example.org`;
  });

  it('takes along what is kept by list and something else, and its numbers', async () => {
    await store.subscribers.add({ list: from, address: 'a@example.org', reception: 'nomail' });
    await store.subscribers.add({ list: `x${from}`, address: 'a@example.org' });
    await store.counters.next(from);
    await store.archivePosts.insert(post(from, 1));
    await store.notices.dueThenMark(from, 'a@example.org', startOfTest, 1_000);
    await store.ciphertexts.claim(from, 'digest', 'm');
    await store.postIds.claim(from, '<m@example.org>', 'm');
    await store.reports.add({ list: from, address: 'a@example.org', distributionId: 'd', code: 'c' });
    const about = { version: 'v', object: from, origin: 'parameter', dueAt: startOfTest } as const;
    await store.tasks.insert({ model: `remind ${from}`, ...about });
    await store.certificateWarnings.mark(`list ${from} aa`, '60');
    await store.certificateWarnings.mark(`list ${from} aa`, '30');
    expect([await store.listRenames.isKnown(from), await store.listRenames.isKnown(to)]).toEqual([
      true,
      false,
    ]);
    await rename();
    expect([await store.listRenames.isKnown(from), await store.listRenames.isKnown(to)]).toEqual([
      false,
      true,
    ]);
    expect((await store.subscribers.find(to, 'a@example.org'))?.reception).toBe('nomail');
    expect(await store.subscribers.isSubscriber(`x${from}`, 'a@example.org')).toBe(true);
    expect(await store.counters.next(to)).toBe(2);
    expect((await store.archivePosts.last(to))?.sequence).toBe(1);
    expect(await store.notices.isDue(to, 'a@example.org', startOfTest, 1_000)).toBe(false);
    expect(await store.ciphertexts.claim(to, 'digest', 'other')).toBe(false);
    expect(await store.postIds.claim(to, '<m@example.org>', 'other')).toBe(false);
    expect(await store.reports.takeDay(to, '2026-11-24')).toHaveLength(1);
    expect(await store.tasks.find(`remind ${from}`, to)).toMatchObject({ object: to });
    expect(await store.certificateWarnings.mark(`list ${to} aa`, '60')).toBe(false);
    expect(await store.certificateWarnings.mark(`list ${to} aa`, '30')).toBe(false);
  });

  it('is named in requests that wait, by name, by address or among others', async () => {
    await key('name', from, { list: from.split('@')[0], email: 'a@example.org' });
    await key('address', '', { list: from });
    await key('several', '', { lists: `${from} x${from}` });
    await key('other', `x${from}`, { list: `x${from}`, gecos: from });
    await rename();
    expect(await argumentsOf('name')).toEqual({ list: to, email: 'a@example.org' });
    expect(await argumentsOf('address')).toEqual({ list: to });
    expect(await argumentsOf('several')).toEqual({ lists: `${to} x${from}` });
    expect(await argumentsOf('other')).toEqual({ list: `x${from}`, gecos: from });
    expect((await store.requestKeys.find(`name ${from}`))?.list).toBe(to);
  });

  it('is named in its jobs, and what is being decided on is decided on again', async () => {
    const job = { role: 'delivery', kind: 'missing-notice' } as const;
    const address = 'a@example.org';
    await store.jobs.enqueue({ ...job, subject: `${from} ${address}`, payload: { list: from, address } });
    await store.jobs.enqueue({ ...job, subject: `x${from}`, payload: { list: `x${from}`, says: from } });
    await store.messages.insert({
      id: `m ${from}`,
      kind: 'post',
      list: from,
      recipient: from,
      envelopeSender: address,
      raw: new Uint8Array(1),
      size: 1,
      sha256: '',
      receivedAt: startOfTest,
    });
    await rename();
    const notice = await store.jobs.find('missing-notice', `${to} ${address}`);
    expect(notice?.payload).toEqual({ list: to, address });
    expect((await store.jobs.find('missing-notice', `x${from}`))?.payload).toEqual({
      list: `x${from}`,
      says: from,
    });
    expect(await store.messages.standing(`m ${from}`)).toEqual({ state: 'incoming', list: to });
    expect(await store.jobs.find('process-message', `m ${from}`)).toBeDefined();
  });

  it('keeps what came to the new name before, numbered after its own', async () => {
    await store.subscribers.add({ list: from, address: 'a@example.org' });
    await store.subscribers.add({ list: from, address: 'b@example.org' });
    await store.subscribers.add({ list: to, address: 'a@example.org', reception: 'nomail' });
    for (const list of [from, from, to]) await store.counters.next(list);
    for (const one of [post(from, 1), post(from, 2), post(to, 1)]) await store.archivePosts.insert(one);
    const task = { model: `remind ${from}`, version: 'v', origin: 'parameter' } as const;
    await store.tasks.insert({ ...task, object: from, dueAt: 7 });
    await store.tasks.insert({ ...task, object: to, dueAt: 8 });
    await rename();
    expect(await store.subscribers.count(to)).toBe(2);
    expect((await store.subscribers.find(to, 'a@example.org'))?.reception).toBe('nomail');
    const posts = await store.archivePosts.ofMonth(to, '2026-11', { limit: 9 });
    expect(posts.map(({ sequence, messageId }) => [sequence, messageId])).toEqual([
      [1, `${from} 1`],
      [2, `${from} 2`],
      [3, `${to} 1`],
    ]);
    expect(await store.counters.current(to)).toBe(3);
    expect((await store.tasks.find(task.model, to))?.dueAt).toBe(7);
    await rename();
    expect(await store.counters.current(to)).toBe(3);
    expect((await store.tasks.find(task.model, to))?.dueAt).toBe(7);
  });

  /** Reads a data source as a task does that finds the new name of the folder. */
  const include = (list: string, ...addresses: readonly string[]) =>
    store.transaction(async (tx) => {
      const row = { list, role: 'member', source: 'file:1', gecos: null, options: null } as const;
      await tx.inclusions.put(addresses.map((address) => ({ ...row, address })));
      const people = new Map(addresses.map((address) => [address, null]));
      await tx.subscribers.include({ list, people, reception: 'mail', visibility: 'noconceal' });
    });
  const members = async (list: string) =>
    (await store.subscribers.list(list)).map(({ address, subscribed, included, reception }) => [
      address,
      `s${subscribed} i${included} ${reception}`,
    ]);

  it('keeps what people chose where data sources were read under the new name meanwhile', async () => {
    const [ann, bob, eve, xav] = [`ann@${from}`, `bob@${from}`, `eve@${from}`, `xav@${from}`];
    await store.subscribers.add({ list: from, address: ann, reception: 'nomail' });
    await include(from, bob, xav);
    await store.subscribers.setReception(from, bob, 'digest');
    await store.subscribers.remove(from, xav);
    await include(to, ann, bob, eve, xav);
    await rename();
    expect(await members(to)).toEqual([
      [ann, 's1 i1 nomail'],
      [bob, 's0 i1 digest'],
      [eve, 's0 i1 mail'],
    ]);
    expect((await store.inclusions.ofRole('member', to)).map(({ address }) => address)).toEqual([
      ann,
      bob,
      eve,
    ]);
    expect(await store.exclusions.ofList(to)).toEqual(new Set([xav]));
    expect(await store.subscribers.endedAmong([xav])).toEqual([xav]);
    expect(await members(from)).toEqual([]);
  });

  it('keeps what people chose under the new name meanwhile', async () => {
    const [ann, bob] = [`ann@${from}`, `bob@${from}`];
    await store.subscribers.add({ list: from, address: ann });
    await include(from, bob);
    await store.subscribers.remove(from, bob);
    await include(to, ann, bob);
    await store.subscribers.remove(to, ann);
    await store.subscribers.add({ list: to, address: bob });
    await rename();
    expect(await members(to)).toEqual([[bob, 's1 i1 mail']]);
    expect(await store.exclusions.ofList(to)).toEqual(new Set([ann]));
  });
});
