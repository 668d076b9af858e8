import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEngines } from '../../test/kit/engines.ts';
import type { Inclusion } from './inclusions.ts';
import type { Store } from './store.ts';

describeOnEngines('whom data sources name', (kit) => {
  let store: Store;
  let other: Store;
  let made = 0;
  let list: string;
  const source = 'file:1';
  beforeAll(async () => {
    store = await kit.open();
    other = await kit.open();
  });
  beforeEach(() => {
    list = `included${++made}@example.org`;
  });

  const settings = { reception: 'mail', visibility: 'noconceal' } as const;
  const include = (people: ReadonlyMap<string, string | null>, key = source) =>
    store.transaction(async (tx) => {
      const row = { list, role: 'member', source: key, options: null } as const;
      await tx.inclusions.put([...people].map(([address, gecos]): Inclusion => ({ ...row, address, gecos })));
      return tx.subscribers.include({ list, people, ...settings });
    });
  const drop = (addresses: readonly string[], key = source) =>
    store.transaction(async (tx) => {
      await tx.inclusions.drop({ list, role: 'member', source: key }, addresses);
      return tx.subscribers.endInclusions(list);
    });
  const facts = async (address: string) => {
    const row = await store.subscribers.find(list, address);
    return row && [row.subscribed, row.included, row.gecos];
  };
  const named = (...addresses: readonly string[]) => new Map(addresses.map((one) => [one, null]));

  it('are subscribers, and new once', async () => {
    const address = `a@${list}`;
    expect(await include(new Map([[address, 'A']]))).toEqual([address]);
    expect(await include(new Map([[address, 'B']]))).toEqual([]);
    expect(await facts(address)).toEqual([0, 1, 'B']);
  });

  it('keep what they are by themselves', async () => {
    const address = `b@${list}`;
    await store.subscribers.add({ list, address, gecos: 'Own', reception: 'nomail' });
    expect(await include(new Map([[address, 'Other']]))).toEqual([]);
    expect(await facts(address)).toEqual([1, 1, 'Own']);
    expect(await drop([address])).toEqual([]);
    expect(await facts(address)).toEqual([1, 0, 'Own']);
  });

  it('go when the last source names them no more', async () => {
    const address = `c@${list}`;
    await include(named(address));
    await include(named(address), 'file:2');
    expect(await drop([address])).toEqual([]);
    expect(await drop([address], 'file:2')).toEqual([address]);
    expect(await store.subscribers.find(list, address)).toBeUndefined();
  });

  it('are kept out once they left, until they subscribe', async () => {
    const address = `d@${list}`;
    await include(named(address));
    expect(await store.subscribers.remove(list, address)).toBe(true);
    expect(await store.exclusions.ofList(list)).toEqual(new Set([address]));
    expect(await store.inclusions.ofSource({ list, role: 'member', source })).toEqual(new Map());
    expect(await store.subscribers.add({ list, address })).toBe(true);
    expect(await store.exclusions.ofList(list)).toEqual(new Set());
    await store.subscribers.remove(list, address);
    expect(await store.exclusions.ofList(list)).toEqual(new Set());
  });

  it('subscribe by themselves when they move to another address', async () => {
    const [from, to] = [`e@${list}`, `f@${list}`];
    await include(named(from));
    expect(await store.subscribers.move(list, from, to)).toBe(true);
    expect(await facts(to)).toEqual([1, 0, null]);
    expect(await store.exclusions.ofList(list)).toEqual(new Set([from]));
  });

  it('stay when they subscribe while the last source lets go of them', async () => {
    const address = `i@${list}`;
    await include(named(address));
    const held = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const subscribing = store.transaction(async (tx) => {
      await tx.subscribers.add({ list, address });
      written.resolve();
      await held.promise;
    });
    await written.promise;
    const dropping = other.transaction(async (tx) => {
      await tx.inclusions.drop({ list, role: 'member', source }, [address]);
      return tx.subscribers.endInclusions(list);
    });
    await kit.untilWaiting();
    held.resolve();
    await subscribing;
    expect(await dropping).toEqual([]);
    expect(await facts(address)).toEqual([1, 0, null]);
  });

  it('leave while the last source lets go of them, and neither waits for the other', async () => {
    const address = `j@${list}`;
    await include(named(address));
    const held = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const dropping = store.transaction(async (tx) => {
      await tx.inclusions.drop({ list, role: 'member', source }, [address]);
      written.resolve();
      await held.promise;
      return tx.subscribers.endInclusions(list);
    });
    await written.promise;
    const leaving = other.transaction((tx) => tx.subscribers.remove(list, address));
    await kit.untilWaiting();
    held.resolve();
    expect([await dropping, await leaving]).toEqual([[address], false]);
    expect(await store.subscribers.find(list, address)).toBeUndefined();
  });

  it('are more than one statement takes', async () => {
    const people = new Map(Array.from({ length: 12_000 }, (_, i) => [`u${i}@${list}`, null]));
    expect(await include(people)).toHaveLength(12_000);
    expect((await store.inclusions.ofSource({ list, role: 'member', source })).size).toBe(12_000);
    expect(await drop([...people.keys()].slice(1))).toHaveLength(11_999);
    expect(await store.subscribers.count(list)).toBe(1);
  });

  it('go to the new name of a list with all that is known of its sources', async () => {
    const address = `g@${list}`;
    await include(named(address, `h@${list}`));
    await store.subscribers.remove(list, `h@${list}`);
    const never = { readAt: null, failedAt: null, code: null, reason: null, toldAt: null };
    const state = { name: 'include_file x', people: 2, triedAt: 5, ...never };
    await store.dataSources.put({ list, role: 'member', source, ...state });
    const renamed = `renamed-${list}`;
    await store.transaction((tx) => tx.listRenames.rename(list, renamed));
    expect([...(await store.inclusions.ofSource({ list: renamed, role: 'member', source })).keys()]).toEqual([
      address,
    ]);
    expect(await store.exclusions.ofList(renamed)).toEqual(new Set([`h@${list}`]));
    expect(await store.dataSources.all(renamed)).toHaveLength(1);
    expect(await store.dataSources.lastTry(renamed)).toBe(5);
    expect(await store.dataSources.lists()).toContain(renamed);
    expect(await store.dataSources.lastTry(list)).toBeUndefined();
  });
});
