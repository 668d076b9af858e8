import { asBuffer, octet } from './bytes.ts';
import { lineEndOf } from './canonicalize.ts';
import { bodyBytes, type Entity, entityBytes } from './entity.ts';
import { MimeError } from './error.ts';

/** What is to become of a header. */
export interface HeaderEdit {
  /** Names of fields to leave out, in any case. */
  readonly remove?: readonly string[];
  /** Whole fields, as `formatField` writes them, to stand before all others. */
  readonly prepend?: readonly string[];
  /** Whole fields to stand behind all others. */
  readonly append?: readonly string[];
}

/**
 * Writes an entity with another header; the bytes of the body and of each field that stays are the same. RFC 5322 §3.6.
 *
 * @param entity from `parseEntity`.
 * @param edit fields that are added take the line end of the message.
 * @throws MimeError 'bad-field' where a text to be added is no field, or would end the header.
 */
export function editHeader(entity: Entity, edit: HeaderEdit): Uint8Array {
  const lineEnd = lineEndOf(entityBytes(entity));
  const removed = new Set((edit.remove ?? []).map((name) => name.toLowerCase()));
  const kept = entity.header.fields.filter(({ name }) => !removed.has(name.toLowerCase()));
  return Buffer.concat([
    ...(edit.prepend ?? []).map((field) => fieldBytes(field, lineEnd)),
    ...kept.map(({ raw }) => endLine(raw, lineEnd)),
    ...(edit.append ?? []).map((field) => fieldBytes(field, lineEnd)),
    Buffer.from(lineEnd, 'latin1'),
    bodyBytes(entity),
  ]);
}

function fieldBytes(field: string, lineEnd: string): Buffer {
  const lines = field.replace(/\r?\n$/, '').split(/\r\n|\n/);
  const wrong = lines.some(
    (line, index) =>
      !(index === 0 ? /^[\x21-\x39\x3b-\x7e]+:/ : /^(?:[ \t]+[^ \t]|[\x21-\x39\x3b-\x7e]+:)/).test(line),
  );
  if (wrong || /[\0\r]/.test(lines.join('')))
    throw new MimeError('bad-field', 'a text that was to be added to a header is no field');
  return Buffer.from(lines.map((line) => line + lineEnd).join(''), 'utf8');
}

/** The last field of a header that nothing follows may lack its line end. */
function endLine(raw: Uint8Array, lineEnd: string): Uint8Array {
  const last = raw.at(-1);
  return last === octet.lf || last === octet.cr
    ? raw
    : Buffer.concat([asBuffer(raw), Buffer.from(lineEnd, 'latin1')]);
}
