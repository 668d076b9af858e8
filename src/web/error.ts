import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** Why the web interface cannot be started. */
export const webErrorCodes = {
  'web-listen-failed': { meaning: 'The address of `web_listen` cannot be listened on.', temporary: false },
  'web-not-loopback': {
    meaning: '`web_listen http://…` names an address other machines could reach.',
    temporary: false,
  },
  'tls-unreadable': { meaning: '`tls_certificate` or `tls_private_key` cannot be used.', temporary: false },
} as const satisfies ErrorTable;

export type WebErrorCode = keyof typeof webErrorCodes;

/** An expected failure of the web interface. */
export class WebError extends SsympaError<WebErrorCode> {
  constructor(code: WebErrorCode, message: string, options?: ErrorOptionsOf) {
    super(webErrorCodes, code, message, options);
  }
}
