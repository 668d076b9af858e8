import { z } from 'zod';
import { decide } from '../lists/decision.ts';
import type { List } from '../lists/list.ts';
import { answerTexts, oneLine } from './answer-texts.ts';
import { type Situation, siteOperation } from './operation.ts';
import { done } from './report.ts';

const maxLines = 1_000;

/** Names the lists of the domain that the requester may see, each by its own scenario `visibility`. */
export const lists = siteOperation({
  word: 'LISTS',
  order: [],
  governedBy: null,
  arguments: z.strictObject({}),
  prepare: async (_args, situation) => {
    const { line } = await answerTexts(situation);
    const seen = await listsSeen(situation);
    if (seen.length === 0) return async () => done('nothing-to-show');
    const more = seen.length - maxLines;
    const answer = [
      line('lists', { domain: situation.robot.domain }),
      ...seen
        .slice(0, maxLines)
        .map(({ address, config }) => `${address}  ${oneLine(config.subject)}`.trimEnd()),
      ...(more > 0 ? [line('more', { count: more })] : []),
    ];
    return async () => done('answer', { answer });
  },
});

async function listsSeen(situation: Situation): Promise<readonly List[]> {
  const { parts, robot } = situation;
  const seen: List[] = [];
  for (const list of await parts.lists.all())
    if (list.robot.domain === robot.domain && list.status === 'open' && (await mayHear(list, situation)))
      seen.push(list);
  return seen;
}

async function mayHear(list: List, { requester, parts }: Situation): Promise<boolean> {
  if (requester.channel === 'command-line') return true;
  const { sender, method, values, security } = requester;
  const { decision } = await decide(
    {
      function: 'visibility',
      scenario: list.config.visibility,
      where: list,
      method,
      sender,
      ...(values && { values }),
      ...(security && { security }),
    },
    parts,
  );
  return decision.action === 'do_it';
}
