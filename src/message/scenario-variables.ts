import { decodedText, type Entity, parseEntity } from '../mime/entity.ts';
import { MimeError } from '../mime/error.ts';
import { findFields } from '../mime/header.ts';
import type { MessageSecurity } from '../scenario/context.ts';
import type { MessageVariables } from '../scenario/context-variables.ts';
import type { OpenedMessage } from '../smime/open-message.ts';
import type { ReceivedMessage } from './received-message.ts';

/** Gives what the variables of a scenario ask of a message; content is read in memory and goes nowhere. */
export function messageVariables(message: ReceivedMessage, opened: OpenedMessage): MessageVariables {
  return {
    headerValues: (name) => findFields(message.entity.header, name).map((field) => field.body),
    textBody: () => readInnermost(opened, textOf),
    parts: () =>
      readInnermost(opened, ({ children }) =>
        children.map((part) => ({ type: part.contentType.type, body: textOf(part) })),
      ) ?? [],
    attribute: () => undefined,
    encrypted: opened.decryption.status === 'opened',
  };
}

/** Gives the cryptographic facts that conditions may ask for. */
export function securityOf(opened: OpenedMessage): MessageSecurity {
  const signed = opened.authenticationMethod === 'smime';
  return {
    encrypted: opened.decryption.status === 'opened',
    authenticatedEncryption: opened.decryption.aead,
    signed,
    issuers: signed ? (opened.signers[0]?.issuers ?? []) : [],
    protectedHeader: (name) => protectedField(opened, name),
  };
}

function protectedField(opened: OpenedMessage, name: string): string | undefined {
  const { status, subject, from, to, date } = opened.headerProtection;
  // Header fields that nothing signs or encrypts are anybody's, wherever they stand.
  if (status === 'unprotected') return undefined;
  const fields = new Map([
    ['subject', subject],
    ['from', from],
    ['to', to],
    ['date', date],
  ]);
  return fields.get(name.toLowerCase()) ?? undefined;
}

function textOf(entity: Entity): string | undefined {
  return entity.contentType.type.startsWith('text/') ? decodedText(entity) : undefined;
}

function readInnermost<T>(opened: OpenedMessage, reader: (entity: Entity) => T): T | undefined {
  try {
    return opened.innermost?.use((bytes) => reader(parseEntity(bytes)));
  } catch (error) {
    // What is inside an envelope may break the limits that the outer message keeps; it has no text and no parts then.
    if (error instanceof MimeError) return undefined;
    throw error;
  }
}
