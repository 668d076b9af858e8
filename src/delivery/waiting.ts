import type { Site } from '../config/site.ts';
import type { Distribution } from '../store/distributions.ts';
import type { JobHandler } from '../store/job-runner.ts';
import type { Repositories } from '../store/store.ts';
import type { TrustTarget } from '../trust/site-trust.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { parsePolicy } from './distribution-policy.ts';
import { finishWithin } from './finish.ts';
import { sealClassOf } from './seal-class.ts';

/** Gives the time until which a post waits for the certificate of a recipient. */
export function keepWaitingUntilMs(site: Site, nowMs: number): number {
  return nowMs + site.conf.cert_missing_keep;
}

/** Gives whose anchors count for the certificates that a list's mail is sealed with: the list's own, or its domain's. */
export async function trustTargetOf(
  { lists }: Pick<DeliveryParts, 'lists'>,
  list: string,
): Promise<TrustTarget> {
  return (await lists.find(list)) ?? { robot: lists.robotOf(list) };
}

/** Asks for the notice to a subscriber without usable certificate; the job itself knows whether one is due. */
export async function enqueueMissingNotice(
  repositories: Pick<Repositories, 'jobs'>,
  list: string,
  address: string,
): Promise<void> {
  const subject = `${list} ${address}`;
  await repositories.jobs.enqueue({
    role: 'delivery',
    kind: 'missing-notice',
    subject,
    payload: { list, address },
  });
}

/** Tells whether a distribution is a post to subscribers; what is forwarded to the people behind a list has no number. */
export function isPost(distribution: Pick<Distribution, 'sequence'>): boolean {
  return distribution.sequence > 0;
}

/** Drops posts that wait for somebody who is not subscribed any more: one who left while they were on their way. */
export async function dropForLeaver(
  { store, clock }: Pick<DeliveryParts, 'store' | 'clock'>,
  list: string,
  address: string,
): Promise<void> {
  if (await store.subscribers.isSubscriber(list, address)) return;
  for (const { distributionId } of await store.deliveries.waiting({ list, address })) {
    const distribution = await store.distributions.get(distributionId);
    if (!isPost(distribution) || parsePolicy(distribution.policy).onRequest) continue;
    const nowMs = clock.now();
    await store.transaction(async (tx) => {
      await tx.deliveries.record([
        { distributionId, address, state: 'dropped', code: 'left-list', reply: null },
      ]);
      await finishWithin(tx, distribution, nowMs);
    });
  }
}

/** Makes the handler that lets waiting posts go out when a certificate of their recipient came. */
export function releaseWaitingHandler(parts: DeliveryParts): JobHandler {
  return async (job) => {
    const { address } = job.payload as { address: string };
    for (const list of new Set((await parts.store.deliveries.waitingFor(address)).map((row) => row.list)))
      await dropForLeaver(parts, list, address);
    for (const row of await parts.store.deliveries.waitingFor(address)) {
      const target = await trustTargetOf(parts, row.list);
      const choice = (await parts.certificates.chooseForEncryption(parts.store, [address], target)).get(address);
      if (choice?.status !== 'found') continue;
      const distribution = await parts.store.distributions.get(row.distributionId);
      const { seal } = parsePolicy(distribution.policy);
      if (seal && sealClassOf(choice.capabilities, seal).status === 'waits') continue;
      await parts.store.transaction(async (tx) => {
        const packet = (await tx.deliveries.maxPacket(row.distributionId)) + 1;
        await tx.deliveries.reopen(row.distributionId, address, packet);
        await enqueuePacket(tx, row.distributionId, packet);
      });
    }
    return { status: 'done' };
  };
}

/** Asks for a packet to be sent. */
export async function enqueuePacket(
  repositories: Pick<Repositories, 'jobs'>,
  distributionId: string,
  packet: number,
): Promise<void> {
  await repositories.jobs.enqueue({
    role: 'delivery',
    kind: 'deliver-packet',
    subject: `${distributionId} ${packet}`,
    payload: { distributionId, packet },
  });
}
