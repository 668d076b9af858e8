import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/log.ts';
import { applySources, type ReadSource } from '../../../src/requests/apply-sources.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../../kit/postgres.ts';
import { makeTaskSite, type TaskSite } from '../../kit/task-site.ts';

const [ann, bob] = ['ann@example.net', 'bob@example.net'];

/** On SQLite nothing comes between the statements of a transaction. */
describe.skipIf(!hasPostgres())('story 33: leaving while data sources are applied', () => {
  let server: TestPostgres;
  let url: string;
  let store: Store;
  let other: Store;
  let made: TaskSite;
  beforeAll(async () => {
    server = await startPostgres();
    url = await server.url();
    made = await makeTaskSite();
    const { clock } = made;
    store = await openStore(url, { clock, log: silentLog });
    other = await openStore(url, { clock, log: silentLog });
  });
  afterAll(async () => {
    await store.close();
    await other.close();
    await made.quiet.dispose();
    await server.stop();
  });

  const read = (key: string, address: string, gecos: string | null): ReadSource => {
    const people = new Map([[address, gecos]]);
    const source = { name: key, key, role: 'member', pauses: undefined, options: null } as const;
    return {
      source: { ...source, read: async () => ({ people, faulty: 0 }) },
      status: 'read',
      people,
      faulty: 0,
    };
  };

  it('is not undone by what was read before', async () => {
    const list = await made.quiet.lists.get(await made.list('crew'));
    const apply = (...sources: readonly ReadSource[]) =>
      store.transaction((tx) => applySources(tx, list, sources, { ...made.parts, store }));
    await apply(read('a', ann, null), read('b', bob, null));
    const row = { list: list.address, role: 'member', source: 'a', address: ann, options: null } as const;
    const held = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const holding = other.transaction(async (tx) => {
      await tx.inclusions.put([{ ...row, gecos: 'Held' }]);
      written.resolve();
      await held.promise;
    });
    await written.promise;
    const applied = apply(read('a', ann, 'Ann'), read('b', bob, null));
    await server.untilWaiting(url);
    expect(await other.subscribers.remove(list.address, bob)).toBe(true);
    held.resolve();
    await holding;
    expect(await applied).toMatchObject({ added: 0, removed: 0 });
    expect((await store.subscribers.list(list.address)).map(({ address }) => address)).toEqual([ann]);
    expect(await store.inclusions.ofRole('member', list.address)).toHaveLength(1);
  });
});
