import { digestOfKey } from './keys.ts';
import type { RequestParts } from './operation.ts';
import type { PlannedRequest } from './plan-request.ts';
import { done, type RequestReport, refused } from './report.ts';
import type { Requester } from './requester.ts';

/** Takes back the key of a post that its sender has to confirm; the post is decided on again, as `md5`. */
export async function planPostConfirmation(
  key: string,
  requester: Requester,
  parts: RequestParts,
): Promise<PlannedRequest> {
  const digest = digestOfKey(key);
  const row = await parts.store.requestKeys.find(digest);
  const always = (report: RequestReport): PlannedRequest => ({
    command: 'CONFIRM',
    perform: async () => report,
  });
  if (row?.kind !== 'confirm-post' || row.messageId === null) return always(refused('key-unknown'));
  if (row.address !== requester.sender && requester.channel !== 'command-line')
    return always(refused('key-unknown'));
  if (row.usedAt !== null) return always(refused('key-used'));
  const { messageId, list } = row;
  return {
    command: 'CONFIRM',
    perform: async (tx) => {
      const state = await tx.messages.lockedState(messageId);
      if (!(await tx.requestKeys.use(digest, requester.sender, 'confirmed'))) return refused('key-unknown');
      if (state !== 'auth') return refused('already-decided', { values: { list, outcome: 'expired' } });
      await tx.messages.setState(messageId, 'incoming', {
        code: 'confirmed',
        reason: `confirmed by ${requester.sender}`,
      });
      await tx.jobs.enqueue({ role: 'pipeline', kind: 'process-message', subject: messageId });
      return done('post-confirmed', { values: { list } });
    },
  };
}
