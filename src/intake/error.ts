import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** What can go wrong while a message is taken over. */
export const intakeErrorCodes = {
  'address-refused': { meaning: 'The site takes no mail for the address.', temporary: false },
  'message-refused': { meaning: 'The daemon refused the message for good.', temporary: false },
  'daemon-unreachable': {
    meaning: 'The daemon does not answer at its socket; the mail stays with the MTA.',
    temporary: true,
  },
  'not-taken': { meaning: 'The daemon could not store the message now.', temporary: true },
} as const satisfies ErrorTable;

export type IntakeErrorCode = keyof typeof intakeErrorCodes;

/** An expected failure of the intake. */
export class IntakeError extends SsympaError<IntakeErrorCode> {
  constructor(code: IntakeErrorCode, message: string, options?: ErrorOptionsOf) {
    super(intakeErrorCodes, code, message, options);
  }
}
