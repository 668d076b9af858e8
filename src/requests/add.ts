import { z } from 'zod';
import { receptionModes } from '../config/list-parameters.ts';
import { addressArgument, gecosArgument, listArgument } from './arguments.ts';
import { joinAct } from './membership.ts';
import { listOperation } from './operation.ts';

/** Subscribes somebody else, without asking that person. */
export const add = listOperation({
  word: 'ADD',
  order: ['list', 'email', 'gecos'],
  governedBy: 'add',
  arguments: z.strictObject({
    list: listArgument,
    email: addressArgument,
    gecos: gecosArgument,
    reception: z.enum(receptionModes).optional(),
  }),
  about: ({ email }) => email,
  prepare: async ({ email, gecos, reception }, situation) =>
    joinAct({ joiner: { address: email, gecos, reception }, code: 'added', source: 'added' }, situation),
});
