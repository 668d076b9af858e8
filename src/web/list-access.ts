import { type DecisionParts, decide } from '../lists/decision.ts';
import type { List } from '../lists/list.ts';

/**
 * Asks a scenario of a list for a visitor who is not logged in.
 *
 * @param functionName `visibility` or `info`
 * @returns false also where the scenario is missing or faulty
 */
export async function mayVisitor(
  functionName: 'visibility' | 'info',
  list: List,
  parts: DecisionParts,
): Promise<boolean> {
  if (list.status !== 'open') return false;
  const { visibility, info } = list.config;
  const scenario = { visibility, info }[functionName];
  // Sympa's web gives everybody `md5`; a visitor is `nobody`, whom no role fits.
  const question = {
    function: functionName,
    scenario,
    where: list,
    method: 'md5',
    sender: 'nobody',
  } as const;
  const { decision } = await decide(question, parts);
  return decision.action === 'do_it';
}
