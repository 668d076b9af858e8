import { beforeAll, expect, it } from 'vitest';
import { describeOnEngines, startOfTest } from '../../test/kit/engines.ts';
import type { Store } from './store.ts';

const bob = 'bob@example.org';
const eve = 'eve@example.org';

describeOnEngines('what is kept of a person', (kit) => {
  let store: Store;
  beforeAll(async () => {
    store = await kit.open();
  });
  const key = (digest: string, address: string, messageId: string | null) =>
    store.requestKeys.insert({
      digest,
      kind: messageId === null ? 'confirm' : 'moderate',
      list: '',
      address,
      request: null,
      messageId,
      expiresAt: startOfTest + 1_000,
    });

  it('is erased for that person alone; keys of posts stay', async () => {
    for (const address of [bob, eve]) {
      await store.persons.note(address, { gecos: address });
      await key(`confirm ${address}`, address, null);
      await key(`post ${address}`, address, 'm');
      await store.notices.dueThenMark('l', address, startOfTest, 1_000);
      await store.reports.add({ list: 'l', address, distributionId: 'd', code: 'c' });
      await store.subscribers.noteEnd(address);
      await store.taskMails.claim('run', 'remind', address);
    }
    expect(await store.transaction((tx) => tx.erasures.erase(bob))).toBe(true);
    expect(await store.persons.find(bob)).toBeUndefined();
    expect(await store.persons.find(eve)).toBeDefined();
    const found = ['confirm', 'post'].flatMap((kind) => [bob, eve].map((address) => `${kind} ${address}`));
    const kept = await Promise.all(found.map((digest) => store.requestKeys.find(digest)));
    expect(kept.map((row) => row?.digest)).toEqual([undefined, ...found.slice(1)]);
    expect(await store.notices.isDue('l', bob, startOfTest, 1_000)).toBe(true);
    expect(await store.notices.isDue('l', eve, startOfTest, 1_000)).toBe(false);
    expect((await store.reports.takeDay('l', '2026-11-24')).map(({ address }) => address)).toEqual([eve]);
    expect(await store.subscribers.takeEnd(bob)).toBeUndefined();
    expect(await store.taskMails.claim('run', 'remind', bob)).toBe(true);
    expect(await store.taskMails.claim('run', 'remind', eve)).toBe(false);
    expect(await store.transaction((tx) => tx.erasures.erase(bob))).toBe(false);
  });
});
