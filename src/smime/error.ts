import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** Every expected failure of the S/MIME folder; what a message is worth is a verdict, not an error. */
export const smimeErrorCodes = {
  'not-a-message': { meaning: 'The bytes are neither a mail message nor a CMS value.', temporary: false },
  'no-recipient': { meaning: 'A message cannot be sealed for nobody.', temporary: false },
  'structural-field': {
    meaning: 'A field that belongs to the MIME structure was given as a header field to protect.',
    temporary: false,
  },
} as const satisfies ErrorTable;

export type SmimeErrorCode = keyof typeof smimeErrorCodes;

/** An expected failure of reading or writing S/MIME; never holds plaintext or keys. */
export class SmimeError extends SsympaError<SmimeErrorCode> {
  constructor(code: SmimeErrorCode, message: string, options?: ErrorOptionsOf) {
    super(smimeErrorCodes, code, message, options);
  }
}
