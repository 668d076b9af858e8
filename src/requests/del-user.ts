import { z } from 'zod';
import { enqueueServiceMail } from '../delivery/service-mail.ts';
import { canonicalAddress } from '../mime/address.ts';
import { newId } from '../secrets.ts';
import type { Repositories } from '../store/store.ts';
import { answerTexts } from './answer-texts.ts';
import { addressArgument } from './arguments.ts';
import { dropWaiting } from './membership.ts';
import { type Act, type Situation, siteOperation } from './operation.ts';
import { done, type RequestReport, refused } from './report.ts';

/**
 * Erases what is kept of a person, in all domains of the site: of the sender, or with `email` of somebody else, which only
 * listmasters of the site and the operator do. Posts stay in the archives, roles in the `config` of lists; the answer
 * names the lists of those.
 */
export const delUser = siteOperation({
  word: 'DEL-USER',
  order: ['email'],
  governedBy: null,
  needsProof: true,
  arguments: z.strictObject({ email: addressArgument.optional() }),
  pointless: async ({ email }, situation) => refusalOf(email, situation),
  prepare: async ({ email }, situation) => {
    const refusal = refusalOf(email, situation);
    if (refusal) return async () => refusal;
    const address = email ?? situation.requester.sender;
    const { line } = await answerTexts(situation);
    const lists = (await situation.parts.lists.all()).filter(
      ({ owners, editors }) => owners.includes(address) || editors.includes(address),
    );
    const names = lists.map((list) => list.address).join(', ');
    return eraseAct(
      address,
      lists.length > 0 ? [line('roles-stay', { address, lists: names })] : [],
      situation,
    );
  },
});

function refusalOf(email: string | undefined, { requester, robot }: Situation): RequestReport | undefined {
  const { channel, sender } = requester;
  if (channel === 'command-line' || email === undefined || email === sender) return undefined;
  // Listmasters of one domain decide nothing in another.
  const isOfSite = robot.siteListmasters.some((one) => canonicalAddress(one) === sender);
  return isOfSite ? undefined : refused('not-listmaster');
}

function eraseAct(address: string, answer: readonly string[], situation: Situation): Act {
  const { modifiers, parts, robot } = situation;
  return async (tx) => {
    const lists = await endSubscriptions(tx, address, situation);
    const hadCertificates = await withdrawCertificates(tx, address);
    const hadMore = await tx.erasures.erase(address);
    if (lists.length === 0 && !hadCertificates && !hadMore)
      return refused('nothing-kept', { values: { address }, answer });
    if (!modifiers.includes('quiet'))
      await enqueueServiceMail(tx, `erased ${newId(parts.clock.now())}`, {
        template: 'erased',
        list: '',
        domain: robot.domain,
        to: [address],
        variables: { address, lists },
      });
    return done('erased', { values: { address }, answer });
  };
}

async function endSubscriptions(
  tx: Repositories,
  address: string,
  { parts }: Situation,
): Promise<readonly string[]> {
  const lists = await tx.subscribers.listsOf(address);
  for (const list of lists) {
    await tx.subscribers.remove(list, address);
    await dropWaiting(tx, list, [address], parts.clock.now());
  }
  return lists;
}

/** Those that the person's own mail brought; what an operator brought is not the person's. */
async function withdrawCertificates(tx: Repositories, address: string): Promise<boolean> {
  const records = (await tx.certificates.ofAddress(address)).filter(
    ({ source, status }) => source === 'message' && status !== 'withdrawn' && status !== 'revoked',
  );
  for (const { id } of records) await tx.certificates.setStatus(id, 'withdrawn', 'erased');
  return records.length > 0;
}
