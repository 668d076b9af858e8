import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { ServiceMail } from '../../../src/delivery/service-mail.ts';
import { silentLog } from '../../../src/log.ts';
import { openStore } from '../../../src/store/store.ts';
import { makeTaskSite, onlyTasks, type TaskSite } from '../../kit/task-site.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** More than two transactions ask for. */
const subscribers = Array.from({ length: 450 }, (_, i) => `s${String(i).padStart(3, '0')}@example.net`);

const child = join(import.meta.dirname, '../../kit/task-child.ts');

/** Takes the reminders that were asked for, as delivery does, and gives to whom they go. */
async function takeReminders({ quiet: { store } }: TaskSite): Promise<readonly string[]> {
  const asked: string[] = [];
  for (const { id, kind, payload } of await store.jobs.list()) {
    const { template, to } = payload as unknown as ServiceMail;
    if (kind !== 'service-mail' || template !== 'remind') continue;
    asked.push(...to);
    await store.jobs.complete(id);
  }
  return asked.toSorted();
}

/** Lets a process of its own look for due tasks, and die after so many transactions. */
async function dyingNode({ quiet, clock }: TaskSite, commits: number): Promise<void> {
  const args = [child, quiet.site.file, String(clock.at), String(commits)];
  const ended = once(spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
  expect(await ended).toEqual([null, 'SIGKILL']);
}

/** A node whose database goes away in the middle of its second transaction. */
async function failingNode({ quiet, clock, parts, node }: TaskSite) {
  let commits = 0;
  const onCommit = async (at: 'before-commit' | 'after-commit') => {
    if (at === 'before-commit' && ++commits === 2) throw new Error('the disk is full');
  };
  const store = await openStore(quiet.site.conf.database, { clock, log: silentLog, onCommit });
  onTestFinished(() => store.close());
  return node('node b', { ...parts, store });
}

it('story 24: a run that fails after some of its mails, and dies after some more, goes on with the rest alone', async () => {
  const made = await makeTaskSite(onlyTasks('remind_task often'));
  onTestFinished(() => made.quiet.dispose());
  made.model('remind.often.task', [
    '/A',
    '@all = select_subs (older([execution_date]))',
    'send_msg (@all, remind)',
    'next ([execution_date]+7d, A)',
  ]);
  const list = await made.list('board', subscribers);
  const reminded = () => takeReminders(made);
  const task = () => made.quiet.store.tasks.find('remind', list);
  made.clock.at += hourMs;
  await (await failingNode(made)).runOnce();
  // What was asked for leaves before the run is done again.
  const first = await reminded();
  expect(first).toHaveLength(200);
  expect(await task()).toMatchObject({ failures: 1, label: '', dueAt: made.clock.at + hourMs });

  made.clock.at += hourMs;
  await dyingNode(made, 2);
  const second = await reminded();
  expect(second).toHaveLength(200);
  expect(await task()).toMatchObject({ failures: 1, label: '', dueAt: made.clock.at });

  // The lease of the process that died has to be over.
  made.clock.at += 2 * 60_000;
  await made.node().runOnce();
  const third = await reminded();
  expect([...first, ...second, ...third].toSorted()).toEqual(subscribers);
  expect(await task()).toMatchObject({ failures: 0, label: 'A' });

  made.clock.at += 7 * dayMs;
  await made.node().runOnce();
  expect(await reminded()).toEqual(subscribers);
}, 180_000);
