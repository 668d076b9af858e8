import { z } from 'zod';
import type { List } from '../lists/list.ts';
import { type AnswerTexts, answerTexts } from './answer-texts.ts';
import { siteOperation } from './operation.ts';
import { done } from './report.ts';
import { optionWords, type Subscription, subscriptionsIn } from './subscriptions.ts';

const maxLines = 1_000;

/**
 * Names the lists that the sender is subscribed to, owns or edits. Their scenario `visibility` is not asked: nobody is
 * refused what is their own.
 */
export const which = siteOperation({
  word: 'WHICH',
  order: [],
  governedBy: null,
  arguments: z.strictObject({}),
  prepare: async (_args, situation) => {
    const { parts, requester, robot } = situation;
    const { sender } = requester;
    const texts = await answerTexts(situation);
    const run = (await parts.lists.all()).filter((list) => list.robot.domain === robot.domain);
    const owned = run.filter(({ owners }) => owners.includes(sender));
    const edited = run.filter(({ config, editors }) => config.editor.length > 0 && editors.includes(sender));
    const known = new Map((await subscriptionsIn(situation, sender)).map((one) => [one.list.address, one]));
    return async (tx) => {
      // Asked again within the transaction: a command of the same message may have changed options.
      const rows = await tx.subscribers.ofAddress(sender);
      const subscribed = rows.flatMap((row) => {
        const list = known.get(row.list)?.list ?? run.find(({ address }) => address === row.list);
        return list ? [{ list, row }] : [];
      });
      const answer = [
        ...subscribedLines(subscribed, texts),
        ...roleLines('owned', owned, texts),
        ...roleLines('edited', edited, texts),
      ];
      return answer.length === 0 ? done('nothing-to-show') : done('answer', { answer });
    };
  },
});

function subscribedLines(subscribed: readonly Subscription[], texts: AnswerTexts): readonly string[] {
  const lines = subscribed.map(({ list, row }) => `${list.address}  ${optionWords(row)}`);
  return section('subscribed', lines, texts);
}

function roleLines(key: string, lists: readonly List[], texts: AnswerTexts): readonly string[] {
  return section(
    key,
    lists.map(({ address }) => address),
    texts,
  );
}

function section(key: string, lines: readonly string[], { line }: AnswerTexts): readonly string[] {
  if (lines.length === 0) return [];
  const more = lines.length - maxLines;
  return [
    line(`which-${key}`),
    ...lines.slice(0, maxLines).map((text) => `  ${text}`),
    ...(more > 0 ? [line('more', { count: more })] : []),
  ];
}
