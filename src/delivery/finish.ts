import type { Distribution } from '../store/distributions.ts';
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
  return parts.store.transaction(async (tx) => {
    const finished = await tx.distributions.markFinishedWhenDone(distribution.id, parts.clock.now());
    if (finished && distribution.messageId !== '') await tx.messages.dropRaw(distribution.messageId);
    return finished;
  });
}
