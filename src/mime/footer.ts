import { asBuffer } from './bytes.ts';
import { lineEndOf, toCrlf } from './canonicalize.ts';
import { isAscii } from './charset.ts';
import { chooseBoundary, composeText, formatField, formatParameter } from './compose.ts';
import { parseContentDisposition } from './content-type.ts';
import { editHeader } from './edit-header.ts';
import { type Entity, entityBytes, parseEntity } from './entity.ts';
import { MimeError } from './error.ts';
import { appendToTexts } from './footer-text.ts';
import { findField } from './header.ts';
import { replaceIn, withLineEnd } from './replacement.ts';

/** A text to be added to a message, and where. */
export interface Footer {
  readonly text: string;
  readonly position: 'end' | 'start';
  /** `mime`: a part of its own; `append`: into the text parts, where their charset allows, else a part of its own. */
  readonly mode: 'mime' | 'append';
}

const protectedTypes: ReadonlySet<string> = new Set([
  'multipart/signed',
  'multipart/encrypted',
  'application/pkcs7-mime',
  'application/x-pkcs7-mime',
  'application/pkcs7-signature',
  'application/x-pkcs7-signature',
  'application/pgp-encrypted',
]);

/**
 * Tells whether an entity is signed or encrypted by its type, so that nothing may be added to it. RFC 1847, RFC 8551 §3.9.
 *
 * @param entity from `parseEntity`; only its root counts.
 */
function isProtectedEntity(entity: Entity): boolean {
  const { type } = entity.contentType;
  return (
    protectedTypes.has(type) || (type === 'application/octet-stream' && /\.p7[msz]$/i.test(fileName(entity)))
  );
}

function fileName(entity: Entity): string {
  const field = findField(entity.header, 'Content-Disposition');
  const named = field && parseContentDisposition(field.body).parameters.get('filename');
  return (named ?? entity.contentType.parameters.get('name') ?? '').trim();
}

/**
 * Adds a text to a message that is neither signed nor encrypted. Signed parts deeper in it keep their bytes.
 *
 * @param entity a whole message from `parseEntity`.
 * @param footer an empty text adds nothing.
 * @returns the bytes of the new message.
 * @throws MimeError 'signed-content' where the root is signed or encrypted.
 */
export function addFooter(entity: Entity, footer: Footer): Uint8Array {
  if (isProtectedEntity(entity)) throw new MimeError('signed-content', 'the message is signed or encrypted');
  const text = footer.text.replace(/\s+$/, '').replace(/\r\n?|\n/g, '\r\n');
  if (text === '') return entityBytes(entity);
  const bytes = entityBytes(entity);
  // Bare CR ends a line only where there is no LF, so that what is added would undo every line of the message.
  const whole = lineEndOf(bytes) === '\r' ? parseEntity(toCrlf(bytes)) : entity;
  const plan = { ...footer, text };
  return (
    (footer.mode === 'append' ? appendToTexts(whole, plan.text, plan.position) : undefined) ??
    addPart(whole, plan)
  );
}

function addPart(entity: Entity, { text, position }: Footer): Uint8Array {
  const part = composeText({ text, fields: [['Content-Disposition', 'inline']] });
  const boundary = entity.contentType.parameters.get('boundary')?.trimEnd() ?? '';
  const insertable =
    entity.contentType.type === 'multipart/mixed' &&
    entity.children.length > 0 &&
    isAscii(boundary) &&
    !asBuffer(part).includes(`--${boundary}`, 0, 'latin1');
  return insertable ? insertPart(entity, part, boundary, position) : wrap(entity, part, position);
}

/** A further part of a multipart/mixed: not a byte of the others changes. */
function insertPart(
  entity: Entity,
  part: Uint8Array,
  boundary: string,
  position: Footer['position'],
): Uint8Array {
  const text = asBuffer(part).toString('latin1');
  const first = entity.children[0]!.span.start;
  const last = entity.children.at(-1)!.span.end;
  if (position === 'start')
    return replaceIn(entity, [
      { start: first, end: first, bytes: withLineEnd(entity, `${text}\r\n--${boundary}\r\n`) },
    ]);
  const open = entity.defects.includes('no-close-boundary');
  const inserted = `\r\n--${boundary}\r\n${text}${open ? `\r\n--${boundary}--\r\n` : ''}`;
  return replaceIn(entity, [
    { start: last, end: open ? entity.span.end : last, bytes: withLineEnd(entity, inserted) },
  ]);
}

/** The message as it was becomes the one part, the text the other, of a multipart/mixed. */
function wrap(entity: Entity, part: Uint8Array, position: Footer['position']): Uint8Array {
  const names = entity.header.fields.map(({ name }) => name);
  const contentNames = names.filter(isContentName);
  const inner = editHeader(entity, { remove: names.filter((name) => !isContentName(name)) });
  const own = withLineEnd(entity, asBuffer(part).toString('latin1'));
  const parts = position === 'end' ? [inner, own] : [own, inner];
  const boundary = chooseBoundary(parts);
  const versioned = findField(entity.header, 'MIME-Version') !== undefined;
  const append = [
    ...(versioned ? [] : [formatField('MIME-Version', '1.0')]),
    formatField('Content-Type', `multipart/mixed; ${formatParameter('boundary', boundary)}`),
  ];
  const bodiless = { ...entity, bodySpan: { start: entity.span.end, end: entity.span.end } };
  const delimit = (text: string) => withLineEnd(entity, text);
  return Buffer.concat([
    editHeader(bodiless, { remove: contentNames, append }),
    delimit(`--${boundary}\r\n`),
    parts[0]!,
    delimit(`\r\n--${boundary}\r\n`),
    parts[1]!,
    delimit(`\r\n--${boundary}--\r\n`),
  ]);
}

function isContentName(name: string): boolean {
  return name.toLowerCase().startsWith('content-');
}
