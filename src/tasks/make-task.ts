import type { List } from '../lists/list.ts';
import { globalObject } from '../store/tasks.ts';
import { TaskError } from './error.ts';
import { loadTaskModel } from './model-files.ts';
import type { TaskRun } from './task-run.ts';

/**
 * `create(global | list(NAME@DOMAIN), model, version)`
 *
 * @throws TaskError `other-list`, `no-such-object`, `model-missing`, and for the faults of the model
 */
export async function makeTask(given: readonly string[], { parts, list }: TaskRun): Promise<void> {
  const [scope, model, version] = given;
  const named = scope === 'global' ? undefined : await listNamed(scope!.slice('list('.length, -1), parts);
  const object = named?.address ?? globalObject;
  if (list && object !== list.address)
    throw new TaskError('other-list', `a task of ${list.address} may not make one of ${object}`);
  const dueAt = parts.clock.now();
  // A task without a model that can be read would fail every day, far from the one that asked for it.
  await loadTaskModel(
    parts.site,
    { model: model!, version: version! },
    named ?? parts.site.robots[0]!,
    dueAt,
  );
  const wanted = { model: model!, version: version!, object, origin: 'task', dueAt } as const;
  const isNew = await parts.store.tasks.insert(wanted);
  parts.log.info('task made by a task', { model: model!, version: version!, object, isNew });
}

async function listNamed(address: string, { lists }: TaskRun['parts']): Promise<List> {
  const list = await lists.find(address);
  if (list?.status === 'open') return list;
  throw new TaskError('no-such-object', `there is no open list ${address}`);
}
