import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEngines, startOfTest } from '../../test/kit/engines.ts';
import type { Store } from './store.ts';

const day = 86_400_000;

describeOnEngines('records', (kit) => {
  let store: Store;
  let made = 0;
  let list: string;
  beforeAll(async () => {
    store = await kit.open();
  });
  beforeEach(() => {
    kit.clock.at = startOfTest;
    list = `list${++made}@example.org`;
  });

  it('hold who had no certificate by list and day, each once a post', async () => {
    const entry = { list, address: 'a@example.org', distributionId: 'd1', code: 'certificate-missing' };
    await store.reports.add(entry);
    await store.reports.add(entry);
    await store.reports.add({ ...entry, distributionId: 'd2' });
    kit.clock.at += day;
    await store.reports.add({ ...entry, address: 'b@example.org' });
    const first = await store.reports.takeDay(list, '2026-11-24');
    expect(first.map((row) => row.distributionId).toSorted()).toEqual(['d1', 'd2']);
    expect(first[0]).toEqual({ ...entry, day: '2026-11-24', distributionId: first[0]!.distributionId });
    expect(await store.reports.takeDay(list, '2026-11-24')).toEqual([]);
    expect(await store.reports.takeDay(list, '2026-11-25')).toMatchObject([{ address: 'b@example.org' }]);
  });

  it('tell the days that are over, and not the one that is not', async () => {
    const entry = { list, address: 'a@example.org', distributionId: 'd', code: 'certificate-missing' };
    for (let days = 0; days < 3; days++) {
      await store.reports.add(entry);
      await store.reports.add({ ...entry, address: 'b@example.org' });
      kit.clock.at += day;
    }
    const ours = async (before: string): Promise<readonly string[]> =>
      (await store.reports.daysBefore(before)).filter((row) => row.list === list).map((row) => row.day);
    expect(await ours('2026-11-26')).toEqual(['2026-11-24', '2026-11-25']);
    expect(await ours('2026-11-24')).toEqual([]);
  });

  it('give an entry to one of those who take the day at the same time', async () => {
    const other = await kit.open();
    for (let i = 0; i < 20; i++)
      await store.reports.add({ list, address: `a${i}@example.org`, distributionId: 'd', code: 'c' });
    const take = (of: Store) => of.reports.takeDay(list, '2026-11-24');
    const taken = await Promise.all([take(store), take(other), take(store)]);
    expect(
      taken
        .flat()
        .map((row) => row.address)
        .toSorted(),
    ).toEqual(Array.from({ length: 20 }, (_, i) => `a${i}@example.org`).toSorted());
  });

  it('hold the files of certificates as they were last written', async () => {
    const file = { fileName: `${list} a`, contentSha256: '1', certificateId: 'c1', writtenAt: startOfTest };
    await store.mirrorFiles.put(file);
    await store.mirrorFiles.put({ ...file, fileName: `${list} b`, writtenAt: 0 });
    const changed = { ...file, contentSha256: '2', certificateId: 'c2', writtenAt: startOfTest + 1 };
    await store.mirrorFiles.put(changed);
    expect(await store.mirrorFiles.get(file.fileName)).toEqual(changed);
    expect(await store.mirrorFiles.get('unknown')).toBeUndefined();
    await store.mirrorFiles.remove(`${list} b`);
    await store.mirrorFiles.remove(`${list} b`);
    const ours = (await store.mirrorFiles.all()).filter(({ fileName }) => fileName.startsWith(list));
    expect(ours).toEqual([changed]);
  });
});
