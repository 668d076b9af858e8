import type { Distribution } from '../store/distributions.ts';
import type { MessageState } from '../store/messages.ts';
import type { Repositories } from '../store/store.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { parsePolicy } from './distribution-policy.ts';

/**
 * Closes a distribution that nobody waits for any more, and lets go of the message behind it.
 *
 * @returns true when it is closed now
 */
export async function finishDistribution(
  parts: Pick<DeliveryParts, 'store' | 'clock'>,
  distribution: Pick<Distribution, 'id' | 'messageId' | 'policy'>,
): Promise<boolean> {
  const nowMs = parts.clock.now();
  return parts.store.transaction((tx) => finishWithin(tx, distribution, nowMs));
}

/** The same, as a part of a transaction. What an archive holds stays. */
export async function finishWithin(
  tx: Pick<Repositories, 'archivePosts' | 'distributions' | 'messages'>,
  { id, messageId, policy }: Pick<Distribution, 'id' | 'messageId' | 'policy'>,
  nowMs: number,
): Promise<boolean> {
  const keepsContent = parsePolicy(policy).keepsContent === true && (await tx.archivePosts.holds(messageId));
  const finished = await tx.distributions.markFinishedWhenDone(id, nowMs, keepsContent);
  if (finished && messageId !== '' && !(await isUndecided(tx, messageId)))
    await tx.messages.dropRaw(messageId);
  return finished;
}

/** Copies for editors of a post that waits are sent before anybody decided on it. */
async function isUndecided(tx: Pick<Repositories, 'messages'>, messageId: string): Promise<boolean> {
  const state = await tx.messages.stateOf(messageId);
  return state !== undefined && undecided.has(state);
}

const undecided: ReadonlySet<MessageState> = new Set([
  'incoming',
  'held',
  'moderation',
  'auth',
  'quarantined',
]);
