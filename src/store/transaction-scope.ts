import { AsyncLocalStorage } from 'node:async_hooks';

interface Scope {
  isOpen: boolean;
}

const scopes = new AsyncLocalStorage<Scope>();

/** Runs the work of one transaction, so that `refuseInTransaction` knows of it. */
export async function inTransaction<T>(work: () => Promise<T>): Promise<T> {
  const scope: Scope = { isOpen: true };
  try {
    return await scopes.run(scope, work);
  } finally {
    // What the work set going may live on; it is outside then.
    scope.isOpen = false;
  }
}

/**
 * Refuses the store itself to the work of a transaction: on SQLite it would wait for its own end, on PostgreSQL it would
 * escape the transaction.
 *
 * @throws Error: a bug
 */
export function refuseInTransaction(): void {
  if (scopes.getStore()?.isOpen)
    throw new Error('within a transaction only its own repositories may be used, not the store');
}
