import { globalObject } from '../store/tasks.ts';
import { TaskError } from './error.ts';
import type { TaskRun } from './task-run.ts';

/**
 * `create(global | list(NAME@DOMAIN), model, version)`
 *
 * @throws TaskError `other-list`, `no-such-object`
 */
export async function makeTask(given: readonly string[], { parts, list }: TaskRun): Promise<void> {
  const [scope, model, version] = given;
  const object = scope === 'global' ? globalObject : await listNamed(scope!.slice('list('.length, -1), parts);
  if (list && object !== list.address)
    throw new TaskError('other-list', `a task of ${list.address} may not make one of ${object}`);
  const dueAt = parts.clock.now();
  const wanted = { model: model!, version: version!, object, origin: 'task', dueAt } as const;
  const isNew = await parts.store.tasks.insert(wanted);
  parts.log.info('task made by a task', { model: model!, version: version!, object, isNew });
}

async function listNamed(address: string, { lists }: TaskRun['parts']): Promise<string> {
  const list = await lists.find(address);
  if (list?.status === 'open') return list.address;
  throw new TaskError('no-such-object', `there is no open list ${address}`);
}
