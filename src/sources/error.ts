import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** Why a data source of a list cannot be read, or a list not be brought up to date. */
export const sourcesErrorCodes = {
  'source-missing': { meaning: 'The file of a data source is not there.', temporary: true },
  'source-unreadable': { meaning: 'The file of a data source cannot be read.', temporary: true },
  'source-faulty': {
    meaning:
      'Something that should be an address is none. What a data source names beside it is added; nobody is taken out by it.',
    temporary: false,
  },
  'source-empty': {
    meaning: 'A data source that named people names nobody any more. Nobody is taken out by it.',
    temporary: false,
  },
  'source-too-large': { meaning: 'A data source gives more than is taken.', temporary: false },
  'source-timeout': { meaning: 'A data source does not answer in time.', temporary: true },
  'source-database': { meaning: 'The database of a data source gives no answer.', temporary: true },
  'source-unsupported': {
    meaning: 'A data source is of a kind, or has a parameter, that is not offered.',
    temporary: false,
  },
  'source-bad-parameter': { meaning: 'A parameter of a data source is not right.', temporary: false },
  'source-no-list': { meaning: 'A data source names a list that is not there.', temporary: false },
  'source-unusable-list': {
    meaning: 'A data source needs to know what the config of another list says, which is faulty.',
    temporary: false,
  },
  'sync-busy': {
    meaning:
      'Another process is reading the data sources of the list, or changed the list while they were read.',
    temporary: true,
  },
  'sync-unusable-list': {
    meaning: 'The list is gone or not open, or its configuration is faulty: its data sources are not read.',
    temporary: false,
  },
} as const satisfies ErrorTable;

export type SourcesErrorCode = keyof typeof sourcesErrorCodes;

/** An expected failure around a data source; never says a password, and no address. */
export class SourcesError extends SsympaError<SourcesErrorCode> {
  constructor(code: SourcesErrorCode, message: string, options?: ErrorOptionsOf) {
    super(sourcesErrorCodes, code, message, options);
  }
}
