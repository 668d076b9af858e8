import { z } from 'zod';
import { listArgument } from './arguments.ts';
import { statusAct } from './list-status.ts';
import { type ListSituation, listOperation } from './operation.ts';
import { type RequestReport, refused } from './report.ts';
import { actsAsListmaster } from './roles-held.ts';

/** Opens a list that is closed, or waits for a listmaster. For listmasters. */
export const openList = listOperation({
  word: 'OPEN-LIST',
  order: ['list'],
  governedBy: null,
  needsProof: true,
  onClosedLists: true,
  arguments: z.strictObject({ list: listArgument }),
  pointless: async (_args, situation) => refusalOf(situation),
  prepare: async (_args, situation) => {
    const refusal = refusalOf(situation);
    return refusal ? async () => refusal : statusAct('open', situation);
  },
});

function refusalOf({ list, requester }: ListSituation): RequestReport | undefined {
  return actsAsListmaster(requester, list.robot) ? undefined : refused('not-listmaster');
}
