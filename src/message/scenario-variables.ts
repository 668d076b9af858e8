import { decodedText, type Entity, parseEntity } from '../mime/entity.ts';
import { findFields } from '../mime/header.ts';
import type { MessageSecurity, VariableValue } from '../scenario/context.ts';
import type { OpenedMessage } from '../smime/open-message.ts';
import type { ReceivedMessage } from './received-message.ts';

/** Gives the value of one family of variables; `key` is what follows `->`. */
type Family = (message: ReceivedMessage, opened: OpenedMessage, key: string) => VariableValue;

/** The variables of a scenario that a message answers, by what stands before `->`. */
const families: Readonly<Record<string, Family>> = {
  msg_header: (message, _opened, key) => headerValues(message, key),
  header: (message, _opened, key) => headerValues(message, key),
  msg_body: (_message, opened) => bodyOf(opened),
  msg_part: (_message, opened, key) => partsOf(opened, key),
  msg_encrypted: (_message, opened) => (opened.decryption.status === 'opened' ? 'smime' : ''),
  msg: () => undefined,
};

/**
 * Gives a variable of a scenario from the message: `msg_header->Subject`, `msg_body`, `msg_part->type` …
 *
 * @returns `undefined` for a variable that no message has
 */
export function messageVariable(
  message: ReceivedMessage,
  opened: OpenedMessage,
  path: string,
): VariableValue {
  const [family, ...rest] = path.split('->');
  return families[family!]?.(message, opened, rest.join('->'));
}

/** Gives the cryptographic facts that conditions may ask for. */
export function securityOf(opened: OpenedMessage): MessageSecurity {
  const signer = opened.signers.find((one) => one.status === 'valid');
  return {
    encrypted: opened.decryption.status === 'opened',
    authenticatedEncryption: opened.decryption.aead,
    signed: opened.authenticationMethod === 'smime',
    issuers: opened.authenticationMethod === 'smime' ? (signer?.issuers ?? []) : [],
    protectedHeader: (name) => protectedField(opened, name),
  };
}

function protectedField(opened: OpenedMessage, name: string): string | undefined {
  const { mode, subject, from, to, date } = opened.headerProtection;
  if (mode === 'none') return undefined;
  const fields: Readonly<Record<string, string | null>> = { subject, from, to, date };
  return fields[name.toLowerCase()] ?? undefined;
}

function headerValues(message: ReceivedMessage, name: string): readonly string[] {
  return findFields(message.entity.header, name).map((field) => field.body);
}

/** Only text at the top has a body for scenarios; it is read in memory and goes nowhere. */
function bodyOf(opened: OpenedMessage): string | undefined {
  return readInnermost(opened, (entity) =>
    entity.contentType.type.startsWith('text/') ? decodedText(entity) : undefined,
  );
}

function partsOf(opened: OpenedMessage, key: string): readonly string[] {
  const read: Readonly<Record<string, (part: Entity) => string>> = {
    type: (part) => part.contentType.type,
    body: (part) => (part.contentType.type.startsWith('text/') ? decodedText(part) : ''),
  };
  const reader = read[key];
  if (!reader) return [];
  return readInnermost(opened, (entity) => entity.children.map(reader)) ?? [];
}

function readInnermost<T>(opened: OpenedMessage, reader: (entity: Entity) => T): T | undefined {
  return opened.innermost?.use((bytes) => reader(parseEntity(bytes)));
}
