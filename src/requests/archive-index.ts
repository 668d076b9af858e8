import { z } from 'zod';
import { answerTexts } from './answer-texts.ts';
import { archiveLack } from './archive-copies.ts';
import { listArgument } from './arguments.ts';
import { listOperation } from './operation.ts';
import { done } from './report.ts';

/** The newest months of twenty years. */
const maxMonths = 240;

/** Names the months that a list has posts of, with their number. */
export const archiveIndex = listOperation({
  word: 'INDEX',
  order: ['list'],
  governedBy: 'archive_mail_access',
  arguments: z.strictObject({ list: listArgument }),
  prepare: async (_args, situation) => {
    const { list } = situation;
    const texts = await answerTexts(situation);
    return async (tx) => {
      const months = await tx.archivePosts.months(list.address);
      if (months.length === 0) return archiveLack(list);
      const more = Math.max(0, months.length - maxMonths);
      const answer = [
        texts.line('archive', { list: list.address }),
        '',
        ...months.slice(-maxMonths).map(({ month, posts }) => `${month}  ${posts}`),
        ...(more > 0 ? ['', texts.line('more', { count: more })] : []),
      ];
      return done('answer', { answer });
    };
  },
});
