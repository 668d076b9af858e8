import { z } from 'zod';
import { addressArgument, gecosArgument, listArgument } from './arguments.ts';
import { alreadySubscribed, joinAct } from './membership.ts';
import { listOperation } from './operation.ts';

/** Subscribes the sender, or with `email` somebody else, who has to confirm that. */
export const subscribe = listOperation({
  word: 'SUBSCRIBE',
  order: ['list', 'gecos'],
  governedBy: 'subscribe',
  arguments: z.strictObject({ list: listArgument, email: addressArgument.optional(), gecos: gecosArgument }),
  about: ({ email }) => email,
  pointless: ({ email }, situation) => alreadySubscribed(email ?? situation.requester.sender, situation),
  prepare: async ({ email, gecos }, situation) => {
    const address = email ?? situation.requester.sender;
    return joinAct({ joiner: { address, gecos }, code: 'subscribed', source: 'subscribed' }, situation);
  },
});
