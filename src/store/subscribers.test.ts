import fc from 'fast-check';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEngines, startOfTest } from '../../test/kit/engines.ts';
import type { Store } from './store.ts';

describeOnEngines('subscribers', (kit) => {
  let store: Store;
  let made = 0;
  /** A list of a test's own: the database is shared. */
  let list: string;
  beforeAll(async () => {
    store = await kit.open();
  });
  beforeEach(() => {
    kit.clock.at = startOfTest;
    list = `list${++made}@example.org`;
  });

  const addAll = (addresses: readonly string[]): Promise<void> =>
    store.transaction(async (tx) => {
      for (const address of addresses) await tx.subscribers.add({ list, address });
    });

  it('have the usual settings unless others are given', async () => {
    await store.subscribers.add({ list, address: 'usual@example.org' });
    const given = { list, address: 'other@example.org', reception: 'nomail', visibility: 'conceal' };
    await store.subscribers.add({ ...given, gecos: 'Ö. Ther', source: 'import' });
    expect(await store.subscribers.find(list, 'usual@example.org')).toEqual({
      list,
      address: 'usual@example.org',
      reception: 'mail',
      visibility: 'noconceal',
      gecos: null,
      since: startOfTest,
      source: 'operator',
      updatedAt: null,
      subscribed: 1,
      included: 0,
    });
    const times = { since: startOfTest, updatedAt: null, subscribed: 1, included: 0 };
    const other = { ...given, gecos: 'Ö. Ther', source: 'import', ...times };
    expect(await store.subscribers.find(list, 'other@example.org')).toEqual(other);
  });

  it('are subscribed once: whoever is subscribed keeps all settings', async () => {
    const first = { list, address: 'a@example.org', reception: 'nomail', gecos: 'First' };
    expect(await store.subscribers.add(first)).toBe(true);
    kit.clock.at += 1_000;
    expect(await store.subscribers.add({ ...first, reception: 'mail', gecos: 'Second' })).toBe(false);
    expect(await store.subscribers.find(list, 'a@example.org')).toMatchObject({
      ...first,
      since: startOfTest,
    });
    expect(await store.subscribers.count(list)).toBe(1);
  });

  it('are new to one of those who add them at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => store.subscribers.add({ list, address: 'a@example.org' })),
    );
    expect(answers.filter((isNew) => isNew)).toHaveLength(1);
  });

  it('are listed and counted by visibility', async () => {
    await addAll(['a@example.org', 'c@example.org']);
    await store.subscribers.add({ list, address: 'b@example.org', visibility: 'conceal' });
    const shown = { visibility: 'noconceal' };
    const page = await store.subscribers.list(list, { ...shown, after: 'a@example.org' });
    expect(page.map(({ address }) => address)).toEqual(['c@example.org']);
    expect(await store.subscribers.count(list, shown)).toBe(2);
    expect(await store.subscribers.count(list)).toBe(3);
  });

  it('are given by address with what they are subscribed to, and each once however many that is', async () => {
    const other = `other-${list}`;
    const [one, two] = [`1-${list}`, `2-${list}`];
    for (const where of [list, other]) await store.subscribers.add({ list: where, address: one! });
    await store.subscribers.add({ list, address: two!, reception: 'nomail' });
    expect((await store.subscribers.ofAddress(one!)).map((row) => row.list)).toEqual([list, other]);
    expect(await store.subscribers.ofAddress(two!)).toMatchObject([{ list, reception: 'nomail' }]);
    const first = await store.subscribers.addresses({ after: `1-${list.slice(0, -1)}`, limit: 1 });
    expect(first).toEqual([one]);
    expect(await store.subscribers.addresses({ after: one!, limit: 1_000 })).not.toContain(one);
  });

  it('leave a list, and no other', async () => {
    const other = `other-${list}`;
    await store.subscribers.add({ list, address: 'a@example.org' });
    await store.subscribers.add({ list: other, address: 'a@example.org' });
    expect(await store.subscribers.remove(list, 'a@example.org')).toBe(true);
    expect(await store.subscribers.remove(list, 'a@example.org')).toBe(false);
    expect(await store.subscribers.isSubscriber(list, 'a@example.org')).toBe(false);
    expect(await store.subscribers.find(list, 'a@example.org')).toBeUndefined();
    expect(await store.subscribers.isSubscriber(other, 'a@example.org')).toBe(true);
  });

  it('tell their lists', async () => {
    const address = `only-of-${list}`;
    for (const name of ['b', 'a', 'c']) await store.subscribers.add({ list: name + list, address });
    expect(await store.subscribers.listsOf(address)).toEqual([`a${list}`, `b${list}`, `c${list}`]);
    expect(await store.subscribers.listsOf('nobody@example.org')).toEqual([]);
  });

  it('change how they receive', async () => {
    await addAll(['a@example.org', 'b@example.org']);
    expect(await store.subscribers.setReception(list, 'a@example.org', 'nomail')).toBe(true);
    expect(await store.subscribers.setReception(list, 'unknown@example.org', 'nomail')).toBe(false);
    const settings = (await store.subscribers.list(list)).map((row) => row.reception);
    expect(settings).toEqual(['nomail', 'mail']);
  });

  it('are listed page by page, in one order on every engine', async () => {
    // A locale would put these in another order.
    const addresses = ['Zoe@x', '_a@x', 'a-b@x', 'a.c@x', 'ab@x', 'zoe@x', 'é@x', 'ö@x', 'Ω@x', '字@x'];
    await addAll(addresses.toReversed());
    const pages: string[][] = [];
    for (let after = ''; ; ) {
      const page = (await store.subscribers.list(list, { after, limit: 3 })).map((row) => row.address);
      if (page.length === 0) break;
      pages.push(page);
      after = page.at(-1)!;
    }
    expect(pages.map((page) => page.length)).toEqual([3, 3, 3, 1]);
    expect(pages.flat()).toEqual(addresses);
  });

  it('are all there, once each, however many there are', async () => {
    for (const count of [0, 1, 999, 1_000, 1_001, 2_000]) {
      list = `many${count}-${++made}@example.org`;
      const addresses = Array.from({ length: count }, (_, i) => `a${String(i).padStart(5, '0')}@example.org`);
      await addAll(addresses);
      const seen: string[] = [];
      for await (const { address } of store.subscribers.iterate(list)) seen.push(address);
      expect(seen).toEqual(addresses);
      expect(await store.subscribers.count(list)).toBe(count);
    }
  });

  it('may leave while they are gone through', async () => {
    await addAll(Array.from({ length: 1_500 }, (_, i) => `a${String(i).padStart(5, '0')}@example.org`));
    let seen = 0;
    for await (const { address } of store.subscribers.iterate(list)) {
      if (seen++ === 10)
        for (let i = 0; i < 5; i++) await store.subscribers.remove(list, `a0100${i}@example.org`);
      expect(address).toMatch(/^a\d{5}@/);
    }
    expect(seen).toBe(1_495);
  });

  it('have any address and name that text can be', async () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((s) => !s.includes('\0'));
    await fc.assert(
      fc.asyncProperty(text, text, async (address, gecos) => {
        await store.subscribers.remove(list, address);
        expect(await store.subscribers.add({ list, address, gecos })).toBe(true);
        expect(await store.subscribers.find(list, address)).toMatchObject({ address, gecos });
      }),
      { numRuns: 40 },
    );
  });
});
