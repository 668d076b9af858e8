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
const list = 'board@example.org';
const child = join(import.meta.dirname, '../../kit/task-child.ts');

/** More than two transactions act on, of each level. */
const named = (word: string) =>
  Array.from({ length: 450 }, (_, i) => `${word}${String(i).padStart(3, '0')}@example.net`);
const warned = named('w');
const removed = named('r');

async function makeBouncers({ quiet: { store }, clock }: TaskSite): Promise<void> {
  await store.transaction(async (tx) => {
    for (const address of [...warned, ...removed]) {
      const bounce = { list, address, status: '5.1.1', postId: null, messageId: '', receivedAt: clock.at };
      await tx.bounces.count(bounce);
      const score = address.startsWith('w') ? 50 : 90;
      await tx.bouncers.setScore((await tx.bouncers.find(list, address))!, score);
    }
  });
}

/** Takes the mails that were asked for, as delivery does, and gives whom each template went to, and whom owners read of. */
async function takeMails({ quiet: { store } }: TaskSite): Promise<ReadonlyMap<string, readonly string[]>> {
  const taken = new Map<string, string[]>();
  for (const { id, kind, payload } of await store.jobs.list()) {
    if (kind !== 'service-mail') continue;
    const { template, to, variables } = payload as unknown as ServiceMail;
    if (template === 'error-in-task-listmaster') continue;
    const { action, addresses } = variables as { action?: string; addresses?: readonly string[] };
    const name = action ?? template;
    taken.set(name, [...(taken.get(name) ?? []), ...(addresses ?? to)]);
    await store.jobs.complete(id);
  }
  return taken;
}

/** Lets a process of its own look for due tasks, and die after so many transactions. */
async function dyingNode({ quiet, clock }: TaskSite, commits: number): Promise<void> {
  const args = [child, quiet.site.file, String(clock.at), String(commits)];
  const ended = once(spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
  expect(await ended).toEqual([null, 'SIGKILL']);
}

/** A node whose database goes away in the middle of a transaction. */
async function failingNode({ quiet, clock, parts, node }: TaskSite, at: number) {
  let commits = 0;
  const onCommit = async (when: 'before-commit' | 'after-commit') => {
    if (when === 'before-commit' && ++commits === at) throw new Error('the disk is full');
  };
  const store = await openStore(quiet.site.conf.database, { clock, log: silentLog, onCommit });
  onTestFinished(() => store.close());
  return node('node b', { ...parts, store });
}

it('story 32: a run that fails and dies in between removes and warns each once, and tells the owners once of each', async () => {
  const made = await makeTaskSite(onlyTasks('process_bouncers_task weekly'));
  onTestFinished(() => made.quiet.dispose());
  await made.list('board', [...warned, ...removed, 'well@example.net']);
  await made.node().runOnce();
  await makeBouncers(made);
  made.clock.at += 7 * dayMs;

  const all: [string, string][] = [];
  const take = async () => {
    for (const [name, addresses] of await takeMails(made))
      for (const address of addresses) all.push([name, address]);
    return all.length;
  };
  // Of each whom one transaction removed: one mail, and one line for the owners.
  await (await failingNode(made, 2)).runOnce();
  expect(await take()).toBe(400);
  made.clock.at += hourMs;
  await dyingNode(made, 3);
  expect(await take()).toBeGreaterThan(400);
  // The lease of the process that died has to be over.
  made.clock.at += 2 * 60_000;
  await made.node().runOnce();
  await take();
  const expected = [
    ...warned.flatMap((address) => [
      ['bouncer-warning', address],
      ['notify_bouncers', address],
    ]),
    ...removed.flatMap((address) => [
      ['bouncer-removed', address],
      ['remove_bouncers', address],
    ]),
  ];
  expect(all.map(String).toSorted()).toEqual(expected.map(String).toSorted());
  expect(await made.quiet.store.subscribers.count(list)).toBe(451);

  await made.node('after a restart').runOnce();
  expect(await takeMails(made)).toEqual(new Map());
  made.clock.at += 7 * dayMs;
  await made.node().runOnce();
  expect((await takeMails(made)).get('bouncer-warning')).toHaveLength(450);
}, 180_000);
