import { dropModerationCopies } from '../delivery/drop-moderation-copies.ts';
import type { StoredMessage } from '../store/messages.ts';
import type { Repositories } from '../store/store.ts';
import { digestOfKey } from './keys.ts';
import type { Act, ListSituation } from './operation.ts';
import { type RequestReport, refused } from './report.ts';
import { actorOf } from './requester.ts';
import { actsAs } from './roles-held.ts';

/** What waits for a decision of the people behind a list. */
export type Waiting =
  | { readonly kind: 'post'; readonly message: StoredMessage }
  /** A request of somebody that waits for an owner. */
  | { readonly kind: 'request'; readonly digest: string }
  | { readonly kind: 'refused'; readonly report: RequestReport };

/**
 * Finds what a key, or the identifier that `MODINDEX` shows, stands for, and whether the requester may decide on it. An
 * identifier is no secret: it counts where something proved the sender, not with `smtp`.
 */
export async function findWaiting(keyOrId: string, situation: ListSituation): Promise<Waiting> {
  const { parts, list, requester } = situation;
  const row = await parts.store.requestKeys.find(digestOfKey(keyOrId));
  if (row && row.list === list.address && row.expiresAt > parts.clock.now()) {
    if (row.kind === 'approve')
      return actsAs('owner', situation) ? ofRequest(row) : stop(refused('not-owner'));
    if (row.kind === 'moderate' && row.messageId !== null) return postOf(row.messageId, situation);
  }
  const isProven = requester.method !== 'smtp' || requester.channel === 'command-line';
  return isProven ? postOf(keyOrId, situation) : stop(refused('key-unknown'));
}

function ofRequest(row: { readonly digest: string; readonly usedAt: number | null }): Waiting {
  return row.usedAt === null ? { kind: 'request', digest: row.digest } : stop(refused('key-used'));
}

async function postOf(messageId: string, situation: ListSituation): Promise<Waiting> {
  const { parts, list } = situation;
  const message = await parts.store.messages.find(messageId);
  if (!message || message.list !== list.address || message.kind !== 'post')
    return stop(refused('key-unknown'));
  // A key alone is not enough: whoever decides is an editor, so that a forwarded mail gives nobody the right.
  if (!actsAs('editor', situation)) return stop(refused('not-editor', { values: { list: list.address } }));
  return { kind: 'post', message };
}

function stop(report: RequestReport): Waiting {
  return { kind: 'refused', report };
}

/**
 * Makes the act that decides on a post: the first of several editors decides, the others are told what became of it.
 *
 * @param outcome one word, for those who come later
 */
export function decideAct(
  { message, outcome }: { readonly message: StoredMessage; readonly outcome: 'distributed' | 'rejected' },
  { requester, list, parts }: ListSituation,
  carryOut: (tx: Repositories) => Promise<RequestReport>,
): Act {
  return async (tx) => {
    const isOpen = (await tx.messages.lockedState(message.id)) === 'moderation';
    const keys = await tx.requestKeys.useAllOf(message.id, actorOf(requester), outcome);
    // A post that the operator put back has no keys any more; its state tells.
    if (isOpen && (keys > 0 || (await tx.requestKeys.decisionOn(message.id)) === undefined)) {
      const report = await carryOut(tx);
      await dropModerationCopies(tx, message.id, parts.clock.now());
      return report;
    }
    const before = await tx.requestKeys.decisionOn(message.id);
    return refused('already-decided', {
      values: { list: list.address, outcome: before?.outcome ?? 'expired' },
    });
  };
}
