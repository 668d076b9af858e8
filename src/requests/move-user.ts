import { z } from 'zod';
import { enqueueServiceMail } from '../delivery/service-mail.ts';
import { isListmaster } from '../lists/roles.ts';
import { newId } from '../secrets.ts';
import type { Repositories } from '../store/store.ts';
import { answerTexts } from './answer-texts.ts';
import { addressArgument } from './arguments.ts';
import { type Situation, siteOperation } from './operation.ts';
import { done, refused } from './report.ts';
import type { Requester } from './requester.ts';
import { beginSubscriptions } from './subscription-epoch.ts';

/**
 * Moves the subscriptions of somebody to another address. Who asks proves the old address first, then the scenario has the
 * new one confirmed. Only a listmaster and the operator move others.
 */
export const moveUser = siteOperation({
  word: 'MOVE',
  order: ['email'],
  governedBy: 'move_user',
  needsProof: true,
  arguments: z.strictObject({ email: addressArgument, currentEmail: addressArgument.optional() }),
  about: ({ email }) => email,
  currentEmail: ({ currentEmail }, requester) => currentEmail ?? askerOf(requester),
  pointless: async ({ email, currentEmail }, { requester }) =>
    email === (currentEmail ?? askerOf(requester)) ? refused('bad-arguments') : undefined,
  prepare: async ({ email, currentEmail }, situation) => {
    const from = currentEmail ?? askerOf(situation.requester);
    if (!mayMove(from, situation))
      return async () => refused('scenario-rejects', { reason: 'move_user_listmaster' });
    if (from === email) return async () => refused('bad-arguments');
    const { line } = await answerTexts(situation);
    const run = await listsRunBy(from, situation);
    const answer = run.length === 0 ? [] : [line('roles-stay', { address: from, lists: run.join(', ') })];
    return async (tx) => {
      const moved = await moveSubscriptions(tx, from, email, situation);
      const { domain } = situation.robot;
      if (moved.length === 0)
        return refused('not-subscribed', { values: { address: from, list: domain }, answer });
      if (!situation.modifiers.includes('quiet'))
        await tellBoth(tx, { from, address: email, lists: moved }, situation);
      return done('moved', { values: { from, address: email, lists: moved.join(', ') }, answer });
    };
  },
});

/** Who asked first: the new address confirms what the old one asked for. */
function askerOf({ sender, requestedBy }: Requester): string {
  return requestedBy ?? sender;
}

/** Without this, whoever names the address of somebody else, and proves the new one, would take over subscriptions. */
function mayMove(from: string, { requester, robot }: Situation): boolean {
  const asker = askerOf(requester);
  return requester.channel === 'command-line' || from === asker || isListmaster(robot, asker);
}

async function listsRunBy(address: string, { parts, robot }: Situation): Promise<readonly string[]> {
  const lists = await parts.lists.all();
  return lists
    .filter((list) => list.robot.domain === robot.domain)
    .filter(({ owners, editors }) => owners.includes(address) || editors.includes(address))
    .map((list) => list.address);
}

async function moveSubscriptions(
  tx: Repositories,
  from: string,
  to: string,
  { robot, parts }: Situation,
): Promise<readonly string[]> {
  const rows = await tx.subscribers.ofAddress(from);
  const lists = rows.map(({ list }) => list).filter((list) => list.endsWith(`@${robot.domain}`));
  for (const list of lists) await tx.subscribers.move(list, from, to);
  if (lists.length > 0) {
    await tx.subscribers.noteEnd(from);
    await beginSubscriptions(tx, to, robot.domain, parts);
  }
  // Name and language stay with the old address while it is subscribed in another domain.
  if (lists.length === rows.length) await tx.persons.move(from, to);
  return lists;
}

async function tellBoth(
  tx: Repositories,
  variables: { readonly from: string; readonly address: string; readonly lists: readonly string[] },
  { robot, parts }: Situation,
): Promise<void> {
  for (const to of [variables.from, variables.address])
    await enqueueServiceMail(tx, `moved ${newId(parts.clock.now())}`, {
      template: 'moved',
      list: '',
      domain: robot.domain,
      to: [to],
      variables,
    });
}
