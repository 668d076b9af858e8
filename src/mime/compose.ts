import { formatMailbox, type Group, type Mailbox, parseAddressList } from './address.ts';
import { asBuffer } from './bytes.ts';
import { toCrlf } from './canonicalize.ts';
import { isAscii } from './charset.ts';
import { encodePhrase, encodeWords } from './encoded-word.ts';
import { MimeError } from './error.ts';
import { encodeQuotedPrintable } from './transfer-encoding.ts';

const maxLineLength = 78;
/** RFC 5322 §2.1.1: no line may be longer than 998 octets. */
const hardLineLength = 998;

const addressFields: ReadonlySet<string> = new Set([
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'resent-from',
  'resent-sender',
  'resent-to',
  'resent-cc',
  'resent-bcc',
  'mail-followup-to',
  'disposition-notification-to',
]);

/** Fields in which no encoded word may stand (RFC 2047 §5): what is not ASCII in them stays UTF-8 (RFC 6532). */
const opaqueFields: ReadonlySet<string> = new Set([
  'content-type',
  'content-disposition',
  'content-transfer-encoding',
  'content-id',
  'received',
  'return-path',
  'message-id',
  'in-reply-to',
  'references',
  'resent-message-id',
  'date',
  'dkim-signature',
  'authentication-results',
  'list-post',
  'list-help',
  'list-owner',
  'list-archive',
  'list-subscribe',
  'list-unsubscribe',
]);

/**
 * Writes one header field, folded, ended by CRLF. RFC 5322 §2.2.
 *
 * @param name printable ASCII without colon.
 * @param body text; what is not ASCII becomes encoded words, in address fields in the display names only.
 * @throws MimeError 'bad-field' for CR, LF or NUL in the body, or a name that is none.
 */
export function formatField(name: string, body: string): string {
  // RFC 5322 §3.6.8
  if (!/^[\x21-\x39\x3b-\x7e]{1,200}$/.test(name))
    throw new MimeError('bad-field', 'a field was to have a name that is none');
  if (/[\r\n\0]/.test(body)) throw new MimeError('bad-field', `the body of ${name} holds a line end or NUL`);
  const encoded = encodeBody(name.toLowerCase(), body.trim());
  return `${fold(encoded === '' ? `${name}:` : `${name}: ${encoded}`)}\r\n`;
}

function encodeBody(name: string, body: string): string {
  if (isAscii(body) && !hasLongWord(body)) return body;
  if (opaqueFields.has(name)) return body.toWellFormed();
  if (!addressFields.has(name)) return isAscii(body) ? encodePhrase(body) : encodeWords(body);
  return isAscii(body) ? body : formatAddressList(parseAddressList(body).items);
}

function hasLongWord(body: string): boolean {
  return (
    body.length > hardLineLength - 100 && body.split(' ').some((word) => word.length > hardLineLength - 100)
  );
}

/**
 * Writes mailboxes and groups for an address field. RFC 5322 §3.4.
 *
 * @param items from `parseAddressList`, or made.
 * @throws MimeError 'bad-address'.
 */
export function formatAddressList(items: readonly (Mailbox | Group)[]): string {
  return items.map((item) => ('address' in item ? formatMailbox(item) : formatGroup(item))).join(', ');
}

function formatGroup({ groupName, mailboxes }: Group): string {
  const name = formatMailbox({ displayName: groupName, address: 'x@y' }).slice(0, -' <x@y>'.length);
  return `${name === '' ? '""' : name}: ${mailboxes.map(formatMailbox).join(', ')};`;
}

/** Breaks before a blank where a line would be longer than 78; the blank stays. RFC 5322 §2.2.3. */
function fold(field: string): string {
  if (field.length <= maxLineLength) return field;
  const words = field.match(/[ \t]*[^ \t]+/g) ?? [];
  const lines: string[] = [];
  // The first word of the body stays beside the name.
  let line = words.slice(0, 2).join('');
  for (const word of words.slice(2)) {
    if (line.length + word.length > maxLineLength) {
      lines.push(line);
      line = word;
    } else line += word;
  }
  return [...lines, line].join('\r\n');
}

/** What an entity is composed from. */
export interface EntityPlan {
  readonly fields: readonly (readonly [name: string, body: string])[];
  /** Bytes as they go out; text becomes UTF-8 with CRLF. */
  readonly body: Uint8Array | string;
}

/**
 * Puts header and body together.
 *
 * @param plan nothing is added to its fields.
 * @throws MimeError 'bad-field'.
 */
export function composeEntity({ fields, body }: EntityPlan): Uint8Array {
  const head = fields.map(([name, text]) => formatField(name, text)).join('');
  const bytes = typeof body === 'string' ? toCrlf(Buffer.from(body.toWellFormed(), 'utf8')) : body;
  return Buffer.concat([Buffer.from(`${head}\r\n`, 'utf8'), bytes]);
}

/** What a text entity is composed from. */
export interface TextPlan {
  readonly text: string;
  /** `plain` where none is given. */
  readonly subtype?: string;
  /** Fields beside Content-Type and Content-Transfer-Encoding. */
  readonly fields?: readonly (readonly [name: string, body: string])[];
}

/**
 * Puts a text into an entity of its own: ASCII as it is, else UTF-8 in quoted-printable. RFC 2046 §4.1.
 *
 * @param plan line ends of its text become CRLF.
 * @throws MimeError 'bad-field'.
 */
export function composeText({ text, subtype = 'plain', fields = [] }: TextPlan): Uint8Array {
  const bytes = toCrlf(Buffer.from(text.toWellFormed(), 'utf8'));
  const plain = isPlainText(text);
  const own: readonly (readonly [string, string])[] = [
    ['Content-Type', `text/${subtype}; charset=${isAscii(text) ? 'us-ascii' : 'utf-8'}`],
    ['Content-Transfer-Encoding', plain ? '7bit' : 'quoted-printable'],
  ];
  return composeEntity({ fields: [...fields, ...own], body: plain ? bytes : encodeQuotedPrintable(bytes) });
}

/** RFC 2045 §2.7: what may go as 7bit. */
function isPlainText(text: string): boolean {
  return (
    isAscii(text) &&
    !text.includes('\0') &&
    text.split(/[\r\n]/).every((line) => line.length <= hardLineLength)
  );
}

/** What a multipart is composed from. */
export interface MultipartPlan {
  /** `mixed`, `alternative`, … */
  readonly subtype: string;
  /** Whole entities; their bytes go in unchanged. */
  readonly parts: readonly Uint8Array[];
  /** Fields before Content-Type. */
  readonly fields?: readonly (readonly [name: string, body: string])[];
  /** One is chosen that stands in no part where none is given. */
  readonly boundary?: string;
  /** Further parameters of Content-Type, in their order. */
  readonly parameters?: readonly (readonly [name: string, value: string])[];
}

/**
 * Puts entities together as a multipart. RFC 2046 §5.1.
 *
 * @param plan at least one part.
 * @throws MimeError 'bad-boundary', 'bad-field'.
 */
export function composeMultipart(plan: MultipartPlan): Uint8Array {
  const boundary = plan.boundary ?? chooseBoundary(plan.parts);
  checkBoundary(boundary, plan.parts);
  const parameters = [...(plan.parameters ?? []), ['boundary', boundary] as const];
  const type = [
    `multipart/${plan.subtype}`,
    ...parameters.map(([name, value]) => formatParameter(name, value)),
  ];
  const delimiter = Buffer.from(`\r\n--${boundary}\r\n`, 'latin1');
  const pieces = plan.parts.flatMap((part, index) => [index === 0 ? delimiter.subarray(2) : delimiter, part]);
  const body = Buffer.concat([...pieces, Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1')]);
  return composeEntity({ fields: [...(plan.fields ?? []), ['Content-Type', type.join('; ')]], body });
}

/** RFC 2046 §5.1.1: bcharsnospace and blanks, at most 70, no blank at the end. */
function checkBoundary(boundary: string, parts: readonly Uint8Array[]): void {
  if (!/^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(boundary))
    throw new MimeError('bad-boundary', 'a boundary was to have characters that it may not have');
  if (parts.some((part) => asBuffer(part).includes(`--${boundary}`, 0, 'latin1')))
    throw new MimeError('bad-boundary', 'a boundary was to be used that stands in one of the parts');
}

const boundaryStem = '=_part_';

/**
 * Chooses a boundary that stands in none of the parts: `=_` can stand in no quoted-printable text (RFC 2045 §6.7), and the
 * number is the first that no part uses, whoever wrote it there.
 *
 * @param parts entities that will stand between it.
 */
export function chooseBoundary(parts: readonly Uint8Array[]): string {
  const used = new Set<number>();
  for (const part of parts) {
    const bytes = asBuffer(part);
    const stem = `--${boundaryStem}`;
    for (let at = bytes.indexOf(stem, 0, 'latin1'); at >= 0; at = bytes.indexOf(stem, at + 1, 'latin1'))
      used.add(Number.parseInt(bytes.toString('latin1', at + stem.length, at + stem.length + 15), 10));
  }
  let number = 1000;
  while (used.has(number) || hasPrefix(used, number)) number++;
  return `${boundaryStem}${number}`;
}

/** A longer number that begins with this one would hold this boundary too. */
function hasPrefix(used: ReadonlySet<number>, number: number): boolean {
  if (used.size === 0) return false;
  const digits = String(number);
  for (const other of used) if (String(other).startsWith(digits)) return true;
  return false;
}

/**
 * Writes one parameter: as a token where it can be, else quoted, else by RFC 2231 §4.
 *
 * @param name token.
 * @param value any text without line ends.
 */
export function formatParameter(name: string, value: string): string {
  if (/^[\w!#$%&'*+\-.^`{|}~]+$/.test(value)) return `${name}=${value}`;
  // What looks like an encoded word is read as one, in every parameter but this.
  const quotable = name.toLowerCase() === 'boundary' || !value.includes('=?');
  if (quotable && /^[\x20-\x7e]*$/.test(value)) return `${name}="${value.replace(/["\\]/g, '\\$&')}"`;
  return `${name}*=utf-8''${percentEncode(value)}`;
}

function percentEncode(value: string): string {
  return [...Buffer.from(value.toWellFormed(), 'utf8')]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9!#$&+\-.^_`{|}~]/.test(char)
        ? char
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
