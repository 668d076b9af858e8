import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { atPlace } from '../../config/error.ts';
import type { Robot, Site } from '../../config/site.ts';
import { isMissing } from '../../files.ts';
import type { List } from '../../lists/list.ts';
import { Lists } from '../../lists/lists.ts';
import { ScenarioFiles } from '../../lists/scenario-files.ts';
import { scenarioFunctions } from '../../scenario/vocabulary.ts';
import { type Finding, fine, problem, warning } from './finding.ts';

const check = 'scenarios';

/** A folder of scenario files, and those who find its files. */
interface ScenarioFolder {
  readonly folder: string;
  readonly readers: readonly (List | Robot)[];
}

/**
 * Reads every scenario file of the lists, domains and the site, and looks for each scenario that a parameter names. The
 * `send` scenarios of the lists are in the check of the lists.
 */
export async function checkScenarios(site: Site): Promise<readonly Finding[]> {
  const lists = (await new Lists(site).all()).filter(({ error }) => !error);
  const scenarios = new ScenarioFiles(site);
  const folders: readonly ScenarioFolder[] = [
    { folder: site.etcDir, readers: [...site.robots, ...lists] },
    ...site.robots.map((robot) => ({ folder: robot.etcDir, readers: [robot] })),
    ...lists.map((list) => ({ folder: list.directory, readers: [list] })),
  ];
  const files = await Promise.all(folders.map((folder) => checkFolder(folder, scenarios)));
  const named = await Promise.all([
    ...site.robots.map((robot) => checkNamed(robot, robot.domain, robot.conf, scenarios)),
    ...lists.map((list) => checkNamed(list, list.address, list.config, scenarios)),
  ]);
  const findings = [...files.flat(), ...named.flat()];
  const faulty = findings.filter(({ status }) => status !== 'ok');
  if (faulty.length > 0) return faulty;
  const count = findings.length === 1 ? '1 scenario file' : `${findings.length} scenario files`;
  return [fine(check, `${count} of the site's own, each right`)];
}

async function checkFolder(
  { folder, readers }: ScenarioFolder,
  scenarios: ScenarioFiles,
): Promise<readonly Finding[]> {
  const names = await scenarioNames(join(folder, 'scenari'));
  return Promise.all(names.map((name) => checkFile(join(folder, 'scenari', name), name, readers, scenarios)));
}

/** Files `FUNCTION.NAME`; an include is read with what includes it, and `:ignore` only hides. */
async function scenarioNames(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => /^\w+\.[\w.-]+$/.test(name) && !name.startsWith('include.')).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function checkFile(
  file: string,
  name: string,
  readers: readonly (List | Robot)[],
  scenarios: ScenarioFiles,
): Promise<Finding> {
  const dot = name.indexOf('.');
  const functionName = name.slice(0, dot);
  if (!Object.hasOwn(scenarioFunctions, functionName))
    return warning(check, `${file} has no effect: there is no function ${functionName}`);
  for (const reader of readers) {
    const loaded = await scenarios.load(functionName, name.slice(dot + 1), reader);
    if (loaded.file !== file) continue;
    if (loaded.status === 'faulty') {
      const { message, place, hint } = loaded.error;
      return problem(check, `${name} refuses everything: ${atPlace(message, place)}`, hint);
    }
    return fine(check, file);
  }
  return warning(check, `${file} has no effect: nearer files of that name stand in front of it`);
}

async function checkNamed(
  where: List | Robot,
  whose: string,
  parameters: object,
  scenarios: ScenarioFiles,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [functionName, { parameter }] of Object.entries(scenarioFunctions)) {
    const name = valueAt(parameters, parameter);
    if (functionName === 'send' || name === undefined) continue;
    const { status } = await scenarios.load(functionName, name, where);
    if (status === 'missing')
      findings.push(
        problem(
          check,
          `${parameter} of ${whose} refuses everything: there is no scenario ${functionName}.${name}`,
        ),
      );
  }
  return findings;
}

/** The value of `archive.web_access`: that of `web_access` in the paragraph `archive`. */
function valueAt(parameters: object, path: string): string | undefined {
  let value: unknown = parameters;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return typeof value === 'string' ? value : undefined;
}
