import { z } from 'zod';
import { identifySender } from '../message/sender.ts';
import { cameEncrypted } from '../message/verdict-note.ts';
import { decodeEncodedWords } from '../mime/encoded-word.ts';
import { parseEntity } from '../mime/entity.ts';
import { findField } from '../mime/header.ts';
import type { StoredMessage } from '../store/messages.ts';
import { oneLine } from './answer-texts.ts';
import { listArgument } from './arguments.ts';
import { issueKey } from './keys.ts';
import { listOperation } from './operation.ts';
import { done, refused } from './report.ts';
import { actsAs } from './roles-held.ts';

/** Posts that one answer shows. */
const maxShown = 100;

/** Shows an editor the posts that wait, each with a key of its own for `DISTRIBUTE` and `REJECT`. */
export const modindex = listOperation({
  word: 'MODINDEX',
  order: ['list'],
  governedBy: null,
  onClosedLists: true,
  arguments: z.strictObject({ list: listArgument }),
  prepare: async (_args, situation) => {
    const { list, parts } = situation;
    const values = { list: list.address };
    if (!actsAs('editor', situation)) return async () => refused('not-editor', { values });
    const waiting = await parts.store.messages.ofList(list.address, ['moderation'], { limit: maxShown + 1 });
    const shown: Shown[] = [];
    // One after the other: a hundred posts at once would be more than memory should hold.
    for (const { id } of waiting.slice(0, maxShown)) {
      const message = await parts.store.messages.find(id);
      if (message) shown.push({ id, lines: linesOf(message) });
    }
    if (shown.length === 0) return async () => done('nothing-to-show');
    return async (tx) => {
      const days = list.config.clean_delay_queuemod;
      const answer: string[] = [];
      for (const { id: messageId, lines } of shown) {
        const order = {
          kind: 'moderate',
          list: list.address,
          address: '',
          messageId,
          days,
        } as const;
        const key = await issueKey(tx, order, parts.clock.now());
        answer.push(...lines, `  DISTRIBUTE ${list.address} ${key}`, `  REJECT ${list.address} ${key}`, '');
      }
      if (waiting.length > maxShown) answer.push(`… (> ${maxShown})`);
      return done('answer', { answer });
    };
  },
});

/** A post as an editor sees it, ready before the transaction. */
interface Shown {
  readonly id: string;
  readonly lines: readonly string[];
}

function linesOf(message: StoredMessage): readonly string[] {
  const { header } = parseEntity(message.raw);
  const sender = identifySender(header);
  // Whoever wrote the post adds no line to the answer.
  const subject = oneLine(decodeEncodedWords(findField(header, 'subject')?.body ?? '').slice(0, 500));
  return [
    `${new Date(message.receivedAt).toISOString().slice(0, 16).replace('T', ' ')}  ${sender.status === 'known' ? sender.address : '?'}`,
    // What came encrypted says nothing of itself in an answer that may go in clear.
    `  ${cameEncrypted(message.verdict) ? '(encrypted)' : subject.slice(0, 120)}  (${message.size})`,
  ];
}
