import { z } from 'zod';
import { mayBeAnswered } from '../message/automatic.ts';
import { readReceivedMessage } from '../message/received-message.ts';
import { findField } from '../mime/header.ts';
import type { StoredMessage } from '../store/messages.ts';
import type { Repositories } from '../store/store.ts';
import { answerSender } from './answer-sender.ts';
import { keyArgument, listArgument } from './arguments.ts';
import { decideAct, findWaiting } from './moderation.ts';
import { listOperation, type RequestParts } from './operation.ts';
import { done, refused } from './report.ts';
import { actorOf } from './requester.ts';

/** Refuses a post that waits for an editor, or a request that waits for an owner. */
export const reject = listOperation({
  word: 'REJECT',
  order: ['list', 'key'],
  governedBy: null,
  onClosedLists: true,
  arguments: z.strictObject({ list: listArgument, key: keyArgument }),
  prepare: async ({ key }, situation) => {
    const waiting = await findWaiting(key, situation);
    if (waiting.kind === 'refused') return async () => waiting.report;
    const { list, requester } = situation;
    if (waiting.kind === 'request')
      return async (tx) =>
        (await tx.requestKeys.use(waiting.digest, actorOf(requester), 'declined'))
          ? done('declined')
          : refused('key-used');
    const { message } = waiting;
    const answered = whomToTell(message);
    return decideAct({ message, outcome: 'rejected' }, situation, async (tx) => {
      await tx.messages.setState(message.id, 'refused', {
        code: 'moderator-rejects',
        reason: `refused by ${actorOf(requester)}`,
      });
      await tx.messages.dropRaw(message.id);
      if (answered) await tellSender(tx, message, answered, situation.parts);
      return done('post-rejected', { values: { list: list.address } });
    });
  },
});

/** The sender of a post as far as it may be answered, and what the answer refers to. */
interface Answered {
  readonly to: string;
  readonly messageId: string | null;
}

function whomToTell({ id, recipient, envelopeSender, raw, receivedAt }: StoredMessage): Answered | undefined {
  const received = readReceivedMessage({ id, recipient, envelopeSender, raw, receivedAtMs: receivedAt });
  if (!mayBeAnswered(received)) return undefined;
  return { to: envelopeSender, messageId: findField(received.entity.header, 'message-id')?.body ?? null };
}

async function tellSender(
  tx: Repositories,
  message: StoredMessage,
  { to, messageId }: Answered,
  parts: RequestParts,
): Promise<void> {
  const variables = { reason: 'moderator', messageId };
  const about = { subject: `refusal ${message.id}`, template: 'post-rejected', list: message.list };
  await answerSender(tx, { ...about, to, variables }, parts);
}
