import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../../../src/log.ts';
import { openStore } from '../../../src/store/store.ts';
import { hasPostgres, startPostgres } from '../../kit/postgres.ts';
import { makeTaskSite } from '../../kit/task-site.ts';

const dayMs = 86_400_000;

describe.skipIf(!hasPostgres())('story 24: a cluster on postgres', () => {
  it('runs each task on one of three nodes, each day', async () => {
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    const url = await server.url();
    const made = await makeTaskSite([`database ${url}`]);
    onTestFinished(() => made.quiet.dispose());
    const others = await Promise.all([1, 2].map(() => openStore(url, { clock: made.clock, log: silentLog })));
    for (const store of others) onTestFinished(() => store.close());
    const nodes = [made.parts.store, ...others].map((store, i) =>
      made.node(`node ${i}`, { ...made.parts, store }),
    );
    for (let day = 0; day < 5; day++) {
      await Promise.all(nodes.map((node) => node.runOnce()));
      made.clock.at += dayMs;
    }
    const done = made.log.lines.filter((line) => line.includes('"event":"task done"'));
    const runs = Map.groupBy(done, (line) => (JSON.parse(line) as { model: string }).model);
    expect(runs.get('eval_bouncers')).toHaveLength(5);
    expect(runs.get('purge_tables')).toHaveLength(5);
    expect(runs.get('purge_user_table')).toHaveLength(1);
    expect(made.log.lines.filter((line) => line.includes('fail'))).toEqual([]);
  }, 120_000);
});
