import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** Why a received message cannot be worked with at all. */
export const messageErrorCodes = {
  'message-unreadable': {
    meaning:
      'The message breaks the limits of MIME (size, depth, parts, header bytes), so nothing of it is used.',
    temporary: false,
  },
} as const satisfies ErrorTable;

export type MessageErrorCode = keyof typeof messageErrorCodes;

/** An expected failure while a received message is read. */
export class MessageError extends SsympaError<MessageErrorCode> {
  constructor(code: MessageErrorCode, message: string, options?: ErrorOptionsOf) {
    super(messageErrorCodes, code, message, options);
  }
}
