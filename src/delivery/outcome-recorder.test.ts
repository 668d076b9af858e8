import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { describeOnEngines, startOfTest } from '../../test/kit/engines.ts';
import type { Store } from '../store/store.ts';
import { OutcomeRecorder, type RecordedOutcome } from './outcome-recorder.ts';

describeOnEngines('what a peer said of recipients', (kit) => {
  const addresses = Array.from({ length: 20 }, (_, i) => `reader${i + 10}@example.net`);
  let store: Store;
  let other: Store;
  let list: string;
  let made = 0;

  beforeAll(async () => {
    store = await kit.open();
    other = await kit.open();
  });
  beforeEach(async () => {
    list = `list${++made}@example.org`;
    for (const address of addresses) await store.subscribers.add({ list, address });
  });

  /** A post of the list that goes out to everybody. */
  async function distribute(id: string): Promise<string> {
    const distributionId = `${list} ${id}`;
    const of = { messageId: distributionId, list, sender: '', sequence: 1, form: 'plain' } as const;
    const parts = { head: new Uint8Array(), content: null, policy: '{}' };
    const times = { createdAt: startOfTest, finishedAt: null };
    await store.distributions.insert({ id: distributionId, ...of, ...parts, ...times });
    const state = { state: 'pending', code: null, reply: null, keepUntil: null } as const;
    const rows = addresses.map((address) => ({ distributionId, address, packet: 0, ...state }));
    await store.deliveries.insertMany(rows.map((row) => ({ ...row, updatedAt: startOfTest })));
    return distributionId;
  }

  function refused(distributionId: string, address: string): RecordedOutcome {
    const refusal = { list, postId: distributionId, status: '5.1.1', receivedAt: startOfTest };
    return { distributionId, address, state: 'failed', code: '550 5.1.1', reply: 'unknown', refusal };
  }

  const stateOf = async (id: string, address: string) => (await store.deliveries.find(id, address))?.state;
  const counted = async (address: string) => (await store.bouncers.find(list, address))?.count;

  it('is written down by two nodes at once, whatever the order that the refusals came in', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 6; i++) ids.push(await distribute(`${i}`));
    const recorders = [new OutcomeRecorder(store, silentLog), new OutcomeRecorder(other, silentLog)];
    await Promise.all(
      ids.map((id, i) => {
        const order = i % 2 === 0 ? addresses : addresses.toReversed();
        return recorders[i % 2]!.record(order.map((address) => refused(id, address)));
      }),
    );
    for (const id of ids) for (const address of addresses) expect(await stateOf(id, address)).toBe('failed');
    for (const address of addresses) expect(await counted(address)).toBe(ids.length);
  });

  // On SQLite one transaction waits for the other.
  if (kit.engine === 'postgres')
    it('stands before a count that another transaction breaks', async () => {
      const id = await distribute('1');
      const [first, last] = [addresses[0]!, addresses.at(-1)!];
      const count = { list, status: '5.1.1', postId: null, messageId: 'm', receivedAt: startOfTest };
      const locked = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const inTheWay = other.transaction(async (tx) => {
        await tx.bounces.count({ ...count, address: last });
        locked.resolve();
        await goOn.promise;
        await tx.bounces.count({ ...count, address: first });
      });
      await locked.promise;
      const recorder = new OutcomeRecorder(store, silentLog);
      const recorded = recorder.record([
        { ...refused(id, addresses[1]!), state: 'sent' },
        ...[first, last].map((address) => refused(id, address)),
      ]);
      // The recorder waits for the last address and holds the first one: one of the two transactions is broken off.
      await pause(300);
      goOn.resolve();
      await inTheWay.catch(() => undefined);
      await recorded;
      const states = [addresses[1]!, first, last].map((address) => stateOf(id, address));
      expect(await Promise.all(states)).toEqual(['sent', 'failed', 'failed']);
      expect(await counted(first)).toBeGreaterThan(0);
    });
});
