import { z } from 'zod';
import { addressArgument, gecosArgument, listArgument } from './arguments.ts';
import { joinAct } from './membership.ts';
import { listOperation } from './operation.ts';

/** Subscribes somebody else, without asking that person. */
export const add = listOperation({
  word: 'ADD',
  order: ['list', 'email', 'gecos'],
  governedBy: 'add',
  arguments: z.strictObject({ list: listArgument, email: addressArgument, gecos: gecosArgument }),
  about: ({ email }) => email,
  prepare: async ({ email, gecos }, situation) =>
    joinAct({ joiner: { address: email, gecos }, code: 'added', source: 'added' }, situation),
});
