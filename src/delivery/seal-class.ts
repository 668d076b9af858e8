import type { EntitySealer } from '../smime/seal-entity.ts';

/** The ciphers that copies are sealed with. */
export type SealCipher = EntitySealer['cipher'];

/**
 * How the copies of one post are sealed; decided once, with the distribution.
 * House rule: a post that arrived with CBC goes out as CBC, as GCM to those who announced it; a post that arrived as
 * AEAD goes out as GCM, and nobody gets a weaker copy of it unless the list allows that all copies are weaker.
 */
export interface SealPolicy {
  /** How the post arrived. */
  readonly inbound: 'cbc' | 'aead';
  /** All copies are CBC, since the list allows it and somebody announced nothing else. */
  readonly allCbc: boolean;
}

/** What one person gets: a cipher, or nothing until a better client announces itself. */
export type SealClass =
  | { readonly status: 'seal'; readonly cipher: SealCipher }
  | { readonly status: 'waits'; readonly code: 'only-cbc-announced' };

const seal = (cipher: SealCipher): SealClass => ({ status: 'seal', cipher });

/**
 * Decides the policy of a post.
 *
 * @param announced capabilities of each recipient, `null` where none are known
 * @param downgrade `seal_downgrade` of the list
 */
export function sealPolicyFor(
  inbound: SealPolicy['inbound'],
  announced: Iterable<readonly string[] | null>,
  downgrade: boolean,
): SealPolicy {
  if (inbound === 'cbc' || !downgrade) return { inbound, allCbc: false };
  for (const capabilities of announced) if (announcesOnlyCbc(capabilities)) return { inbound, allCbc: true };
  return { inbound, allCbc: false };
}

/**
 * Chooses the cipher for one recipient.
 *
 * @param capabilities what a valid signature of the recipient announced, `null` when nothing is known
 */
export function sealClassOf(capabilities: readonly string[] | null, policy: SealPolicy): SealClass {
  if (policy.allCbc) return seal('aes-256-cbc');
  if (capabilities?.includes('aes-256-gcm')) return seal('aes-256-gcm');
  if (policy.inbound === 'cbc') return seal('aes-256-cbc');
  if (capabilities === null) return seal('aes-256-gcm');
  // AES-128-GCM is authenticated as well: who announced only that loses nothing of what the sender chose.
  if (capabilities.includes('aes-128-gcm')) return seal('aes-128-gcm');
  return announcesOnlyCbc(capabilities)
    ? { status: 'waits', code: 'only-cbc-announced' }
    : seal('aes-256-gcm');
}

function announcesOnlyCbc(capabilities: readonly string[] | null): boolean {
  if (capabilities === null) return false;
  return (
    capabilities.some((name) => name.endsWith('-cbc')) && !capabilities.some((name) => name.endsWith('-gcm'))
  );
}
