import { z } from 'zod';
import { newId } from '../secrets.ts';
import { listArgument } from './arguments.ts';
import { listOperation, siteOperation } from './operation.ts';
import { done } from './report.ts';
import { enqueueReminders } from './send-reminders.ts';

/** Reminds each subscriber of a list of the subscription. */
export const remind = listOperation({
  word: 'REMIND',
  order: ['list'],
  governedBy: 'remind',
  arguments: z.strictObject({ list: listArgument }),
  prepare: async (_args, { list, robot, parts }) => {
    const id = newId(parts.clock.now());
    return async (tx) => {
      const count = await tx.subscribers.count(list.address);
      await enqueueReminders(tx, { id, domain: robot.domain, list: list.address, after: '' });
      return done('reminded', { values: { list: list.address, count } });
    };
  },
});

/** Reminds everybody of all subscriptions in the domain, with one mail a person. */
export const globalRemind = siteOperation({
  word: 'REMIND *',
  order: [],
  governedBy: 'global_remind',
  arguments: z.strictObject({}),
  prepare: async (_args, { robot, parts }) => {
    const id = newId(parts.clock.now());
    return async (tx) => {
      await enqueueReminders(tx, { id, domain: robot.domain, list: '', after: '' });
      // How many people that is comes to light page by page.
      return done('reminded', { values: { list: robot.domain, count: null } });
    };
  },
});
