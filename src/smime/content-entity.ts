import { toCrlf } from '../mime/canonicalize.ts';
import { bodyBytes, type Entity, entityBytes, parseEntity } from '../mime/entity.ts';
import type { HeaderField } from '../mime/header.ts';
import { concatBytes } from '../pki/der.ts';
import { SmimeError } from './error.ts';

/** A message taken apart for signing or sealing. */
export interface SplitMessage {
  /** The fields that stay outside, each ended by CRLF; no MIME-Version, no Content-*. */
  readonly outer: Uint8Array;
  /** Content-* fields and body, in canonical form. */
  readonly entity: Uint8Array;
}

const encoder = new TextEncoder();
const lineEnd = encoder.encode('\r\n');

/**
 * Gives the Content-* fields and the body of an entity: what a message is without its envelope of fields.
 *
 * @param bytes of an entity; where it has nothing else, they come back as they are
 * @throws MimeError where a limit is broken
 */
export function contentOf(bytes: Uint8Array): Uint8Array {
  const entity = parseEntity(bytes);
  const { fields } = entity.header;
  if (fields.every(isContentField)) return bytes;
  const kept = fields.filter(isContentField).map(ended);
  return concatBytes(...kept, blankLineOf(entity), bodyBytes(entity));
}

/**
 * Takes a message apart: Content-* fields and body become the entity, other fields stay outside. RFC 8551 §3.1.
 *
 * @param bytes a message; its lines end in CRLF afterwards, unless it is declared binary
 * @throws SmimeError `not-a-message`, MimeError where a limit is broken
 */
export function splitMessage(bytes: Uint8Array): SplitMessage {
  const message = parseEntity(bytes);
  const { fields } = message.header;
  if (fields.length === 0)
    throw new SmimeError('not-a-message', 'what is to be sealed or signed has no header');
  const outer = fields.filter(
    (field) => !isContentField(field) && field.name.toLowerCase() !== 'mime-version',
  );
  const content = fields.filter(isContentField).map(ended);
  const body = bodyBytes(message);
  return {
    outer: toCrlf(concatBytes(...outer.map(ended))),
    entity: concatBytes(
      toCrlf(concatBytes(...content)),
      lineEnd,
      // RFC 8551 §3.1.1: text is canonical before it is signed; what is declared binary has no lines.
      message.contentTransferEncoding === 'binary' ? body : toCrlf(body),
    ),
  };
}

function isContentField({ name }: HeaderField): boolean {
  return /^content-/i.test(name);
}

function ended({ raw }: HeaderField): Uint8Array {
  return raw.at(-1) === 0x0a || raw.at(-1) === 0x0d ? raw : concatBytes(raw, lineEnd);
}

/** The line that ends the header, as the entity has it. */
function blankLineOf(entity: Entity): Uint8Array {
  const header = entityBytes(entity).subarray(0, entity.headerSpan.end - entity.headerSpan.start);
  const fieldBytes = entity.header.fields.at(-1)!.raw;
  const end = fieldBytes.byteOffset - header.byteOffset + fieldBytes.length;
  const blank = header.subarray(end);
  return blank.length > 0 ? blank : lineEnd;
}
