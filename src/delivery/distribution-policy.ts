import type { SealPolicy } from './seal-class.ts';

/** How one distribution leaves: stored with it, so that delivery decides nothing again. */
export interface DistributionPolicy {
  /** `null` for what leaves as it is. */
  readonly seal: SealPolicy | null;
  /** Which address bounces come back to. */
  readonly envelope: 'null' | 'owner' | 'verp';
  /** With `owner`: how many of a hundred recipients get an envelope sender of their own, 0 to 100. */
  readonly verpRate: number;
  /** The content is not the body of the message as received: the archive needs it as it was sent. */
  readonly keepsContent?: true;
  /** A copy out of the archive: its recipient asked for it, and need not be subscribed. */
  readonly onRequest?: true;
}

/** Writes the policy for the store. */
export function formatPolicy(policy: DistributionPolicy): string {
  return JSON.stringify(policy);
}

/** Reads a policy that `formatPolicy` wrote. */
export function parsePolicy(text: string): DistributionPolicy {
  return JSON.parse(text) as DistributionPolicy;
}
