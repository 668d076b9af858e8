/**
 * A process of its own on a database: `node store-child.ts ACT URL [LIST]`. It dies by SIGKILL, holds the database, or works
 * jobs off, as the act says.
 */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { openStore, type Store } from '../../src/store/store.ts';

const acts: Readonly<Record<string, (store: Store) => Promise<void>>> = {
  'die-after-commit': async (store) => {
    await store.transaction((tx) => subscribe(tx, 'kept'));
    process.kill(process.pid, 'SIGKILL');
  },
  'die-before-commit': async (store) => {
    await store.transaction(async (tx) => {
      await subscribe(tx, 'lost');
      process.kill(process.pid, 'SIGKILL');
      await pause(60_000);
    });
  },
  'hold-the-database': async (store) => {
    await store.transaction(async (tx) => {
      await subscribe(tx, 'slow');
      process.stdout.write('held\n');
      await pause(1_000);
    });
  },
  'work-jobs-off': async (store) => {
    process.stdout.write('ready\n');
    await once(process.stdin, 'data');
    process.stdout.write(`${await workOff(store)}\n`);
  },
};

async function subscribe(tx: Pick<Store, 'subscribers'>, name: string): Promise<void> {
  await tx.subscribers.add({ list, address: `${name}@example.org` });
}

/** Each job leaves a row whose key is its subject: a job that is done twice fails. */
async function workOff(store: Store): Promise<number> {
  const worker = `process ${process.pid}`;
  for (let done = 0; ; ) {
    const jobs = await store.jobs.claim('tasks', worker, { leaseMs: 60_000, limit: 3 });
    if (jobs.length === 0) return done;
    for (const job of jobs) {
      const row = { id: job.subject, list: '', address: null, messageId: '', receivedAt: 0 };
      await store.transaction(async (tx) => {
        await tx.bounces.insert(row);
        await tx.jobs.complete(job.id, worker);
      });
      done++;
    }
  }
}

const [act = '', url = '', list = ''] = process.argv.slice(2);
const store = await openStore(url, { clock: systemClock, log: silentLog });
await acts[act]!(store);
await store.close();
process.stdin.destroy();
