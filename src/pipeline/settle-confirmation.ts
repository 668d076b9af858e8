import { enqueueServiceMail } from '../delivery/service-mail.ts';
import { mayBeAnswered } from '../message/automatic.ts';
import { issueKey } from '../requests/keys.ts';
import { mayMail } from '../requests/limits.ts';
import type { StillUndecided } from './decide-once.ts';
import type { Disposition } from './disposition.ts';
import type { OpenedPost, PipelineParts } from './post.ts';
import { messageIdOf, secrecyOf, writeDecision } from './settle.ts';

/** Keeps a post until its sender confirms it; the key goes to the address in From, since that is what is to be proved. */
export async function settleConfirmation(
  post: OpenedPost,
  disposition: Disposition,
  isOurs: StillUndecided,
  parts: PipelineParts,
): Promise<void> {
  const { message, list } = post;
  const { store, site, clock } = parts;
  const days = site.conf.clean_delay_queueauth;
  await store.transaction(async (tx) => {
    if (!(await isOurs(tx))) return;
    await writeDecision(tx, post, disposition);
    if (message.sender.status !== 'known' || !list) return;
    const { address } = message.sender;
    const order = { kind: 'confirm-post', list: list.address, address, messageId: message.id, days } as const;
    const key = await issueKey(tx, order, clock.now());
    if (!mayBeAnswered(message) || !(await mayMail(tx, address, parts))) return;
    await enqueueServiceMail(tx, `send-auth ${message.id}`, {
      template: 'send-auth',
      list: list.address,
      to: [address],
      replyTo: 'commands',
      ...secrecyOf(post),
      variables: { key, days, messageId: messageIdOf(post) },
    });
  });
}
