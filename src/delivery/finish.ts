import type { Distribution } from '../store/distributions.ts';
import type { Repositories } from '../store/store.ts';
import type { DeliveryParts } from './delivery-parts.ts';

/**
 * Closes a distribution that nobody waits for any more, and lets go of the message behind it.
 *
 * @returns true when it is closed now
 */
export async function finishDistribution(
  parts: Pick<DeliveryParts, 'store' | 'clock'>,
  distribution: Pick<Distribution, 'id' | 'messageId'>,
): Promise<boolean> {
  const nowMs = parts.clock.now();
  return parts.store.transaction((tx) => finishWithin(tx, distribution, nowMs));
}

/** The same, as a part of a transaction. */
export async function finishWithin(
  tx: Pick<Repositories, 'distributions' | 'messages'>,
  { id, messageId }: Pick<Distribution, 'id' | 'messageId'>,
  nowMs: number,
): Promise<boolean> {
  const finished = await tx.distributions.markFinishedWhenDone(id, nowMs);
  if (finished && messageId !== '') await tx.messages.dropRaw(messageId);
  return finished;
}
