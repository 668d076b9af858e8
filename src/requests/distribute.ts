import { z } from 'zod';
import { keyArgument, listArgument } from './arguments.ts';
import { decideAct, findWaiting } from './moderation.ts';
import { listOperation } from './operation.ts';
import { done, refused } from './report.ts';
import { actorOf } from './requester.ts';

/** Lets a post go that waits for an editor. */
export const distribute = listOperation({
  word: 'DISTRIBUTE',
  order: ['list', 'key'],
  governedBy: null,
  arguments: z.strictObject({ list: listArgument, key: keyArgument }),
  prepare: async ({ key }, situation) => {
    const waiting = await findWaiting(key, situation);
    if (waiting.kind === 'refused') return async () => waiting.report;
    if (waiting.kind === 'request') return async () => refused('key-unknown');
    const { message } = waiting;
    const { list, requester } = situation;
    return decideAct({ message, outcome: 'distributed' }, situation, async (tx) => {
      await tx.messages.setState(message.id, 'incoming', {
        code: 'released',
        reason: `approved by ${actorOf(requester)}`,
      });
      await tx.jobs.enqueue({ role: 'pipeline', kind: 'process-message', subject: message.id });
      return done('post-distributed', { values: { list: list.address } });
    });
  },
});
