import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeOnEngines, type EngineKit, startOfTest } from '../../test/kit/engines.ts';
import type { DeliveryOutcome, NewDelivery } from './deliveries.ts';
import type { NewDistribution } from './distributions.ts';
import type { Repositories, Store } from './store.ts';

const dayMs = 86_400_000;
const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
let made = 0;
const fresh = (name: string) => `${name}-${String(++made).padStart(4, '0')}`;
const freshList = () => `${fresh('list')}@example.org`;

describeOnEngines('deliveries', (kit) => {
  let store: Store;
  beforeAll(async () => {
    store = await kit.open();
  });
  beforeEach(() => {
    kit.clock.at = startOfTest;
  });
  describe('and distributions', () => distributionTests(() => store));
  describe('by packet and outcome', () => outcomeTests(() => store, kit));
  describe('that wait', () => waitingTests(() => store));
});

function distributionTests(store: () => Store): void {
  it('are given back as they were', async () => {
    const distribution = distributionOf();
    await store().distributions.insert(distribution);
    expect(await store().distributions.get(distribution.id)).toEqual(distribution);
    await expect(store().distributions.get('unknown')).rejects.toMatchObject({
      code: 'no-such-distribution',
    });
  });

  it('of a sealed post never hold content', async () => {
    await expect(store().distributions.insert(distributionOf({ form: 'sealed' }))).rejects.toThrow(
      'no stored content',
    );
  });

  it('are finished when nobody is pending or waiting, and let go of the content', async () => {
    const id = await distribute(store(), {}, [
      {},
      { state: 'waiting', keepUntil: startOfTest },
      { state: 'failed' },
    ]);
    const { distributions, deliveries } = store();
    expect(await distributions.markFinishedWhenDone(id, 5)).toBe(false);
    await deliveries.record([outcomeOf(id, 's0@example.org')]);
    expect(await distributions.markFinishedWhenDone(id, 5)).toBe(false);
    await deliveries.record([outcomeOf(id, 's1@example.org', { state: 'dropped' })]);
    expect(await distributions.markFinishedWhenDone(id, 5)).toBe(true);
    expect(await distributions.get(id)).toMatchObject({ finishedAt: 5, content: null });
  });
}

function outcomeTests(store: () => Store, { clock }: EngineKit): void {
  it('are given by packet while they are pending', async () => {
    const rows = [{ packet: 1 }, { packet: 2 }, { packet: 1 }, { packet: 1, state: 'waiting' as const }];
    const id = await distribute(store(), {}, rows);
    const { deliveries } = store();
    const pending = async (packet: number) =>
      (await deliveries.pendingOfPacket(id, packet)).map((row) => row.address);
    expect(await pending(1)).toEqual(['s0@example.org', 's2@example.org']);
    await deliveries.record([outcomeOf(id, 's0@example.org')]);
    expect(await pending(1)).toEqual(['s2@example.org']);
    expect(await deliveries.maxPacket(id)).toBe(2);
    expect(await deliveries.maxPacket('unknown')).toBe(-1);
    expect(await deliveries.counts(id)).toEqual({ sent: 1, pending: 2, waiting: 1 });
  });

  it('may be many more than fit into one statement', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => ({ packet: i % 100 }));
    const id = await store().transaction((tx) => distribute(tx, {}, rows));
    expect(await store().deliveries.counts(id)).toEqual({ pending: 10_000 });
    expect(await store().deliveries.pendingOfPacket(id, 99)).toHaveLength(100);
    expect(await store().distributions.markFinishedWhenDone(id, 5)).toBe(false);
  });

  it('record what the peer said, and when the next try is', async () => {
    const id = await distribute(store(), {}, [{}, {}]);
    clock.at += 9;
    const busy = { state: 'pending', code: '451 4.3.0', reply: 'later', nextAt: startOfTest + 60 } as const;
    await store().deliveries.record([outcomeOf(id, 's0@example.org'), outcomeOf(id, 's1@example.org', busy)]);
    const [first, second] = await store().deliveries.ofDistribution(id);
    expect(first).toMatchObject({
      state: 'sent',
      code: '250 2.0.0',
      reply: 'ok',
      attempts: 1,
      updatedAt: clock.at,
    });
    expect(second).toMatchObject({ ...busy, attempts: 1 });
    await store().deliveries.record([outcomeOf(id, 's1@example.org', { state: 'waiting' })]);
    expect((await store().deliveries.ofDistribution(id))[1]).toMatchObject({ attempts: 1, nextAt: null });
  });

  it('that were sent stay sent', async () => {
    const id = await distribute(store(), {}, [{}]);
    await store().deliveries.record([outcomeOf(id, 's0@example.org')]);
    await store().deliveries.record([
      outcomeOf(id, 's0@example.org', { state: 'failed', code: 'delivery-expired' }),
    ]);
    expect(await store().deliveries.counts(id)).toEqual({ sent: 1 });
  });

  it('that are deferred are listed with their list', async () => {
    const list = freshList();
    const id = await distribute(store(), { list }, [{}, { state: 'sent' }]);
    const deferred = await store().deliveries.deferred({ limit: 1_000_000 });
    expect(deferred.filter((row) => row.distributionId === id)).toMatchObject([
      { address: 's0@example.org', list },
    ]);
  });

  it('belong to a distribution that is there', async () => {
    await expect(store().deliveries.insertMany([deliveryOf('unknown', 'a@example.org')])).rejects.toThrow();
  });
}

function waitingTests(store: () => Store): void {
  it('are found by list and by address, and go into a packet of their own', async () => {
    const [list, other] = [freshList(), freshList()];
    const address = `${fresh('dave')}@example.org`;
    const row = { address, state: 'waiting' as const, keepUntil: startOfTest + dayMs };
    const id = await distribute(store(), { list }, [row, {}]);
    await distribute(store(), { list: other }, [row]);
    const { deliveries } = store();
    expect(await deliveries.waiting({ list })).toMatchObject([{ distributionId: id, address, list }]);
    expect((await deliveries.waitingFor(address)).map((one) => one.list)).toEqual([list, other]);
    await deliveries.reopen(id, address, 4);
    await deliveries.reopen(id, 's1@example.org', 4);
    expect(await deliveries.pendingOfPacket(id, 4)).toMatchObject([{ address, keepUntil: null }]);
    expect(await deliveries.waiting({ list })).toEqual([]);
  });

  it('are dropped when the subscriber leaves that list', async () => {
    const [list, other] = [freshList(), freshList()];
    const row = { address: 'erin@example.org', state: 'waiting' as const, keepUntil: startOfTest + dayMs };
    const ids = [await distribute(store(), { list }, [row]), await distribute(store(), { list }, [row])];
    const kept = await distribute(store(), { list: other }, [row]);
    expect(await store().deliveries.dropWaiting(list, [row.address])).toEqual(ids);
    expect(await store().deliveries.dropWaiting(list, [row.address])).toEqual([]);
    expect(await store().deliveries.counts(ids[0]!)).toEqual({ dropped: 1 });
    expect(await store().deliveries.counts(kept)).toEqual({ waiting: 1 });
  });

  it('for too long are dropped, and told by list', async () => {
    const list = freshList();
    const waits = (keepUntil: number | null) => ({ state: 'waiting' as const, keepUntil });
    const late = startOfTest - dayMs;
    const id = await distribute(store(), { list }, [
      waits(late),
      waits(late + 1),
      waits(null),
      { keepUntil: late },
    ]);
    const dropped = await store().deliveries.expireWaiting(late);
    const expected = {
      list,
      distributionId: id,
      address: 's0@example.org',
      state: 'dropped',
      code: 'waited-too-long',
    };
    expect(dropped).toMatchObject([expected]);
    expect(await store().deliveries.expireWaiting(late)).toEqual([]);
    expect(await store().deliveries.counts(id)).toEqual({ dropped: 1, waiting: 2, pending: 1 });
  });
}

function distributionOf(more: Partial<NewDistribution> = {}): NewDistribution {
  const of = { messageId: 'm', list: 'list@example.org', sender: 'alice@example.org', sequence: 7 };
  const content = { form: 'plain' as const, head: everyByte, content: everyByte, policy: '{}' };
  return { id: fresh('distribution'), ...of, ...content, createdAt: startOfTest, finishedAt: null, ...more };
}

function deliveryOf(distributionId: string, address: string, more: Partial<NewDelivery> = {}): NewDelivery {
  const result = { code: null, reply: null, updatedAt: startOfTest, keepUntil: null };
  return { distributionId, address, packet: 0, state: 'pending', ...result, ...more };
}

function outcomeOf(
  distributionId: string,
  address: string,
  more: Partial<DeliveryOutcome> = {},
): DeliveryOutcome {
  return { distributionId, address, state: 'sent', code: '250 2.0.0', reply: 'ok', ...more };
}

/** Puts a distribution with some recipients into the store. */
async function distribute(
  store: Repositories,
  more: Partial<NewDistribution>,
  rows: readonly Partial<NewDelivery>[],
) {
  const distribution = distributionOf(more);
  await store.distributions.insert(distribution);
  const named = rows.map((row, i) => deliveryOf(distribution.id, row.address ?? `s${i}@example.org`, row));
  await store.deliveries.insertMany(named);
  return distribution.id;
}
