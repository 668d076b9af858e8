import { asBuffer, octet } from './bytes.ts';
import { encodeCharset, isAscii } from './charset.ts';
import { formatField, formatParameter } from './compose.ts';
import { parseContentDisposition } from './content-type.ts';
import { editHeader } from './edit-header.ts';
import { decodedBody, type Entity } from './entity.ts';
import { findField } from './header.ts';
import { type Replacement, replaceIn, withLineEnd } from './replacement.ts';
import { encodeBase64Lines, encodeQuotedPrintable, isIdentityEncoding } from './transfer-encoding.ts';

type Position = 'end' | 'start';

/**
 * Adds a text into the text parts that a reader sees first: the message itself, the first part of a multipart/mixed or
 * multipart/related, each alternative of a multipart/alternative.
 *
 * @param entity a whole message from `parseEntity`.
 * @param text lines ended by CRLF, none at its end.
 * @param position before or behind what stands there.
 * @returns undefined where one of the parts cannot take the text: signed, attached, or in a charset that cannot say it.
 */
export function appendToTexts(entity: Entity, text: string, position: Position): Uint8Array | undefined {
  const targets = findTexts(entity);
  if (targets.length === 0) return undefined;
  const replacements: Replacement[] = [];
  for (const target of targets) {
    const bytes = withText(target, text, position);
    if (bytes === undefined) return undefined;
    replacements.push({ ...target.span, bytes });
  }
  return replaceIn(entity, replacements);
}

function findTexts(entity: Entity): readonly Entity[] {
  const { type } = entity.contentType;
  if (type === 'text/plain' || type === 'text/html') return isAttached(entity) ? [] : [entity];
  const [first] = entity.children;
  if ((type === 'multipart/mixed' || type === 'multipart/related') && first !== undefined)
    return findTexts(first);
  return type === 'multipart/alternative' ? entity.children.flatMap(findTexts) : [];
}

function isAttached(entity: Entity): boolean {
  const field = findField(entity.header, 'Content-Disposition');
  return field !== undefined && parseContentDisposition(field.body).disposition === 'attachment';
}

// RFC 9580 §7: a text that carries its own signature must stay as it is.
const armour = '-----BEGIN PGP ';

/** The whole part with the text in it; all bytes of its body stay where its transfer encoding lets them. */
function withText(entity: Entity, text: string, position: Position): Uint8Array | undefined {
  const html = entity.contentType.type === 'text/html';
  const body = asBuffer(decodedBody(entity));
  const charset = charsetFor(entity, body, html ? '' : text);
  const identity = isIdentityEncoding(entity.contentTransferEncoding);
  // An encoded text has CRLF inside; one that stands there as it is has the line ends of the message.
  const lineEnd = identity ? withLineEnd(entity, '\r\n') : Buffer.from('\r\n');
  const lines = (html ? toHtml(text) : text).replaceAll('\r\n', lineEnd.toString('latin1'));
  const added = encodeCharset(lines, charset);
  if (added === undefined || body.includes(armour)) return undefined;
  const merged = (html ? intoHtml : intoPlain)(body, added, position, lineEnd);
  return Buffer.concat(encodePart(entity, merged, isAscii(lines), charset));
}

/** The charset of the part, or UTF-8 where that says the same of what stands there and allows the text as well. */
function charsetFor(entity: Entity, body: Buffer, text: string): string {
  const named = entity.contentType.parameters.get('charset') ?? 'us-ascii';
  return /^us-ascii$/i.test(named) && !isAscii(text) && isAscii(body.toString('latin1')) ? 'utf-8' : named;
}

function encodePart(
  entity: Entity,
  body: Uint8Array,
  ascii: boolean,
  charset: string,
): readonly Uint8Array[] {
  const encoding = entity.contentTransferEncoding;
  const typeFields =
    charset === (entity.contentType.parameters.get('charset') ?? 'us-ascii')
      ? []
      : [typeField(entity, charset)];
  const head = (fields: readonly string[]) =>
    editHeader(
      { ...entity, bodySpan: { start: entity.span.end, end: entity.span.end } },
      { remove: fields.map((field) => field.slice(0, field.indexOf(':'))), append: fields },
    );
  if (encoding === 'base64') return [head(typeFields), withoutLastLineEnd(encodeBase64Lines(body))];
  if (isIdentityEncoding(encoding) && (ascii || encoding !== '7bit')) return [head(typeFields), body];
  const encodingField = formatField('Content-Transfer-Encoding', 'quoted-printable');
  return [head([...typeFields, encodingField]), encodeQuotedPrintable(body)];
}

function typeField(entity: Entity, charset: string): string {
  const parameters = [...entity.contentType.parameters].filter(([name]) => name !== 'charset');
  const all = [...parameters, ['charset', charset] as const];
  const texts = all.map(([name, value]) => formatParameter(name, value));
  return formatField('Content-Type', [entity.contentType.type, ...texts].join('; '));
}

function withoutLastLineEnd(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === octet.lf ? bytes.subarray(0, bytes.length - 2) : bytes;
}

function intoPlain(body: Buffer, added: Uint8Array, position: Position, lineEnd: Buffer): Uint8Array {
  if (position === 'start') return Buffer.concat([added, lineEnd, lineEnd, body]);
  const ended = body.length === 0 || body.at(-1) === octet.lf || body.at(-1) === octet.cr;
  return Buffer.concat([body, ...(ended ? [] : [lineEnd]), lineEnd, added, lineEnd]);
}

/** Behind the opening tag of the body, or before its closing tag; where there is none, at the edge. */
function intoHtml(body: Buffer, added: Uint8Array, position: Position, lineEnd: Buffer): Uint8Array {
  const lower = body.toString('latin1').toLowerCase();
  const at = position === 'start' ? behindOpening(lower) : beforeClosing(lower);
  return Buffer.concat([body.subarray(0, at), lineEnd, added, lineEnd, body.subarray(at)]);
}

function behindOpening(lower: string): number {
  const tag = lower.indexOf('<body');
  return tag < 0 ? 0 : lower.indexOf('>', tag) + 1;
}

function beforeClosing(lower: string): number {
  const tag = Math.max(lower.lastIndexOf('</body'), -1);
  const outer = tag < 0 ? lower.lastIndexOf('</html') : tag;
  return outer < 0 ? lower.length : outer;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** ASCII in every charset: what is not becomes a numeric reference. */
function toHtml(text: string): string {
  const escaped = text
    .toWellFormed()
    .replace(/[&<>"]/g, (char) => entities[char]!)
    .replace(/[^\x00-\x7f]/gu, (char) => `&#${char.codePointAt(0)};`);
  return `<div>${escaped.replaceAll('\r\n', '<br>\r\n')}</div>`;
}
