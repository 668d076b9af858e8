import { z } from 'zod';
import { enqueueServiceMail } from '../delivery/service-mail.ts';
import { newId } from '../secrets.ts';
import type { Repositories } from '../store/store.ts';
import { addressArgument, gecosArgument, listArgument } from './arguments.ts';
import type { HeldRequest } from './hold-request.ts';
import { issueKey } from './keys.ts';
import { mayMail } from './limits.ts';
import { tell } from './membership.ts';
import { type ListSituation, listOperation } from './operation.ts';
import { done } from './report.ts';
import { subscribe } from './subscribe.ts';

/**
 * Invites somebody, who is subscribed by sending a key back, as far as the list lets them. The answer is the same in every
 * case: it tells nobody whether an address is subscribed, or has had too many invitations.
 */
export const invite = listOperation({
  word: 'INVITE',
  order: ['list', 'email', 'gecos'],
  governedBy: 'invite',
  // The name is Sympa's, and not used: people are not given names by whoever invites them.
  arguments: z.strictObject({ list: listArgument, email: addressArgument, gecos: gecosArgument }),
  about: ({ email }) => email,
  prepare:
    async ({ email }, situation) =>
    async (tx) => {
      const { list } = situation;
      if (await mayMail(tx, email, situation.parts)) {
        if (await tx.subscribers.isSubscriber(list.address, email)) await tellInVain(tx, email, situation);
        else await sendInvitation(tx, email, situation);
      }
      return done('invited', { values: { list: list.address, address: email } });
    },
});

async function sendInvitation(tx: Repositories, email: string, situation: ListSituation): Promise<void> {
  const { list, requester, parts } = situation;
  const nowMs = parts.clock.now();
  const days = parts.site.conf.clean_delay_queuesubscribe;
  const held: HeldRequest = {
    call: { name: 'subscribe', arguments: { list: list.address, email } },
    sender: requester.sender,
  };
  const key = await issueKey(tx, { kind: 'confirm', list: list.address, address: email, held, days }, nowMs);
  await enqueueServiceMail(tx, `invite ${newId(nowMs)}`, {
    template: 'invite',
    list: list.address,
    to: [email],
    replyTo: 'commands',
    variables: { key, command: `${subscribe.word} ${list.address}`, requestedBy: requester.sender, days },
  });
}

async function tellInVain(tx: Repositories, email: string, situation: ListSituation): Promise<void> {
  const { list, requester, parts } = situation;
  const variables = {
    command: `${invite.word} ${list.address} ${email}`,
    code: 'already-subscribed',
    requestedBy: requester.sender,
  };
  await tell(tx, list, 'vain-request', [email], variables, parts.clock.now());
}
