import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** Every expected failure of the MIME folder. */
export const mimeErrorCodes = {
  'message-too-big': { meaning: 'The message has more bytes than the limit allows.', temporary: false },
  'header-too-big': {
    meaning: 'The header of an entity has more bytes than the limit allows.',
    temporary: false,
  },
  'too-many-fields': {
    meaning: 'The header of an entity has more fields than the limit allows.',
    temporary: false,
  },
  'too-deep': { meaning: 'Entities are nested deeper than the limit allows.', temporary: false },
  'too-many-parts': { meaning: 'The message has more entities than the limit allows.', temporary: false },
  'too-many-parameters': {
    meaning: 'A header field has more parameters than the limit allows.',
    temporary: false,
  },
  'too-many-addresses': {
    meaning: 'An address field has more mailboxes than the limit allows.',
    temporary: false,
  },
  'decoded-too-big': {
    meaning: 'The decoded content has more bytes than the limit allows.',
    temporary: false,
  },
  'bad-field': {
    meaning:
      'A header field that was to be written has a name or a body that cannot stand in a header (line end, NUL).',
    temporary: false,
  },
  'bad-address': { meaning: 'A text that must be one address is not.', temporary: false },
  'bad-boundary': {
    meaning: 'The boundary that was asked for is not allowed or stands in one of the parts.',
    temporary: false,
  },
  'signed-content': {
    meaning: 'The message is signed or encrypted, so nothing may be added to its content.',
    temporary: false,
  },
} as const satisfies ErrorTable;

export type MimeErrorCode = keyof typeof mimeErrorCodes;

/** An expected failure of parsing or composing MIME; never holds content of the message. */
export class MimeError extends SsympaError<MimeErrorCode> {
  constructor(code: MimeErrorCode, message: string, options?: ErrorOptionsOf) {
    super(mimeErrorCodes, code, message, options);
  }
}
