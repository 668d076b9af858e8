import type { NewDelivery } from '../store/deliveries.ts';
import type { NewDistribution } from '../store/distributions.ts';
import type { Repositories } from '../store/store.ts';
import type { EncryptionChoice } from '../trust/encryption-choice.ts';
import type { TrustTarget } from '../trust/site-trust.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { type DistributionPolicy, formatPolicy } from './distribution-policy.ts';
import { type DeliveryErrorCode, deliveryErrorCodes } from './error.ts';
import { finishWithin } from './finish.ts';
import { pendingRows, planPackets } from './packets.ts';
import { type SealPolicy, sealClassOf, sealPolicyFor } from './seal-class.ts';
import { enqueuePacket } from './waiting.ts';

/** Recipients whose certificates are looked up in one query. */
const lookUpChunk = 500;

/** Somebody for whom a message waits. */
export interface MissingRecipient {
  readonly address: string;
  readonly code: DeliveryErrorCode;
}

/** Who gets a message, and how it leaves. */
export interface RecipientPlan {
  readonly policy: DistributionPolicy;
  readonly ready: readonly string[];
  readonly waiting: readonly MissingRecipient[];
}

/** What decides how a post is sealed. */
export interface SealedPost {
  /** How it arrived. */
  readonly inbound: SealPolicy['inbound'];
  /** `seal_downgrade` of the list. */
  readonly downgrade: boolean;
  /** The list, or the domain, whose anchors count. */
  readonly target: TrustTarget;
}

/**
 * Decides how each recipient's copy of what arrived encrypted is sealed, and who has to wait.
 *
 */
export async function planSealed(
  addresses: readonly string[],
  { inbound, downgrade, target }: SealedPost,
  parts: Pick<DeliveryParts, 'certificates' | 'store'>,
): Promise<RecipientPlan> {
  const choices = await chooseAll(addresses, target, parts);
  const announced = [...choices.values()].map((choice) =>
    choice.status === 'found' ? choice.capabilities : null,
  );
  const seal = sealPolicyFor(inbound, announced, downgrade);
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

/** Writes a distribution, its recipients and the jobs that send it. */
export async function writeDistribution(tx: Repositories, rows: DistributionRows): Promise<void> {
  await tx.distributions.insert(rows.distribution);
  await tx.deliveries.insertMany(rows.deliveries);
  for (const packet of rows.packets) await enqueuePacket(tx, rows.distribution.id, packet);
  // No packet will close it where it goes to nobody.
  if (rows.packets.length === 0) await finishWithin(tx, rows.distribution, rows.distribution.createdAt);
}

async function chooseAll(
  addresses: readonly string[],
  target: TrustTarget,
  { certificates, store }: Pick<DeliveryParts, 'certificates' | 'store'>,
): Promise<ReadonlyMap<string, EncryptionChoice>> {
  const all = new Map<string, EncryptionChoice>();
  for (let i = 0; i < addresses.length; i += lookUpChunk) {
    const asked = addresses.slice(i, i + lookUpChunk);
    const chunk = await certificates.chooseForEncryption(store, asked, target);
    for (const [address, choice] of chunk) all.set(address, choice);
  }
  return all;
}
