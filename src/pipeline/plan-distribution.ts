import type { DistributionPolicy } from '../delivery/distribution-policy.ts';
import { planSealed, type RecipientPlan } from '../delivery/recipient-plan.ts';
import type { OpenedPost, PipelineParts } from './post.ts';

/**
 * Decides how a message leaves to each recipient: as it is, or sealed with a cipher of the recipient's, or not until a
 * certificate comes. Decided once; delivery follows it.
 */
export async function planRecipients(
  post: OpenedPost,
  addresses: readonly string[],
  envelope: DistributionPolicy['envelope'],
  parts: PipelineParts,
): Promise<RecipientPlan> {
  const verpRate = post.list?.config.verp_rate ?? 0;
  if (!post.opened.payload)
    return { policy: { seal: null, envelope, verpRate }, ready: addresses, waiting: [] };
  const inbound = post.opened.decryption.aead ? 'aead' : 'cbc';
  const downgrade = post.list?.config.seal_downgrade ?? false;
  const target = post.list ?? { robot: post.robot };
  return planSealed(addresses, { inbound, downgrade, target }, parts);
}
