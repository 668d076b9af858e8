import { z } from 'zod';
import { addressArgument, listArgument } from './arguments.ts';
import { leaveAct, notSubscribed } from './membership.ts';
import { listOperation } from './operation.ts';

/** Ends the subscription of the sender, or with `email` of somebody else, who has to confirm that. */
export const signoff = listOperation({
  word: 'SIGNOFF',
  order: ['list', 'email'],
  governedBy: 'unsubscribe',
  onClosedLists: true,
  arguments: z.strictObject({ list: listArgument, email: addressArgument.optional() }),
  about: ({ email }) => email,
  pointless: ({ email }, situation) => notSubscribed(email ?? situation.requester.sender, situation),
  prepare: async ({ email }, situation) =>
    leaveAct({ address: email ?? situation.requester.sender, code: 'signed-off' }, situation),
});
