import { z } from 'zod';
import { addressArgument, listArgument } from './arguments.ts';
import { leaveAct } from './membership.ts';
import { listOperation } from './operation.ts';

/** Ends the subscription of somebody else. */
export const del = listOperation({
  word: 'DEL',
  order: ['list', 'email'],
  governedBy: 'del',
  onClosedLists: true,
  arguments: z.strictObject({ list: listArgument, email: addressArgument }),
  about: ({ email }) => email,
  prepare: async ({ email }, situation) => leaveAct({ address: email, code: 'deleted' }, situation),
});
