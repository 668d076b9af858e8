import { z } from 'zod';
import type { Repositories } from '../store/store.ts';
import { answerTexts } from './answer-texts.ts';
import { listArgument } from './arguments.ts';
import { listOperation } from './operation.ts';
import { peopleLines } from './people-shown.ts';
import { done } from './report.ts';
import { actsAs } from './roles-held.ts';

const maxLines = 5_000;

/** Names who is subscribed, addresses only; whoever wants to be concealed is shown to those who run the list. */
export const review = listOperation({
  word: 'REVIEW',
  order: ['list'],
  governedBy: 'review',
  arguments: z.strictObject({ list: listArgument }),
  prepare: async (_args, situation) => {
    const { list } = situation;
    const texts = await answerTexts(situation);
    const withConcealed = actsAs('owner', situation);
    const which = withConcealed ? {} : { visibility: 'noconceal' };
    return async (tx) => {
      const total = await tx.subscribers.count(list.address, which);
      const addresses = await firstAddresses(tx, list.address, which);
      const more = total - addresses.length;
      const answer = [
        texts.line('review', { list: list.address }),
        ...peopleLines(list, texts, withConcealed),
        '',
        ...addresses,
        '',
        ...(more > 0 ? [texts.line('more', { count: more })] : []),
        texts.line('total', { count: total }),
      ];
      return done('answer', { answer });
    };
  },
});

async function firstAddresses(
  tx: Repositories,
  list: string,
  which: { readonly visibility?: string },
): Promise<readonly string[]> {
  const rows = await tx.subscribers.list(list, { ...which, limit: maxLines });
  return rows.map(({ address }) => address);
}
