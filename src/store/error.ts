import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** What can go wrong with the database. */
export const storeErrorCodes = {
  'store-unavailable': { meaning: 'The database cannot be reached or does not answer.', temporary: true },
  'bad-database-url': {
    meaning: 'The parameter `database` names no database that is known.',
    temporary: false,
  },
  'migration-failed': {
    meaning: 'The tables of the database could not be brought to this version.',
    temporary: false,
  },
  'no-such-message': { meaning: 'No message of that id is stored.', temporary: false },
  'no-such-distribution': { meaning: 'No distribution of that id is stored.', temporary: false },
  'no-such-job': { meaning: 'No job of that id is stored.', temporary: false },
} as const satisfies ErrorTable;

export type StoreErrorCode = keyof typeof storeErrorCodes;

/** An expected failure of the store. */
export class StoreError extends SsympaError<StoreErrorCode> {
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptionsOf) {
    super(storeErrorCodes, code, message, options);
  }
}
