import type { Site } from '../../config/site.ts';
import { SsympaError } from '../../errors.ts';
import { silentLog } from '../../log.ts';
import { openStore } from '../../store/store.ts';
import type { TaskInstance } from '../../store/tasks.ts';
import type { CliIo } from '../io.ts';
import { type Finding, fine, warning } from './finding.ts';

const check = 'tasks';
const maxNamed = 20;

/** Names the tasks whose last run failed. */
export async function checkTasks({ conf }: Site, io: CliIo): Promise<readonly Finding[]> {
  const all = await tasksOf(conf.database, io);
  if (!all) return [];
  const failed = all.filter(({ failures }) => failures > 0);
  if (failed.length === 0) return [fine(check, `${all.length} tasks, the last run of none failed`)];
  const shown = failed.slice(0, maxNamed).map(describe);
  const more = failed.length - shown.length;
  return more > 0 ? [...shown, warning(check, `and ${more} more`)] : shown;
}

/** Another check tells of a database that does not open. */
async function tasksOf(database: string, io: CliIo): Promise<readonly TaskInstance[] | undefined> {
  try {
    const store = await openStore(database, { clock: io.clock, log: silentLog });
    try {
      return await store.tasks.all();
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof SsympaError) return undefined;
    throw error;
  }
}

function describe({ id, model, version, object, origin, failures, code, dueAt }: TaskInstance): Finding {
  const times = failures === 1 ? 'once' : `${failures} times in turn`;
  const again = dueAt === null ? '' : `; it is tried again at ${new Date(dueAt).toISOString()}`;
  const text = `${model}.${version} of ${object} failed ${times}, with ${code ?? 'an unknown error'}${again}`;
  const drop = origin === 'task' ? `; ssympa task drop ${id} takes it away` : '';
  const list = object === '_global' ? '' : ` --list ${object}`;
  return warning(check, text, `ssympa task run ${model}.${version}${list} says what is wrong${drop}`);
}
