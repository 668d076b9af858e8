import { z } from 'zod';
import { sendArchived } from './archive-copies.ts';
import { listArgument } from './arguments.ts';
import { listOperation } from './operation.ts';

/** Posts that one request sends. */
const maxPosts = 100;

const month = z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])$/);
/** Where in the month to go on, counted from 1. */
const position = z
  .string()
  .regex(/^[1-9]\d{0,8}$/)
  .transform(Number)
  .optional();

/** Sends the posts of a month to whoever asks: a hundred, and the answer says how to get those after them. */
export const get = listOperation({
  word: 'GET',
  order: ['list', 'month', 'from'],
  governedBy: 'archive_mail_access',
  arguments: z.strictObject({ list: listArgument, month, from: position }),
  prepare: async ({ month, from = 1 }, situation) => {
    const { list } = situation;
    return async (tx) => {
      const posts = await tx.archivePosts.ofMonth(list.address, month, { offset: from - 1, limit: maxPosts });
      const total = await tx.archivePosts.countOfMonth(list.address, month);
      const more = Math.max(0, total - (from - 1) - posts.length);
      const next = more > 0 ? `GET ${list.address} ${month} ${from + posts.length}` : '';
      return sendArchived(tx, posts, situation, { more, next });
    };
  },
});
