import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** Why something cannot be done with a list. */
export const listsErrorCodes = {
  'no-such-list': { meaning: 'There is no list of that name.', temporary: false },
  'no-such-robot': { meaning: 'The site serves no such domain.', temporary: false },
  'list-exists': { meaning: 'A list of that name is there already.', temporary: false },
  'bad-list-name': { meaning: 'The name cannot be the name of a list.', temporary: false },
  'reserved-list-name': {
    meaning: 'The name, or its ending, belongs to an address of the service.',
    temporary: false,
  },
  'bad-address': { meaning: 'A text that should be an address is none.', temporary: false },
  'filter-not-found': { meaning: 'There is no named filter of that name.', temporary: false },
  'filter-value': { meaning: 'A value is longer than a named filter takes.', temporary: false },
  'filter-database': { meaning: 'The database of a named filter gives no answer.', temporary: true },
  'list-not-writable': { meaning: 'The folder of a list cannot be written.', temporary: true },
} as const satisfies ErrorTable;

export type ListsErrorCode = keyof typeof listsErrorCodes;

/** An expected failure around a list. */
export class ListsError extends SsympaError<ListsErrorCode> {
  constructor(code: ListsErrorCode, message: string, options?: ErrorOptionsOf) {
    super(listsErrorCodes, code, message, options);
  }
}
