import { asBuffer, beforeLineEnd, isBlank, octet } from './bytes.ts';
import { decodeCharset } from './charset.ts';
import { type ContentType, defaultContentType, parseContentType } from './content-type.ts';
import {
  delimiterAt,
  enterMultipart,
  leaveMultipart,
  nextDelimiter,
  type Scan,
  startScan,
} from './delimiter.ts';
import { MimeError } from './error.ts';
import { findField, type Header, type HeaderField, headerField } from './header.ts';
import { defaultMimeLimits, type MimeLimits } from './limits.ts';
import { decodeTransferEncoding, isIdentityEncoding } from './transfer-encoding.ts';

/** A stretch of the source, `end` excluded. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What may be wrong with an entity that was read nonetheless. */
export const mimeDefects = {
  'no-blank-line': 'The header is ended by something other than a blank line.',
  'stray-continuation': 'The header begins with a continuation line, which is left out.',
  'mbox-line': 'The header begins with the From line of a mailbox file, which is left out.',
  'nameless-field': 'A line of the header begins with a colon and is left out.',
  'no-boundary': 'A multipart names no boundary and is read as one body.',
  'no-start-boundary': 'A multipart in which its boundary does not stand; it is read as one body.',
  'no-close-boundary': 'A multipart ends without its closing boundary.',
  'encoded-multipart': 'A multipart or message has a transfer encoding that it may not have.',
} as const;

/** A message or a part of one, over the bytes of the message. RFC 2045 §2.4, RFC 5322 §2. */
export interface Entity {
  /** The whole message, not copied. */
  readonly source: Uint8Array;
  /** Header and body; the line end before a boundary is not in it. RFC 2046 §5.1.1. */
  readonly span: Span;
  /** The blank line included. */
  readonly headerSpan: Span;
  readonly bodySpan: Span;
  readonly header: Header;
  readonly contentType: ContentType;
  /** Lower case; `7bit` where none is named. */
  readonly contentTransferEncoding: string;
  /** Parts of a multipart, or the one message in a message/*. */
  readonly children: readonly Entity[];
  /** Keys of {@link mimeDefects}. */
  readonly defects: readonly string[];
}

interface Walk {
  /** As it was given, so that what is cut from it is of the caller's own kind. */
  readonly original: Uint8Array;
  readonly source: Buffer;
  readonly limits: MimeLimits;
  readonly scan: Scan;
  parts: number;
}

/**
 * Parses a message into entities over its own bytes, in one pass. Malformed messages are read as well as they can be.
 *
 * @param source the message; CRLF or bare LF end a line, bare CR where there is no LF at all.
 * @param limits what it may cost.
 * @throws MimeError 'message-too-big', 'header-too-big', 'too-many-fields', 'too-many-parameters', 'too-deep', 'too-many-parts'.
 */
export function parseEntity(source: Uint8Array, limits: MimeLimits = defaultMimeLimits): Entity {
  if (source.length > limits.maxMessageBytes)
    throw new MimeError('message-too-big', `the message has more than ${limits.maxMessageBytes} bytes`);
  const buffer = asBuffer(source);
  return readEntity(
    { original: source, source: buffer, limits, scan: startScan(buffer), parts: 0 },
    0,
    1,
    defaultContentType,
  );
}

function readEntity(walk: Walk, start: number, depth: number, defaultType: ContentType): Entity {
  countEntity(walk, depth);
  const defects: string[] = [];
  const block = readHeader(walk, start, defects);
  const typeField = findField({ fields: block.fields }, 'Content-Type');
  const contentType =
    typeField === undefined ? defaultType : parseContentType(typeField.body, walk.limits.maxParameters);
  const contentTransferEncoding = transferEncodingOf({ fields: block.fields });
  const children = readChildren(walk, block.end, depth, contentType, contentTransferEncoding, defects);
  const next = nextDelimiter(walk.scan, children.end);
  const end = endOfEntity(walk, next?.start, start);
  const headerEnd = Math.min(block.end, end);
  return {
    source: walk.original,
    span: { start, end },
    headerSpan: { start, end: headerEnd },
    bodySpan: { start: headerEnd, end },
    header: { fields: clampLast(block.fields, walk.original, end) },
    contentType,
    contentTransferEncoding,
    children: children.entities.map((child) => clampChild(child, end)),
    defects,
  };
}

/** RFC 2046 §5.1.1: the line end before a boundary belongs to it; a part that is cut off loses its last one too. */
function endOfEntity(walk: Walk, next: number | undefined, start: number): number {
  const { source, scan } = walk;
  if (next === undefined && scan.level === 0) return source.length;
  return beforeLineEnd(source, next ?? source.length, start);
}

function countEntity(walk: Walk, depth: number): void {
  if (depth > walk.limits.maxDepth)
    throw new MimeError('too-deep', `entities are nested deeper than ${walk.limits.maxDepth} levels`);
  if (++walk.parts > walk.limits.maxParts)
    throw new MimeError('too-many-parts', `the message has more than ${walk.limits.maxParts} entities`);
}

interface HeaderBlock {
  readonly fields: readonly HeaderField[];
  /** Where the body begins. */
  readonly end: number;
}

/** Reads fields up to the blank line, to a line that is no field, or to a boundary. */
function readHeader(walk: Walk, start: number, defects: string[]): HeaderBlock {
  const { source, scan } = walk;
  const fields: HeaderField[] = [];
  let fieldStart = -1;
  let position = start;
  let end = -1;
  while (end < 0) {
    const over = position >= source.length || delimiterAt(scan, position) !== undefined;
    const lineEnd = over ? position : endOfLine(scan, position);
    const kind = over ? 'over' : lineKind(source, position, lineEnd, position === start);
    if (kind !== 'continuation') {
      if (fieldStart >= 0) fields.push(headerField(walk.original.subarray(fieldStart, position)));
      fieldStart = kind === 'field' ? position : -1;
    } else if (fieldStart < 0) defects.push('stray-continuation');
    checkHeader(walk.limits, lineEnd - start, fields.length);
    if (kind in mimeDefects) defects.push(kind);
    if (kind === 'blank' || kind === 'over') end = lineEnd;
    else if (kind === 'no-blank-line') end = position;
    position = lineEnd;
  }
  return { fields, end };
}

function checkHeader(limits: MimeLimits, bytes: number, fields: number): void {
  if (bytes > limits.maxHeaderBytes)
    throw new MimeError('header-too-big', `a header has more than ${limits.maxHeaderBytes} bytes`);
  if (fields > limits.maxHeaderFields)
    throw new MimeError('too-many-fields', `a header has more than ${limits.maxHeaderFields} fields`);
}

type LineKind = 'blank' | 'field' | 'continuation' | 'mbox-line' | 'nameless-field' | 'no-blank-line';

function lineKind(source: Buffer, start: number, end: number, first: boolean): LineKind {
  const byte = source[start]!;
  if (isBlank(byte)) return 'continuation';
  if (byte === octet.lf || byte === octet.cr)
    return isLineEndOnly(source, start, end) ? 'blank' : 'no-blank-line';
  if (byte === octet.colon) return 'nameless-field';
  if (isFieldLine(source, start, end)) return 'field';
  return first && /^>?From $/.test(source.toString('latin1', start, start + (byte === 0x3e ? 6 : 5)))
    ? 'mbox-line'
    : 'no-blank-line';
}

function isLineEndOnly(source: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index++)
    if (source[index] !== octet.cr && source[index] !== octet.lf) return false;
  return true;
}

/** RFC 5322 §2.2: a name of printable ASCII; §4.5: blanks may stand before the colon. */
function isFieldLine(source: Buffer, start: number, end: number): boolean {
  let index = start;
  while (index < end && source[index]! > 0x20 && source[index]! < 0x7f && source[index] !== octet.colon)
    index++;
  while (index < end && isBlank(source[index])) index++;
  return source[index] === octet.colon && index < end;
}

function endOfLine(scan: Scan, position: number): number {
  const end = scan.source.indexOf(scan.lineEnd, position);
  return end < 0 ? scan.source.length : end + 1;
}

/** The line end before a boundary belongs to the boundary, even where it ended the last field. */
function clampLast(fields: readonly HeaderField[], source: Uint8Array, end: number): readonly HeaderField[] {
  const last = fields.at(-1);
  if (last === undefined) return fields;
  const lastEnd = last.raw.byteOffset - source.byteOffset + last.raw.length;
  return lastEnd <= end
    ? fields
    : [...fields.slice(0, -1), headerField(last.raw.subarray(0, last.raw.length - (lastEnd - end)))];
}

/** An empty part whose line end belongs to an outer boundary would else begin behind the entity that holds it. */
function clampChild(child: Entity, end: number): Entity {
  if (child.span.start <= end) return child;
  const span = { start: end, end };
  const children = child.children.map((inner) => clampChild(inner, end));
  return { ...child, span, headerSpan: span, bodySpan: span, children };
}

function transferEncodingOf(header: Header): string {
  const body = findField(header, 'Content-Transfer-Encoding')?.body ?? '';
  return (/^[^\s;(]+/.exec(body)?.[0] ?? '7bit').toLowerCase();
}

interface Children {
  readonly entities: readonly Entity[];
  /** Where the search for the end of the entity goes on. */
  readonly end: number;
}

function readChildren(
  walk: Walk,
  start: number,
  depth: number,
  contentType: ContentType,
  encoding: string,
  defects: string[],
): Children {
  if (contentType.type.startsWith('multipart/')) {
    if (!isIdentityEncoding(encoding)) defects.push('encoded-multipart');
    return readParts(walk, start, depth, contentType, defects);
  }
  if (!holdsMessage(contentType)) return { entities: [], end: start };
  // RFC 2046 §5.2.1: no encoding other than 7bit, 8bit, binary is permitted.
  if (!isIdentityEncoding(encoding)) {
    defects.push('encoded-multipart');
    return { entities: [], end: start };
  }
  const child = readEntity(walk, start, depth + 1, defaultContentType);
  return { entities: [child], end: child.span.end };
}

/** RFC 2046 §5.2: types whose body begins with a header; of a message/partial only the first fragment's does. */
function holdsMessage({ type, parameters }: ContentType): boolean {
  if (type === 'message/partial') return parameters.get('number') === '1';
  return ['message/rfc822', 'message/global', 'message/news', 'message/external-body'].includes(type);
}

const digestPartType: ContentType = { type: 'message/rfc822', parameters: new Map() };

/** RFC 2046 §5.1.5: the parts of a digest are messages unless they say otherwise. */
function partTypeOf(multipart: ContentType): ContentType {
  return multipart.type === 'multipart/digest' ? digestPartType : defaultContentType;
}

/** RFC 2046 §5.1.1. */
function readParts(
  walk: Walk,
  start: number,
  depth: number,
  contentType: ContentType,
  defects: string[],
): Children {
  const boundary = contentType.parameters.get('boundary')?.trimEnd();
  if (boundary === undefined) {
    defects.push('no-boundary');
    return { entities: [], end: start };
  }
  const level = enterMultipart(walk.scan, boundary);
  const entities: Entity[] = [];
  let end = start;
  let closed = false;
  while (!closed) {
    const delimiter = nextDelimiter(walk.scan, end);
    if (delimiter === undefined || delimiter.level !== level) break;
    end = delimiter.end;
    closed = delimiter.closing;
    // Boundary lines that follow each other directly hold no part between them.
    if (closed || delimiterAt(walk.scan, end)?.level === level) continue;
    const part = readEntity(walk, end, depth + 1, partTypeOf(contentType));
    entities.push(part);
    end = Math.max(part.span.end, end);
  }
  leaveMultipart(walk.scan, level);
  if (entities.length === 0) defects.push('no-start-boundary');
  else if (!closed) defects.push('no-close-boundary');
  return { entities, end };
}

/**
 * Gives the exact bytes of an entity, header and body, not copied.
 *
 * @param entity from `parseEntity`.
 */
export function entityBytes(entity: Entity): Uint8Array {
  return entity.source.subarray(entity.span.start, entity.span.end);
}

/**
 * Gives the exact bytes of an entity's body, not copied.
 *
 * @param entity from `parseEntity`.
 */
export function bodyBytes(entity: Entity): Uint8Array {
  return entity.source.subarray(entity.bodySpan.start, entity.bodySpan.end);
}

/**
 * Gives the body of an entity with its transfer encoding undone.
 *
 * @param entity from `parseEntity`.
 * @param maxBytes how many bytes the result may have.
 * @throws MimeError 'decoded-too-big'.
 */
export function decodedBody(entity: Entity, maxBytes?: number): Uint8Array {
  return decodeTransferEncoding(bodyBytes(entity), entity.contentTransferEncoding, maxBytes);
}

/**
 * Gives the body of an entity as text: transfer encoding undone, decoded by its charset.
 *
 * @param entity from `parseEntity`, of type text/*.
 * @throws MimeError 'decoded-too-big'.
 */
export function decodedText(entity: Entity): string {
  return decodeCharset(decodedBody(entity), entity.contentType.parameters.get('charset') ?? '');
}
