import type { Site } from '../config/site.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { WaitingRow } from '../store/deliveries.ts';
import type { Distribution } from '../store/distributions.ts';
import type { JobHandler } from '../store/job-runner.ts';
import type { Repositories } from '../store/store.ts';
import type { EncryptionChoice } from '../trust/encryption-choice.ts';
import { enqueueRelease } from '../trust/enqueue-release.ts';
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

/** Gives the certificate that a waiting copy could be sealed with now. */
async function certificateFor(
  { store }: DeliveryParts,
  { distributionId }: WaitingRow,
  choice: EncryptionChoice | undefined,
): Promise<Certificate | undefined> {
  if (choice?.status !== 'found') return undefined;
  const { seal } = parsePolicy((await store.distributions.get(distributionId)).policy);
  return seal && sealClassOf(choice.capabilities, seal).status === 'waits' ? undefined : choice.certificate;
}

/**
 * Asks for waiting posts to go out whose recipients have a certificate that is accepted again: no message tells of that, but
 * a revocation list, a file of anchors, or another authority.
 */
export async function releaseAccepted(parts: DeliveryParts, signal: AbortSignal): Promise<void> {
  const { certificates, store } = parts;
  const rows = await store.deliveries.waitingWithCertificate();
  for (const [list, ofList] of Map.groupBy(rows, (row) => row.list)) {
    const addresses = [...new Set(ofList.map(({ address }) => address))];
    const target = await trustTargetOf(parts, list);
    const choices = await certificates.chooseForEncryption(store, addresses, target);
    for (const row of ofList) {
      if (signal.aborted) return;
      const certificate = await certificateFor(parts, row, choices.get(row.address));
      if (certificate) await enqueueRelease(store, row.address, certificate.sha256);
    }
  }
}

/** Makes the handler that lets waiting posts go out when a certificate of their recipient came. */
export function releaseWaitingHandler(parts: DeliveryParts): JobHandler {
  return async (job) => {
    const { address } = job.payload as { address: string };
    for (const list of new Set((await parts.store.deliveries.waitingFor(address)).map((row) => row.list)))
      await dropForLeaver(parts, list, address);
    const waiting = await parts.store.deliveries.waitingFor(address);
    for (const [list, rows] of Map.groupBy(waiting, (row) => row.list))
      await releaseOfList(parts, list, address, rows);
    return { status: 'done' };
  };
}

/** One choice serves all posts of a list: when each is sealed it is made again. */
async function releaseOfList(
  parts: DeliveryParts,
  list: string,
  address: string,
  rows: readonly WaitingRow[],
): Promise<void> {
  const { certificates, store } = parts;
  const target = await trustTargetOf(parts, list);
  const choice = (await certificates.chooseForEncryption(store, [address], target)).get(address);
  for (const row of rows) {
    if (!(await certificateFor(parts, row, choice))) continue;
    await store.transaction(async (tx) => {
      const packet = (await tx.deliveries.maxPacket(row.distributionId)) + 1;
      await tx.deliveries.reopen(row.distributionId, address, packet);
      await enqueuePacket(tx, row.distributionId, packet);
    });
  }
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
