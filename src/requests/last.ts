import { z } from 'zod';
import { sendArchived } from './archive-copies.ts';
import { listArgument } from './arguments.ts';
import { listOperation } from './operation.ts';

/** Sends the newest post of the archive to whoever asks. */
export const last = listOperation({
  word: 'LAST',
  order: ['list'],
  governedBy: 'archive_mail_access',
  arguments: z.strictObject({ list: listArgument }),
  prepare: async (_args, situation) => async (tx) => {
    const post = await tx.archivePosts.last(situation.list.address);
    return sendArchived(tx, post ? [post] : [], situation);
  },
});
