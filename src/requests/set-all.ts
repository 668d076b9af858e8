import { z } from 'zod';
import { answerTexts } from './answer-texts.ts';
import { optionsArgument } from './arguments.ts';
import { siteOperation } from './operation.ts';
import { done, refused } from './report.ts';
import { badOption, everyOption, isOffered, offeredOptions, readOptions } from './subscription-options.ts';
import { subscriptionsIn } from './subscriptions.ts';

/** Sets the options of all the sender's subscriptions in the domain; a list that does not offer them stays as it is. */
export const setAll = siteOperation({
  word: 'SET *',
  order: ['options'],
  governedBy: null,
  needsProof: true,
  arguments: z.strictObject({ options: optionsArgument }),
  pointless: async ({ options }, { robot }) =>
    readOptions(options) ? undefined : badOption(robot.domain, everyOption),
  prepare: async ({ options }, situation) => {
    const { requester, robot } = situation;
    const { sender } = requester;
    const change = readOptions(options);
    if (!change) return async () => badOption(robot.domain, everyOption);
    const { line } = await answerTexts(situation);
    const lists = (await subscriptionsIn(situation, sender)).map(({ list }) => list);
    const willing = lists.filter((list) => isOffered(change, list));
    const answer = lists
      .filter((list) => !willing.includes(list))
      .map((list) =>
        line('option-not-offered', { list: list.address, options: offeredOptions(list).join(', ') }),
      );
    return async (tx) => {
      const set: string[] = [];
      for (const { address } of willing)
        if (await tx.subscribers.update(address, sender, change)) set.push(address);
      if (set.length > 0)
        return done('options-set', { values: { list: set.join(', '), address: sender }, answer });
      return lists.length > 0
        ? { ...badOption(robot.domain, everyOption), answer }
        : refused('not-subscribed', { values: { address: sender, list: robot.domain } });
    };
  },
});
