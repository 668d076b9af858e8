import { AsyncLocalStorage } from 'node:async_hooks';

interface Scope {
  readonly store: object;
  isOpen: boolean;
}

const scopes = new AsyncLocalStorage<Scope>();

/**
 * Runs the work of one transaction, so that `refuseInTransaction` knows of it.
 *
 * @param store whose transaction it is
 */
export async function inTransaction<T>(store: object, work: () => Promise<T>): Promise<T> {
  const scope: Scope = { store, isOpen: true };
  try {
    return await scopes.run(scope, work);
  } finally {
    // What the work set going may live on; it is outside then.
    scope.isOpen = false;
  }
}

/**
 * Refuses a store to the work of its own transaction: on SQLite it would wait for its own end, on PostgreSQL it would
 * escape the transaction.
 *
 * @throws Error: a bug
 */
export function refuseInTransaction(store: object): void {
  const scope = scopes.getStore();
  if (scope?.isOpen && scope.store === store)
    throw new Error('within a transaction only its own repositories may be used, not the store');
}

/**
 * Refuses the work of any transaction what may take long, such as the reading of files: SQLite has one connection, and all
 * others wait for it.
 *
 * @param what is not to be done there, for the message
 * @throws Error: a bug
 */
export function refuseInAnyTransaction(what: string): void {
  if (scopes.getStore()?.isOpen) throw new Error(`within a transaction ${what}`);
}
