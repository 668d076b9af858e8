import type { Robot } from '../config/site.ts';
import { decide } from '../lists/decision.ts';
import type { List } from '../lists/list.ts';
import type { Explanation } from '../scenario/evaluate.ts';
import type { Situation } from './operation.ts';

/** What a scenario is asked for a request. */
export interface RequestQuestion {
  readonly function: string;
  /** Its name, as a parameter gives it. */
  readonly scenario: string;
  readonly where: List | Robot;
  /** The address that the request is about. */
  readonly about: string;
  /** The address that somebody had until now. */
  readonly currentEmail?: string;
}

/** Lets a scenario decide on a request, and writes the decision into the log. */
export async function askScenario(
  question: RequestQuestion,
  { requester, parts }: Pick<Situation, 'requester' | 'parts'>,
): Promise<Explanation> {
  const { function: functionName, scenario, where, about, currentEmail } = question;
  const { sender, method, values, security, messageId } = requester;
  const explanation = await decide(
    {
      function: functionName,
      scenario,
      where,
      method,
      sender,
      email: about,
      values: { ...values, ...(currentEmail !== undefined && { currentEmail }) },
      ...(security && { security }),
    },
    parts,
  );
  parts.log.info('scenario decided', {
    message: messageId,
    list: 'address' in where ? where.address : where.domain,
    scenario: `${functionName}.${scenario}`,
    method,
    action: explanation.decision.action,
    line: explanation.rule?.line ?? null,
  });
  return explanation;
}
