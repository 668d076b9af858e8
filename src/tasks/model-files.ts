import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfigText } from '../config/config-text.ts';
import type { Robot, Site } from '../config/site.ts';
import { isMissing } from '../files.ts';
import type { List } from '../lists/list.ts';
import { robotOf, searchPath } from '../lists/search-path.ts';
import { TaskError } from './error.ts';
import type { ReferenceValues } from './references.ts';
import { parseTaskModel, type TaskModel } from './task-model.ts';

/** Which model, as a parameter or a command names it. */
export interface ModelName {
  readonly model: string;
  readonly version: string;
}

const safeName = /^\w[\w-]*(?:\.[\w,-]+)+$/;

/**
 * Reads a model: `tasks/MODEL.VERSION.task` of the list, its domain, the site, then the shipped one.
 *
 * @param createdAtMs when the task was made, for `[creation_date]`
 * @throws TaskError `model-missing` and for the faults of the text, ConfigError for a file that cannot be read
 */
export async function loadTaskModel(
  site: Site,
  { model, version }: ModelName,
  where: List | Robot,
  createdAtMs: number,
): Promise<TaskModel> {
  const fileName = `${model}.${version}.task`;
  if (!safeName.test(fileName)) throw new TaskError('model-missing', 'that is no name of a task model');
  for (const folder of searchPath(site, where)) {
    const file = join(folder, 'tasks', fileName);
    const text = await readConfigText(file);
    if (text !== undefined) return parseTaskModel(text, file, valuesOf(where, createdAtMs));
  }
  throw new TaskError('model-missing', `there is no task model ${fileName}`, {
    hint: 'the folders tasks/ of the list, its domain and the site are looked into, then the shipped ones',
  });
}

/**
 * Gives the version of a model for one who names none: the nearest, and of those in one folder the first by name.
 *
 * @throws TaskError `model-missing`
 */
export async function versionOfModel(site: Site, model: string, where: List | Robot): Promise<string> {
  for (const folder of searchPath(site, where)) {
    const names = (await namesIn(join(folder, 'tasks'))).toSorted();
    const found = names.find((name) => name.startsWith(`${model}.`) && name.endsWith('.task'));
    if (found !== undefined) return found.slice(model.length + 1, -'.task'.length);
  }
  throw new TaskError('model-missing', `there is no task model ${model.slice(0, 100)}`);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function valuesOf(where: List | Robot, createdAtMs: number): ReferenceValues {
  const base = { domain: robotOf(where).domain, creationDate: Math.floor(createdAtMs / 1_000) };
  if (!('robot' in where)) return base;
  return { ...base, list: { name: where.name, robot: where.robot.domain, ttl: where.config.ttl } };
}
