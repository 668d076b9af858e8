import { z } from 'zod';
import { isEditor, isListmaster } from '../lists/roles.ts';
import { identifySender } from '../message/sender.ts';
import { decodeEncodedWords } from '../mime/encoded-word.ts';
import { parseEntity } from '../mime/entity.ts';
import { findField } from '../mime/header.ts';
import type { StoredMessage } from '../store/messages.ts';
import { listArgument } from './arguments.ts';
import { issueKey } from './keys.ts';
import { type ListSituation, listOperation } from './operation.ts';
import { done, refused } from './report.ts';

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
    if (!(await mayLook(situation))) return async () => refused('not-editor', { values });
    const waiting = await parts.store.messages.ofList(list.address, ['moderation'], { limit: maxShown + 1 });
    if (waiting.length === 0) return async () => done('nothing-to-show');
    const shown = await Promise.all(waiting.slice(0, maxShown).map(({ id }) => parts.store.messages.get(id)));
    return async (tx) => {
      const days = list.config.clean_delay_queuemod;
      const answer: string[] = [];
      for (const message of shown) {
        const order = {
          kind: 'moderate',
          list: list.address,
          address: '',
          messageId: message.id,
          days,
        } as const;
        answer.push(...linesOf(message, await issueKey(tx, order, parts.clock.now())), '');
      }
      if (waiting.length > maxShown) answer.push(`… (> ${maxShown})`);
      return done('answer', { answer });
    };
  },
});

async function mayLook({ parts, list, requester }: ListSituation): Promise<boolean> {
  if (requester.channel === 'command-line') return true;
  const { sender } = requester;
  return (await isEditor(parts.lists, list.robot, list.address, sender)) || isListmaster(list.robot, sender);
}

function linesOf(message: StoredMessage, key: string): readonly string[] {
  const { header } = parseEntity(message.raw);
  const sender = identifySender(header);
  const subject = decodeEncodedWords(findField(header, 'subject')?.body ?? '');
  return [
    `${new Date(message.receivedAt).toISOString().slice(0, 16).replace('T', ' ')}  ${sender.status === 'known' ? sender.address : '?'}`,
    // What came encrypted says nothing of itself in an answer that may go in clear.
    `  ${isEncrypted(message) ? '(encrypted)' : subject.slice(0, 120)}  (${message.size})`,
    `  DISTRIBUTE ${message.list} ${key}`,
    `  REJECT ${message.list} ${key}`,
  ];
}

function isEncrypted({ verdict }: StoredMessage): boolean {
  const note = verdict === null ? {} : (JSON.parse(verdict) as { readonly decryption?: string });
  return note.decryption !== undefined && note.decryption !== 'none';
}
