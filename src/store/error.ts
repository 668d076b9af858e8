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
  'no-such-certificate': { meaning: 'No certificate of that id is stored.', temporary: false },
} as const satisfies ErrorTable;

export type StoreErrorCode = keyof typeof storeErrorCodes;

/** An expected failure of the store. */
export class StoreError extends SsympaError<StoreErrorCode> {
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptionsOf) {
    super(storeErrorCodes, code, message, options);
  }
}

/** Why a job is tried again or was put aside, where no typed error says it. */
export const jobCodes = {
  'unknown-job': { meaning: 'No part of this version does jobs of that kind.', temporary: false },
  'worker-died': {
    meaning: 'The process ended in the middle of the job each time that it was tried.',
    temporary: false,
  },
  bug: { meaning: 'An unexpected error ended the job; the log has where.', temporary: true },
} as const satisfies ErrorTable;
