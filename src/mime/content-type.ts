import { fieldCursor, readParameters, skipBlanks } from './parameters.ts';

/** A media type with its parameters. RFC 2045 §5. */
export interface ContentType {
  /** `type/subtype`, lower case. */
  readonly type: string;
  /** Lower-case name → value, RFC 2231 segments joined and decoded. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** What a part is for. RFC 2183. */
export interface ContentDisposition {
  /** `inline`, `attachment` or another word, lower case; '' where none stands there. */
  readonly disposition: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The type of an entity that names none. RFC 2045 §5.2. */
export const defaultContentType: ContentType = { type: 'text/plain', parameters: new Map() };

/**
 * Parses the body of a Content-Type field. RFC 2045 §5.1.
 *
 * @param body field body, folded or not.
 * @param maxParameters see {@link readParameters}.
 * @returns the type; `text/plain` where type or subtype is missing.
 * @throws MimeError 'too-many-parameters'.
 */
export function parseContentType(body: string, maxParameters?: number): ContentType {
  const cursor = fieldCursor(body);
  const type = readWord(cursor, '/');
  skipBlanks(cursor);
  let subtype = '';
  if (cursor.text[cursor.position] === '/') {
    cursor.position++;
    subtype = readWord(cursor, '');
  }
  const parameters = readParameters(cursor, maxParameters);
  // RFC 2045 §5.2: a field that is syntactically wrong counts as text/plain.
  return { type: type === '' || subtype === '' ? defaultContentType.type : `${type}/${subtype}`, parameters };
}

/**
 * Parses the body of a Content-Disposition field. RFC 2183 §2.
 *
 * @param body field body, folded or not.
 * @throws MimeError 'too-many-parameters'.
 */
export function parseContentDisposition(body: string): ContentDisposition {
  const cursor = fieldCursor(body);
  const disposition = readWord(cursor, '');
  return { disposition, parameters: readParameters(cursor) };
}

function readWord(cursor: ReturnType<typeof fieldCursor>, stop: string): string {
  skipBlanks(cursor);
  const start = cursor.position;
  const { text } = cursor;
  while (cursor.position < text.length) {
    const char = text[cursor.position]!;
    if (char === stop || char === ';' || char === ' ' || char === '\t' || char === '(') break;
    cursor.position++;
  }
  return text.slice(start, cursor.position).toLowerCase();
}
