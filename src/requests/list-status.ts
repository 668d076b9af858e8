import { draftParameter } from '../lists/list-draft.ts';
import { tell } from './membership.ts';
import type { Act, ListSituation } from './operation.ts';
import { done } from './report.ts';
import { revokeSyncs } from './sync-lock.ts';

/** Statuses that a request brings a list to, and what is reported then. */
const reports = { open: 'list-opened', closed: 'list-closed' } as const;

/** Makes the act that opens or closes a list and tells its owners; nothing is done where the list is so already. */
export async function statusAct(status: keyof typeof reports, situation: ListSituation): Promise<Act> {
  const { list, modifiers, parts, requester } = situation;
  const report = done(reports[status], { values: { list: list.address } });
  if (list.status === status) return async () => report;
  const draft = await draftParameter(list, 'status', status);
  return async (tx) => {
    await revokeSyncs(tx, [list.address]);
    if (!modifiers.includes('quiet'))
      await tell(
        tx,
        list,
        'list-status-owner',
        'owners',
        { status, by: byOf(requester.sender) },
        parts.clock.now(),
      );
    // The file last: what came before is undone with the transaction, a file would stay.
    draft.write();
    return report;
  };
}

/** Who is named to the owners: the operator has no address. */
export function byOf(sender: string): string | null {
  return sender.includes('@') ? sender : null;
}
