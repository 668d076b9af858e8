import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEngines, startOfTest } from '../../test/kit/engines.ts';
import { sha256Hex } from '../secrets.ts';
import type { Store } from './store.ts';

const list = 'list@example.org';
const day = 86_400_000;

describeOnEngines('receipts', (kit) => {
  let store: Store;
  let made = 0;
  let digest: string;
  beforeAll(async () => {
    store = await kit.open();
  });
  beforeEach(() => {
    kit.clock.at = startOfTest;
    digest = sha256Hex(`message ${++made}`);
  });

  it('know the same bytes to the same address again, and what they became', async () => {
    expect(await store.receipts.claim(list, digest, 'first')).toBe(true);
    expect(await store.receipts.claim(list, digest, 'second')).toBe(false);
    expect(await store.receipts.find(list, digest)).toBe('first');
  });

  it('take other bytes, and the same bytes to another address, for new', async () => {
    expect(await store.receipts.claim(list, digest, 'first')).toBe(true);
    expect(await store.receipts.claim(list, sha256Hex('other'), 'second')).toBe(true);
    expect(await store.receipts.claim('other@example.org', digest, 'third')).toBe(true);
    expect(await store.receipts.find('other@example.org', digest)).toBe('third');
    expect(await store.receipts.find('nobody@example.org', digest)).toBeUndefined();
  });

  it('let one of several pass that come at the same time', async () => {
    const ids = Array.from({ length: 8 }, (_, i) => `m${i}`);
    const answers = await Promise.all(ids.map((id) => store.receipts.claim(list, digest, id)));
    expect(answers.filter((isNew) => isNew)).toHaveLength(1);
    expect(await store.receipts.find(list, digest)).toBe(ids[answers.indexOf(true)]);
  });

  it('take the same bytes for new when more than five days have passed', async () => {
    await store.receipts.claim(list, digest, 'first');
    kit.clock.at += 5 * day;
    expect(await store.receipts.claim(list, digest, 'second')).toBe(false);
    kit.clock.at += 1;
    expect(await store.receipts.claim(list, digest, 'third')).toBe(true);
    expect(await store.receipts.find(list, digest)).toBe('third');
    // The days count from the new one.
    kit.clock.at += day;
    expect(await store.receipts.claim(list, digest, 'fourth')).toBe(false);
  });

  it('come and go with the transaction of the message', async () => {
    const refused = store.transaction(async (tx) => {
      expect(await tx.receipts.claim(list, digest, 'first')).toBe(true);
      throw new Error('the message was not stored');
    });
    await expect(refused).rejects.toThrow('not stored');
    expect(await store.receipts.claim(list, digest, 'second')).toBe(true);
  });

  it('are forgotten by age', async () => {
    const later = sha256Hex('later');
    await store.receipts.claim(list, digest, 'old');
    kit.clock.at += 1_000;
    await store.receipts.claim(list, later, 'new');
    await store.receipts.purge(startOfTest + 1_000);
    expect(await store.receipts.find(list, digest)).toBeUndefined();
    expect(await store.receipts.find(list, later)).toBe('new');
  });
});
