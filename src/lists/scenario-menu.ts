import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Robot, Site } from '../config/site.ts';
import { isMissing } from '../files.ts';
import { titleOf } from '../scenario/title.ts';
import type { List } from './list.ts';
import type { ScenarioFiles } from './scenario-files.ts';
import { searchPath } from './search-path.ts';

/** A scenario that a person may choose for a function. */
export interface ScenarioChoice {
  readonly name: string;
  readonly title: string;
}

const hides = ':ignore';

/**
 * Lists the scenarios of a function that a list or domain may choose from. An empty file `FUNCTION.NAME:ignore` hides
 * those of its own folder and of farther ones; they still decide where a parameter names them. Faulty ones are left out.
 *
 * @param languages tags that the reader wants, best first
 * @returns by name
 */
export async function scenarioChoices(
  site: Site,
  files: ScenarioFiles,
  functionName: string,
  where: List | Robot,
  languages: readonly string[],
): Promise<readonly ScenarioChoice[]> {
  const choices: ScenarioChoice[] = [];
  for (const name of await shownNames(site, functionName, where)) {
    const loaded = await files.load(functionName, name, where);
    if (loaded.status === 'loaded') choices.push({ name, title: titleOf(loaded.scenario, languages) });
  }
  return choices;
}

async function shownNames(site: Site, functionName: string, where: List | Robot): Promise<readonly string[]> {
  const prefix = `${functionName}.`;
  const shown = new Set<string>();
  const hidden = new Set<string>();
  for (const folder of searchPath(site, where)) {
    const names = (await namesIn(join(folder, 'scenari')))
      .filter((file) => file.startsWith(prefix))
      .map((file) => file.slice(prefix.length));
    for (const name of names) if (name.endsWith(hides)) hidden.add(name.slice(0, -hides.length));
    for (const name of names) if (/^[\w.-]+$/.test(name) && !hidden.has(name)) shown.add(name);
  }
  return [...shown].sort();
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
