import type { List } from '../lists/list.ts';
import { globalObject, type TaskInstance } from '../store/tasks.ts';
import type { TaskParts } from './task-run.ts';
import { type WantedTask, wantedTasks } from './wanted-tasks.ts';

/**
 * Makes the tasks in the store those that the configuration asks for: new ones are due at once, one of another version
 * starts over, one that nothing asks for goes, and so do those of lists that are closed or gone.
 */
export async function agreeOnTasks(parts: TaskParts): Promise<void> {
  const { store, lists, clock, log } = parts;
  const all = await lists.all();
  const byAddress = new Map(all.map((list) => [list.address, list]));
  const wanted = new Map(wantedTasks(parts, all).map((task) => [keyOf(task), task]));
  const there = await store.tasks.all();
  for (const task of there) {
    const asked = wanted.get(keyOf(task));
    if (isOver(task, asked, byAddress)) {
      await store.tasks.remove(task.id);
      log.info('task removed', { model: task.model, object: task.object });
    } else if (asked && task.origin === 'parameter' && asked.version !== task.version)
      await store.tasks.restart(task.id, asked.version, clock.now());
  }
  const known = new Set(there.map(keyOf));
  for (const [key, task] of wanted)
    if (!known.has(key)) await store.tasks.insert({ ...task, origin: 'parameter', dueAt: clock.now() });
}

function isOver(
  { object, origin }: TaskInstance,
  asked: WantedTask | undefined,
  lists: ReadonlyMap<string, List>,
): boolean {
  if (object !== globalObject) {
    const status = lists.get(object)?.status;
    // A `config` that somebody is mending costs no task its place.
    if (status === 'error_config') return false;
    if (status !== 'open') return true;
  }
  return origin === 'parameter' && asked === undefined;
}

function keyOf({ model, object }: { readonly model: string; readonly object: string }): string {
  return `${model} ${object}`;
}
