import type { NewDelivery } from '../store/deliveries.ts';
import type { DistributionPolicy } from './distribution-policy.ts';

/** Recipients of one packet when each gets a copy of its own. */
const singleCopiesPerPacket = 50;

/** A recipient and the packet that it is in. */
export interface PlannedDelivery {
  readonly address: string;
  readonly packet: number;
}

/**
 * Puts the recipients of a distribution into packets: neighbours by domain, so that a packet is one conversation.
 *
 * @param nrcpt most recipients of one transaction (`nrcpt`)
 */
export function planPackets(
  addresses: readonly string[],
  policy: DistributionPolicy,
  nrcpt: number,
): readonly PlannedDelivery[] {
  const size = policy.envelope === 'verp' ? singleCopiesPerPacket : nrcpt;
  const byDomain = addresses.toSorted((a, b) => compare(domainOf(a), domainOf(b)) || compare(a, b));
  return byDomain.map((address, index) => ({ address, packet: Math.floor(index / size) }));
}

/**
 * Tells whether this recipient of this post gets an envelope sender of its own: a share of `rate` in a hundred that
 * moves on with each post, so that everybody is probed in time.
 */
export function takesVerp(address: string, sequence: number, rate: number): boolean {
  let hash = 0;
  for (let i = 0; i < address.length; i++) hash = (Math.imul(hash, 31) + address.charCodeAt(i)) >>> 0;
  return (hash + sequence * 17) % 100 < rate;
}

/** Makes the rows of recipients whose copies are to be sent. */
export function pendingRows(
  planned: readonly PlannedDelivery[],
  distributionId: string,
  updatedAt: number,
): readonly NewDelivery[] {
  const base = {
    distributionId,
    state: 'pending',
    code: null,
    reply: null,
    updatedAt,
    keepUntil: null,
  } as const;
  return planned.map(({ address, packet }) => ({ ...base, address, packet }));
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
