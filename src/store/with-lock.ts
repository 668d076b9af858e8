import type { Log } from '../log.ts';
import type { Repositories } from './store.ts';

/** A lock that a node holds while it works. */
export interface HeldLock {
  readonly name: string;
  readonly holder: string;
  /** After this time without a sign of life another node takes it. */
  readonly leaseMs: number;
}

/**
 * Does some work while a lock is held.
 *
 * @returns false when another node holds it; nothing is done then
 */
export async function withLock(
  { store, log }: { readonly store: Pick<Repositories, 'locks'>; readonly log: Log },
  { name, holder, leaseMs }: HeldLock,
  work: () => Promise<void>,
): Promise<boolean> {
  if (!(await store.locks.acquire(name, holder, leaseMs))) return false;
  const renewal = setInterval(() => {
    // Not acquired anew: a lock that was taken away stays so.
    store.locks
      .renew(name, holder, leaseMs)
      .catch((error: unknown) => log.warn('lock not renewed', { lock: name, error: nameOf(error) }));
  }, leaseMs / 3);
  try {
    await work();
    return true;
  } finally {
    clearInterval(renewal);
    await store.locks.release(name, holder);
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
