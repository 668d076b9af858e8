import { z } from 'zod';
import { canonicalAddress } from '../mime/address.ts';
import { listArgument } from './arguments.ts';
import { statusAct } from './list-status.ts';
import { type ListSituation, listOperation } from './operation.ts';
import { type RequestReport, refused } from './report.ts';
import { actsAsListmaster } from './roles-held.ts';

/** Closes a list: it takes no more posts, its subscribers stay. For its privileged owners and listmasters. */
export const closeList = listOperation({
  word: 'CLOSE-LIST',
  order: ['list'],
  governedBy: null,
  needsProof: true,
  onClosedLists: true,
  arguments: z.strictObject({ list: listArgument }),
  pointless: async (_args, situation) => refusalOf(situation),
  prepare: async (_args, situation) => {
    const refusal = refusalOf(situation);
    return refusal ? async () => refusal : statusAct('closed', situation);
  },
});

function refusalOf({ list, requester }: ListSituation): RequestReport | undefined {
  if (actsAsListmaster(requester, list.robot)) return undefined;
  const isPrivileged = list.config.owner.some(
    ({ email, profile }) => profile === 'privileged' && canonicalAddress(email) === requester.sender,
  );
  return isPrivileged ? undefined : refused('not-privileged-owner', { values: { list: list.address } });
}
