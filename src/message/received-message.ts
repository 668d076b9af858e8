import { type Entity, parseEntity } from '../mime/entity.ts';
import { MimeError } from '../mime/error.ts';
import { MessageError } from './error.ts';
import { identifySender, type Sender } from './sender.ts';

/** A message as it came in: its envelope, its bytes, and what the outer header says of its sender. */
export interface ReceivedMessage {
  readonly id: string;
  /** The site's address that it came to, canonical. */
  readonly recipient: string;
  /** Empty for the null sender. */
  readonly envelopeSender: string;
  readonly receivedAtMs: number;
  /** The bytes as received. */
  readonly raw: Uint8Array;
  readonly entity: Entity;
  readonly sender: Sender;
}

/** What is known of a message before its bytes are read. */
export type Envelope = Omit<ReceivedMessage, 'entity' | 'sender'>;

/**
 * Reads the outer header and structure of a message.
 *
 * @throws MessageError `message-unreadable` when it breaks the limits of `mime/`
 */
export function readReceivedMessage(envelope: Envelope): ReceivedMessage {
  try {
    const entity = parseEntity(envelope.raw);
    return { ...envelope, entity, sender: identifySender(entity.header) };
  } catch (error) {
    if (!(error instanceof MimeError)) throw error;
    throw new MessageError('message-unreadable', `the message cannot be read: ${error.code}`, {
      cause: error,
    });
  }
}
