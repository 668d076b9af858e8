import { z } from 'zod';
import { answerTexts } from './answer-texts.ts';
import { addressArgument } from './arguments.ts';
import { leaveAct } from './membership.ts';
import { type Situation, siteOperation } from './operation.ts';
import { done, type RequestReport, refused } from './report.ts';
import { type Subscription, subscriptionsIn } from './subscriptions.ts';

/** More lists than anybody reads; whoever has more sends the command again. */
const maxLists = 500;

/**
 * Ends all subscriptions of the sender, or with `email` of somebody else who has to confirm, on the lists of a family. The
 * scenario of the domain decides for all of them; those of the lists are not asked.
 */
export const familySignoff = siteOperation({
  word: 'FAMILY-SIGNOFF',
  order: ['family', 'email'],
  governedBy: 'family_signoff',
  arguments: z.strictObject({
    family: z
      .string()
      .max(128)
      .regex(/^[\p{L}\p{N}._-]+$/u)
      .transform((text) => text.toLowerCase()),
    email: addressArgument.optional(),
  }),
  about: ({ email }) => email,
  pointless: async ({ family, email }, situation) => {
    const address = email ?? situation.requester.sender;
    const subscriptions = await inFamily(family, address, situation);
    return subscriptions.length === 0 ? notSubscribed(family, address) : undefined;
  },
  prepare: async ({ family, email }, situation) => {
    const address = email ?? situation.requester.sender;
    const all = await inFamily(family, address, situation);
    const acts = all.slice(0, maxLists).map(({ list }) => ({
      list: list.address,
      act: leaveAct({ address, code: 'signed-off' }, { ...situation, list, robot: list.robot }),
    }));
    const left = all.length - acts.length;
    const { line } = await answerTexts(situation);
    return async (tx) => {
      const ended: string[] = [];
      for (const { list, act } of acts) if ((await act(tx)).status === 'done') ended.push(list);
      if (ended.length === 0) return notSubscribed(family, address);
      const answer = left > 0 ? [line('signoff-left', { count: left })] : [];
      return done('signed-off-all', { values: { address, lists: ended.join(', ') }, answer });
    };
  },
});

async function inFamily(
  family: string,
  address: string,
  situation: Situation,
): Promise<readonly Subscription[]> {
  const subscriptions = await subscriptionsIn(situation, address);
  return subscriptions.filter(({ list }) => list.config.family_name?.toLowerCase() === family);
}

function notSubscribed(family: string, address: string): RequestReport {
  return refused('not-subscribed', { values: { address, list: family } });
}
