import { describe, expect, it } from 'vitest';
import { describeOnEngines } from '../../test/kit/engines.ts';
import type { MessageState } from './messages.ts';
import type { Store } from './store.ts';
import { runKeyOf } from './tasks.ts';

const list = 'board@example.org';
const address = 'bob@example.net';

async function message(store: Store, id: string, state: MessageState): Promise<void> {
  const raw = new TextEncoder().encode('Subject: x\r\n\r\nx\r\n');
  const about = { kind: 'post', list, recipient: list, envelopeSender: address, size: raw.length } as const;
  await store.messages.insert({ id, ...about, raw, sha256: id, receivedAt: 0 });
  if (state !== 'incoming') await store.messages.setState(id, state, { code: null, reason: null });
}

async function distribution(store: Store, id: string, messageId: string, finishedAt: number | null) {
  const head = new Uint8Array();
  const fixed = {
    list,
    sender: address,
    sequence: 1,
    form: 'plain',
    head,
    content: null,
    policy: '{}',
  } as const;
  await store.distributions.insert({ id, messageId, ...fixed, createdAt: 0, finishedAt });
  const row = { distributionId: id, address, packet: 0, state: 'sent', code: null, reply: null } as const;
  await store.deliveries.insertMany([{ ...row, updatedAt: 0, keepUntil: null }]);
}

describeOnEngines('what is kept too long', ({ open, freshUrl, clock }) => {
  const emptyStore = async () => open(await freshUrl());

  it('goes with distributions that ended, in pieces, and stays with those that have not', async () => {
    const store = await emptyStore();
    await distribution(store, 'a', 'm1', 10);
    await distribution(store, 'b', 'm2', 20);
    await distribution(store, 'c', 'm3', null);
    expect(await store.oldRows.deliveries(20, 5)).toBe(1);
    expect(await store.oldRows.deliveries(20, 5)).toBe(0);
    expect(await store.oldRows.distributions(21, 1)).toBe(1);
    expect(await store.oldRows.distributions(21, 1)).toBe(1);
    expect(await store.oldRows.distributions(21, 1)).toBe(0);
    expect(await store.deliveries.ofDistribution('b')).toEqual([]);
    expect(await store.deliveries.ofDistribution('c')).toHaveLength(1);
  });

  it('stays while it belongs to an archive', async () => {
    const store = await emptyStore();
    await message(store, 'm1', 'distributed');
    await distribution(store, 'a', 'm1', 10);
    const post = { list, sequence: 1, month: '2026-11', messageId: 'm1', distributionId: 'a', sentAt: 0 };
    await store.archivePosts.insert(post);
    expect(await store.oldRows.distributions(100, 5)).toBe(0);
    await distribution(store, 'copy for one who asked', 'm1', 10);
    expect(await store.oldRows.distributions(100, 5)).toBe(1);
    expect(await store.distributions.find('a')).toBeDefined();
    expect(await store.oldRows.messages(clock.at + 1, 5)).toBe(0);
    expect((await store.messages.get('m1')).raw).not.toHaveLength(0);
  });

  it('goes with messages that are settled and on their way to nobody', async () => {
    const store = await emptyStore();
    await message(store, 'settled', 'refused');
    await message(store, 'underway', 'distributed');
    await distribution(store, 'a', 'underway', null);
    await message(store, 'held', 'held');
    await message(store, 'new', 'incoming');
    await message(store, 'aside', 'quarantined');
    expect(await store.oldRows.messages(clock.at, 5)).toBe(0);
    expect(await store.oldRows.messages(clock.at + 1, 5)).toBe(1);
    expect(await store.messages.find('settled')).toBeUndefined();
    for (const id of ['underway', 'held', 'new', 'aside'])
      expect(await store.messages.find(id)).toBeDefined();
  });

  it('goes with bounces by age, and with those of who left', async () => {
    const store = await emptyStore();
    await store.subscribers.add({ list, address });
    const bounce = { list, messageId: 'm', receivedAt: 50 };
    await store.bounces.insert({ ...bounce, id: '1', address, receivedAt: 10 });
    await store.bounces.insert({ ...bounce, id: '2', address });
    await store.bounces.insert({ ...bounce, id: '3', address: 'left@example.net' });
    await store.bounces.insert({ ...bounce, id: '4', address: null });
    expect(await store.oldRows.bounces(11)).toBe(1);
    expect(await store.oldRows.orphanBounces()).toBe(1);
    expect((await store.bounces.list(list)).map(({ id }) => id)).toEqual(['2', '4']);
  });

  it('is found for persons who are subscribed nowhere', async () => {
    const store = await emptyStore();
    await store.subscribers.add({ list, address });
    for (const one of [address, 'left@example.net']) await store.persons.note(one, { lang: 'fr' });
    expect(await store.oldRows.personsWithoutSubscription(clock.at)).toEqual([]);
    expect(await store.oldRows.personsWithoutSubscription(clock.at + 1)).toEqual(['left@example.net']);
    expect(await store.oldRows.person('left@example.net', clock.at)).toBe(0);
    expect(await store.oldRows.person('left@example.net', clock.at + 1)).toBe(1);
    expect(await store.persons.find('left@example.net')).toBeUndefined();
  });

  it('stays with a person who subscribed since it was found', async () => {
    const store = await emptyStore();
    await store.persons.note('back@example.net', { lang: 'fr' });
    expect(await store.oldRows.personsWithoutSubscription(clock.at + 1)).toEqual(['back@example.net']);
    await store.subscribers.add({ list, address: 'back@example.net' });
    expect(await store.oldRows.person('back@example.net', clock.at + 1)).toBe(0);
    expect(await store.persons.find('back@example.net')).toMatchObject({ lang: 'fr' });
  });

  it('goes with what lists distributed, told and handed out before a time', async () => {
    const store = await emptyStore();
    await store.postIds.claim(list, '<a@b>', 'm');
    await store.ciphertexts.claim(list, 'digest', 'm');
    await store.notices.dueThenMark(list, address, clock.at, 0);
    await store.certificateWarnings.mark('c', 'expired');
    await store.taskMails.claim('run', 'remind', address);
    const key = { kind: 'confirm', list, address, request: '{}', messageId: null } as const;
    await store.requestKeys.insert({ ...key, digest: 'd', expiresAt: clock.at });
    const { oldRows } = store;
    for (const [at, count] of [
      [clock.at, 0],
      [clock.at + 1, 1],
    ] as const) {
      expect(await oldRows.postIds(at)).toBe(count);
      expect(await oldRows.ciphertexts(at)).toBe(count);
      expect(await oldRows.notices(at)).toBe(count);
      expect(await oldRows.certificateWarnings(at)).toBe(count);
      expect(await oldRows.taskMails(at)).toBe(count);
      expect(await oldRows.requestKeys(at)).toBe(count);
    }
  });
});

describeOnEngines('tasks', ({ open, freshUrl, clock }) => {
  const wanted = { model: 'm', version: 'daily', object: list, origin: 'parameter', dueAt: 5 } as const;

  it('are there once a model and object, and keep where they go on', async () => {
    const store = await open(await freshUrl());
    expect(await store.tasks.insert(wanted)).toBe(true);
    expect(await store.tasks.insert({ ...wanted, dueAt: 1 })).toBe(false);
    const task = (await store.tasks.find('m', list))!;
    expect(task).toMatchObject({ label: '', dueAt: 5, failures: 0, createdAt: clock.at, variables: {} });
    expect(await store.tasks.due(4, 10)).toEqual([]);
    expect(await store.tasks.due(5, 10)).toEqual([task]);
    await store.tasks.failed(task, { code: 'exec-failed', toldAt: 7, dueAt: 9 });
    const failed = (await store.tasks.get(task.id))!;
    expect(failed).toMatchObject({ failures: 1, code: 'exec-failed', dueAt: 9, firstDueAt: 5 });
    await store.tasks.failed(failed, { code: 'exec-failed', toldAt: 7, dueAt: 11 });
    const again = (await store.tasks.get(task.id))!;
    expect(again).toMatchObject({ failures: 2, dueAt: 11, firstDueAt: 5 });
    expect([failed, again].map(runKeyOf)).toEqual([runKeyOf(task), runKeyOf(task)]);
    await store.tasks.goOn(task.id, { label: 'NEXT', dueAt: 20, variables: { '@a': [address] } });
    const next = { label: 'NEXT', dueAt: 20, failures: 0, code: null, variables: { '@a': [address] } };
    expect(await store.tasks.all()).toEqual([expect.objectContaining({ ...next, firstDueAt: null })]);
    await store.tasks.restart(task.id, 'weekly', 30);
    expect(await store.tasks.get(task.id)).toMatchObject({ label: '', version: 'weekly', variables: {} });
    await store.tasks.remove(task.id);
    expect(await store.tasks.all()).toEqual([]);
  });
});

describeOnEngines('a mail of a task', ({ open, freshUrl }) => {
  it('is asked for once a run, whoever asks at the same time, and by the next run again', async () => {
    const store = await open(await freshUrl());
    const asked = await Promise.all([1, 2].map(() => store.taskMails.claim('a', 'remind', address)));
    expect(asked.filter(Boolean)).toHaveLength(1);
    expect(await store.taskMails.claim('a', 'removed', address)).toBe(true);
    expect(await store.taskMails.claim('b', 'remind', address)).toBe(true);
    await store.taskMails.forget('a');
    expect(await store.taskMails.claim('a', 'remind', address)).toBe(true);
    expect(await store.taskMails.claim('b', 'remind', address)).toBe(false);
  });

  it('is not marked where the transaction that asks for it comes to nothing', async () => {
    const store = await open(await freshUrl());
    const broken = store.transaction(async (tx) => {
      expect(await tx.taskMails.claim('a', 'remind', address)).toBe(true);
      throw new Error('no');
    });
    await expect(broken).rejects.toThrow('no');
    expect(await store.taskMails.claim('a', 'remind', address)).toBe(true);
  });
});

describe('a warning', () => {
  describeOnEngines('of a stage', ({ open, freshUrl }) => {
    it('is given once', async () => {
      const store = await open(await freshUrl());
      const asked = await Promise.all([1, 2].map(() => store.certificateWarnings.mark('c', '60')));
      expect(asked.filter(Boolean)).toHaveLength(1);
      expect(await store.certificateWarnings.mark('c', '30')).toBe(true);
    });
  });
});
