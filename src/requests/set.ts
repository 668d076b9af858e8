import { z } from 'zod';
import { listArgument, optionsArgument } from './arguments.ts';
import { notSubscribed } from './membership.ts';
import { type ListSituation, listOperation } from './operation.ts';
import { done, type RequestReport, refused } from './report.ts';
import {
  badOption,
  isOffered,
  type OptionChange,
  offeredOptions,
  readOptions,
} from './subscription-options.ts';

/** Sets the options of the sender's own subscription. */
export const set = listOperation({
  word: 'SET',
  order: ['list', 'options'],
  governedBy: null,
  needsProof: true,
  arguments: z.strictObject({ list: listArgument, options: optionsArgument }),
  pointless: async ({ options }, situation) => {
    const change = changeOn(options, situation);
    return 'code' in change ? change : notSubscribed(situation.requester.sender, situation);
  },
  prepare: async ({ options }, situation) => {
    const { list, requester } = situation;
    const change = changeOn(options, situation);
    if ('code' in change) return async () => change;
    const values = { list: list.address, address: requester.sender };
    return async (tx) =>
      (await tx.subscribers.update(list.address, requester.sender, change))
        ? done('options-set', { values })
        : refused('not-subscribed', { values });
  },
});

function changeOn(options: string, { list }: ListSituation): OptionChange | RequestReport {
  const change = readOptions(options);
  return change && isOffered(change, list) ? change : badOption(list.address, offeredOptions(list));
}
