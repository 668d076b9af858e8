import { newKey, sha256Hex } from '../secrets.ts';
import type { RequestKeyKind } from '../store/request-keys.ts';
import type { Repositories } from '../store/store.ts';

const dayMs = 86_400_000;

/** What a key is good for. */
export interface KeyOrder {
  readonly kind: RequestKeyKind;
  /** Address of the list; empty for what concerns none. */
  readonly list: string;
  /** Who may use it: for owners and editors the address that it is about. */
  readonly address: string;
  /** The request that waits for it. */
  readonly held?: object;
  /** The post that waits for it. */
  readonly messageId?: string;
  readonly days: number;
}

/**
 * Makes a key of 128 random bits for one act on one list by one address, once. Only its digest is stored.
 *
 * @returns the key, for one mail and nothing else
 */
export async function issueKey(tx: Repositories, order: KeyOrder, nowMs: number): Promise<string> {
  const key = newKey();
  const { kind, list, address, held, messageId = null, days } = order;
  await tx.requestKeys.insert({
    digest: digestOfKey(key),
    kind,
    list,
    address,
    request: held === undefined ? null : JSON.stringify(held),
    messageId,
    expiresAt: nowMs + days * dayMs,
  });
  return key;
}

/** Gives what is stored of a key. */
export function digestOfKey(key: string): string {
  return sha256Hex(key.toLowerCase());
}
