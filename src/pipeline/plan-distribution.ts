import { type DistributionPolicy, formatPolicy } from '../delivery/distribution-policy.ts';
import { type DeliveryErrorCode, deliveryErrorCodes } from '../delivery/error.ts';
import { pendingRows, planPackets } from '../delivery/packets.ts';
import { sealClassOf, sealPolicyFor } from '../delivery/seal-class.ts';
import type { NewDelivery } from '../store/deliveries.ts';
import type { NewDistribution } from '../store/distributions.ts';
import type { EncryptionChoice } from '../trust/user-certificates.ts';
import type { OpenedPost, PipelineParts } from './post.ts';

/** Recipients whose certificates are looked up in one query. */
const lookUpChunk = 500;

/** Somebody for whom the post waits. */
export interface MissingRecipient {
  readonly address: string;
  readonly code: DeliveryErrorCode;
}

/** Who gets a post, and how it leaves. */
export interface RecipientPlan {
  readonly policy: DistributionPolicy;
  readonly ready: readonly string[];
  readonly waiting: readonly MissingRecipient[];
}

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
  const choices = await chooseAll(addresses, parts);
  const announced = [...choices.values()].map((choice) =>
    choice.status === 'found' ? choice.capabilities : null,
  );
  const inbound = post.opened.decryption.aead ? 'aead' : 'cbc';
  const seal = sealPolicyFor(inbound, announced, post.list?.config.seal_downgrade ?? false);
  const waiting = addresses.flatMap((address): MissingRecipient[] => {
    const choice = choices.get(address);
    if (choice?.status !== 'found') return [{ address, code: 'certificate-missing' }];
    const sealClass = sealClassOf(choice.capabilities, seal);
    return sealClass.status === 'waits' ? [{ address, code: sealClass.code }] : [];
  });
  const missing = new Set(waiting.map((one) => one.address));
  const ready = addresses.filter((address) => !missing.has(address));
  // A sealed copy is one recipient's alone, so its envelope sender can be too.
  return { policy: { seal, envelope: 'verp', verpRate: 100 }, ready, waiting };
}

/** What the store needs to know of a distribution, beside its head and content. */
export interface DistributionRows {
  readonly distribution: NewDistribution;
  readonly deliveries: readonly NewDelivery[];
  readonly packets: readonly number[];
}

/** Makes the rows of a distribution and of each of its recipients. */
export function distributionRows(
  base: Omit<NewDistribution, 'policy' | 'form'>,
  plan: RecipientPlan,
  nrcpt: number,
  keepUntil: number,
): DistributionRows {
  const form = plan.policy.seal ? 'sealed' : 'plain';
  const planned = planPackets(plan.ready, plan.policy, nrcpt);
  const ready = pendingRows(planned, base.id, base.createdAt);
  const waiting = plan.waiting.map(({ address, code }) => ({
    distributionId: base.id,
    packet: -1,
    address,
    state: 'waiting' as const,
    code,
    reply: deliveryErrorCodes[code].meaning,
    updatedAt: base.createdAt,
    keepUntil,
  }));
  return {
    distribution: { ...base, form, policy: formatPolicy(plan.policy) },
    deliveries: [...ready, ...waiting],
    packets: [...new Set(planned.map(({ packet }) => packet))],
  };
}

async function chooseAll(
  addresses: readonly string[],
  { certificates, store }: PipelineParts,
): Promise<ReadonlyMap<string, EncryptionChoice>> {
  const all = new Map<string, EncryptionChoice>();
  for (let i = 0; i < addresses.length; i += lookUpChunk) {
    const chunk = await certificates.chooseForEncryption(store, addresses.slice(i, i + lookUpChunk));
    for (const [address, choice] of chunk) all.set(address, choice);
  }
  return all;
}
