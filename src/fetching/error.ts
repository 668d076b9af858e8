import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** Why something is not fetched from a web server. */
export const fetchingErrorCodes = {
  'fetch-bad-url': { meaning: 'It is no web address that is fetched from.', temporary: false },
  'fetch-refused-address': {
    meaning: 'The host is not a public one, and the configuration does not allow it by name.',
    temporary: false,
  },
  'fetch-unresolved': { meaning: 'The name of the host is not found.', temporary: true },
  'fetch-unreachable': {
    meaning: 'The host, or the proxy, cannot be reached or ends the connection.',
    temporary: true,
  },
  'fetch-timeout': { meaning: 'The host does not answer in time.', temporary: true },
  'fetch-too-big': { meaning: 'The answer is larger than is taken.', temporary: false },
  'fetch-status': { meaning: 'The host answers with another status than 200.', temporary: true },
  'fetch-redirect': {
    meaning: 'The host redirects too often, or to something that is not fetched from.',
    temporary: false,
  },
} as const satisfies ErrorTable;

export type FetchingErrorCode = keyof typeof fetchingErrorCodes;

/** An expected failure of fetching. */
export class FetchingError extends SsympaError<FetchingErrorCode> {
  constructor(code: FetchingErrorCode, message: string, options?: ErrorOptionsOf) {
    super(fetchingErrorCodes, code, message, options);
  }
}
