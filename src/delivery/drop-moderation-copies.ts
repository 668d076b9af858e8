import type { Repositories } from '../store/store.ts';
import { deliveryErrorCodes } from './error.ts';
import { finishWithin } from './finish.ts';

/** Forms of the copies that editors get of a post that waits. */
const forEditors: ReadonlySet<string> = new Set(['notice', 'wrapped']);

/** Takes back the copies for editors that are not out yet, once a post is decided on: a key in them would be worth nothing. */
export async function dropModerationCopies(
  tx: Pick<Repositories, 'archivePosts' | 'deliveries' | 'distributions' | 'messages'>,
  messageId: string,
  nowMs: number,
): Promise<void> {
  const code = 'already-decided';
  const { meaning: reply } = deliveryErrorCodes[code];
  for (const distribution of await tx.distributions.ofMessage(messageId)) {
    if (!forEditors.has(distribution.form)) continue;
    const rows = await tx.deliveries.ofDistribution(distribution.id);
    const unsent = rows.filter(({ state }) => state === 'pending' || state === 'waiting');
    await tx.deliveries.record(
      unsent.map(({ distributionId, address }) => ({
        distributionId,
        address,
        state: 'dropped',
        code,
        reply,
      })),
    );
    await finishWithin(tx, distribution, nowMs);
  }
}
