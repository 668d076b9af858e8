import type { Repositories } from '../store/store.ts';

/** Names the lock of whoever reads the data sources of a list. */
export function syncLock(address: string): string {
  return `sync ${address}`;
}

/**
 * Makes that nothing comes of data sources which are read at this moment, within the transaction that changes the lists:
 * what they gave was meant for the lists as they were.
 */
export async function revokeSyncs(
  { locks }: Pick<Repositories, 'locks'>,
  addresses: readonly string[],
): Promise<void> {
  for (const name of addresses.map(syncLock).toSorted()) await locks.revoke(name);
}
