import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** What can go wrong in a mail dialogue before a reply is known. */
export const smtpErrorCodes = {
  'bad-route': {
    meaning: 'The address of a mail server is not of the form smtp://HOST:PORT or lmtp://…',
    temporary: false,
  },
  'peer-unreachable': { meaning: 'No connection to the mail server can be made.', temporary: true },
  'peer-refuses': {
    meaning: 'The mail server refused the connection or the greeting.',
    temporary: true,
  },
  'peer-babbles': { meaning: 'The mail server sent a reply that is no SMTP, or too long.', temporary: true },
  'peer-timeout': { meaning: 'The mail server did not answer in time.', temporary: true },
  'connection-lost': { meaning: 'The mail server closed the connection in the middle.', temporary: true },
  'tls-required': {
    meaning: 'The route asks for TLS, and the mail server does not offer it.',
    temporary: true,
  },
  'tls-failed': {
    meaning: 'The TLS handshake with the mail server failed, and the route asks for TLS.',
    temporary: true,
  },
  'listen-failed': { meaning: 'An address for incoming mail cannot be listened on.', temporary: false },
} as const satisfies ErrorTable;

export type SmtpErrorCode = keyof typeof smtpErrorCodes;

/** An expected failure of a mail dialogue. */
export class SmtpError extends SsympaError<SmtpErrorCode> {
  constructor(code: SmtpErrorCode, message: string, options?: ErrorOptionsOf) {
    super(smtpErrorCodes, code, message, options);
  }
}
