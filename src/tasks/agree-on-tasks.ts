import type { List } from '../lists/list.ts';
import { globalObject, type TaskInstance } from '../store/tasks.ts';
import type { TaskParts } from './task-run.ts';
import { type WantedTask, wantedTasks } from './wanted-tasks.ts';

/** One change of the tasks in the store. */
export type TaskChange = () => Promise<unknown>;

/**
 * Says what makes the tasks in the store those that the configuration asks for: new ones are due at once, one of another
 * version starts over, one that nothing asks for goes, and so do those of lists that are closed or gone.
 */
export async function taskChanges(parts: TaskParts): Promise<readonly TaskChange[]> {
  const { store, lists, clock } = parts;
  const all = await lists.all();
  const byAddress = new Map(all.map((list) => [list.address, list]));
  const readInto = await store.dataSources.lists();
  const wanted = new Map(wantedTasks(parts, all, readInto).map((task) => [keyOf(task), task]));
  const there = await store.tasks.all();
  const known = new Set(there.map(keyOf));
  const changes = there.flatMap((task): readonly TaskChange[] => {
    const asked = wanted.get(keyOf(task));
    if (isOver(task, asked, byAddress)) return [() => remove(task, parts)];
    if (!asked || task.origin !== 'parameter' || asked.version === task.version) return [];
    return [() => store.tasks.restart(task.id, asked.version, clock.now())];
  });
  const fresh = [...wanted].flatMap(([key, task]): readonly TaskChange[] =>
    known.has(key) ? [] : [() => store.tasks.insert({ ...task, origin: 'parameter', dueAt: clock.now() })],
  );
  return [...changes, ...fresh];
}

async function remove({ id, model, object }: TaskInstance, { store, log }: TaskParts): Promise<void> {
  await store.tasks.remove(id);
  log.info('task removed', { model, object });
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
