import type { List } from '../lists/list.ts';
import type { Lists } from '../lists/lists.ts';
import { isEditor, isListmaster, isOwner, isSubscriber } from '../lists/roles.ts';
import type { ScenarioFiles } from '../lists/scenario-files.ts';
import type { EvaluationContext } from '../scenario/context.ts';
import { contextVariables } from '../scenario/context-variables.ts';
import { evaluateScenario } from '../scenario/evaluate.ts';
import type { Store } from '../store/store.ts';

/** What decides who sees what. */
export interface AccessParts {
  readonly lists: Lists;
  readonly scenarios: ScenarioFiles;
  readonly store: Store;
  readonly nowMs: number;
}

/**
 * Asks a scenario of a list for a visitor who is not logged in.
 *
 * @param functionName `visibility` or `info`
 * @returns false also where the scenario is missing or faulty
 */
export async function mayVisitor(
  functionName: 'visibility' | 'info',
  list: List,
  { lists, scenarios, store, nowMs }: AccessParts,
): Promise<boolean> {
  if (list.status !== 'open') return false;
  const { visibility, info } = list.config;
  const loaded = await scenarios.load(functionName, { visibility, info }[functionName], list);
  if (loaded.status !== 'loaded') return false;
  const { robot } = list;
  const variable = contextVariables({ nowMs, domain: robot.domain, listname: list.name });
  const context: EvaluationContext = {
    isSubscriber: (name, address) => isSubscriber(lists, store, robot, name, address),
    isOwner: (name, address) => isOwner(lists, robot, name, address),
    isEditor: (name, address) => isEditor(lists, robot, name, address),
    isListmaster: (address) => isListmaster(robot, address),
    variable,
    search: (file, subject) => scenarios.filters.search(list, file, subject, variable),
    nowMs,
  };
  // Sympa's web gives everybody `md5`; a visitor is `nobody`, whom no role fits.
  const { decision } = await evaluateScenario(loaded.scenario, context, 'md5');
  return decision.action === 'do_it';
}
