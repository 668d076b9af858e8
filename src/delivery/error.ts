import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** Why a packet cannot be worked on now. */
export const deliveryErrorCodes = {
  'list-gone': { meaning: 'The list of a distribution is no longer there.', temporary: false },
  'key-unavailable': {
    meaning:
      'The key of the list that the post is encrypted to cannot be loaded; the post is held until it can.',
    temporary: true,
  },
  'no-longer-readable': {
    meaning: 'A stored encrypted post that could be opened once does not open any more.',
    temporary: false,
  },
  'delivery-expired': {
    meaning: 'The peer refused for the time being until the time for trying was over.',
    temporary: false,
  },
  'certificate-missing': {
    meaning:
      'No usable certificate of the recipient is known; the post waits for one, nothing leaves in clear.',
    temporary: true,
  },
  'already-decided': {
    meaning: 'A post for editors was decided on before this editor could get it.',
    temporary: false,
  },
  'only-cbc-announced': {
    meaning: 'The recipient announced only ciphers without integrity, and the post arrived with it.',
    temporary: true,
  },
} as const satisfies ErrorTable;

export type DeliveryErrorCode = keyof typeof deliveryErrorCodes;

/** An expected failure on the way out. */
export class DeliveryError extends SsympaError<DeliveryErrorCode> {
  constructor(code: DeliveryErrorCode, message: string, options?: ErrorOptionsOf) {
    super(deliveryErrorCodes, code, message, options);
  }
}
