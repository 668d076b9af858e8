import { asBuffer, octet } from './bytes.ts';
import { decodeUtf8Strict, isAscii } from './charset.ts';

/** One header field over the original bytes. RFC 5322 §2.2. */
export interface HeaderField {
  /** Name as it stands there, without the colon. */
  readonly name: string;
  /** Exact bytes, folding and line end included. */
  readonly raw: Uint8Array;
  /** Unfolded text after the colon, trimmed; UTF-8 (RFC 6532), else Latin-1. */
  readonly body: string;
}

/** The fields of one entity in their order. */
export interface Header {
  readonly fields: readonly HeaderField[];
}

/**
 * Finds the first field of a name.
 *
 * @param header where to look.
 * @param name in any case.
 */
export function findField(header: Header, name: string): HeaderField | undefined {
  const wanted = name.toLowerCase();
  return header.fields.find(
    (field) => field.name.length === wanted.length && field.name.toLowerCase() === wanted,
  );
}

/**
 * Finds all fields of a name, in their order.
 *
 * @param header where to look.
 * @param name in any case.
 */
export function findFields(header: Header, name: string): readonly HeaderField[] {
  const wanted = name.toLowerCase();
  return header.fields.filter(
    (field) => field.name.length === wanted.length && field.name.toLowerCase() === wanted,
  );
}

/**
 * Makes a field from its bytes.
 *
 * @param raw the whole field; a colon must stand in it.
 */
export function headerField(raw: Uint8Array): HeaderField {
  const bytes = asBuffer(raw);
  const colon = bytes.indexOf(octet.colon);
  return {
    name: bytes.toString('latin1', 0, colon).trimEnd(),
    raw,
    body: unfold(decodeFieldBytes(bytes.subarray(colon + 1))),
  };
}

/**
 * Takes the line ends out of a folded body and trims it. RFC 5322 §2.2.3.
 *
 * @param text body as it stands in the message.
 */
function unfold(text: string): string {
  return text.replace(/[\r\n]+/g, '').trim();
}

/**
 * Cuts a text at the first line end that folds nothing: what follows is no part of the field. RFC 5322 §2.2.3.
 *
 * @param text folded field body, perhaps with more behind it.
 */
export function withinField(text: string): string {
  const end = text.search(/\n(?![ \t])/);
  return end < 0 ? text : text.slice(0, end);
}

function decodeFieldBytes(bytes: Buffer): string {
  const latin1 = bytes.toString('latin1');
  // RFC 6532 §3: header bodies may be UTF-8.
  return isAscii(latin1) ? latin1 : (decodeUtf8Strict(bytes) ?? latin1);
}
