import { isAscii } from '../mime/charset.ts';
import { formatField, formatParameter } from '../mime/compose.ts';
import { bodyBytes, decodedText, type Entity, parseEntity } from '../mime/entity.ts';
import type { HeaderField } from '../mime/header.ts';
import { replaceIn } from '../mime/replacement.ts';
import { encodeQuotedPrintable } from '../mime/transfer-encoding.ts';
import { concatBytes } from '../pki/der.ts';
import { SmimeError } from './error.ts';
import { isStructuralField } from './header-protection.ts';
import { mainBodyParts } from './legacy-display.ts';

/** A header field as `formatField` takes it. */
export type FieldPair = readonly [name: string, body: string];

/**
 * A header confidentiality policy: what the outside shows of a field. RFC 9788 §3.
 *
 * @returns the value to show, null to show no such field
 */
export type HeaderPolicy = (name: string, body: string) => string | null;

/** What stands for an obscured Subject. RFC 9788 §3.2.1. */
export const obscuredSubject = '[...]';

/** hcp_baseline, RFC 9788 §3.2.1: the Subject is obscured, Comments and Keywords are left out, all else is shown. */
export const baselinePolicy: HeaderPolicy = (name, body) => {
  const lower = name.toLowerCase();
  if (lower === 'subject') return obscuredSubject;
  return lower === 'comments' || lower === 'keywords' ? null : body;
};

/** hcp_no_confidentiality, RFC 9788 §3.2.3: everything is shown, and protected against change. */
export const openPolicy: HeaderPolicy = (_name, body) => body;

/** What is to be protected, and how. */
export interface ProtectInput {
  /** The header fields of the message, none of them Content-* or MIME-Version. */
  readonly fields: readonly FieldPair[];
  /** Content-* fields and body, in canonical form. */
  readonly entity: Uint8Array;
  /** `clear` for what is signed only, `cipher` for what will be encrypted. */
  readonly mode: 'clear' | 'cipher';
  /** Of a message to be encrypted; hcp_baseline by default. */
  readonly policy?: HeaderPolicy;
  /** Whether clients that do not know RFC 9788 are shown what the policy hides; true by default. */
  readonly legacyDisplay?: boolean;
}

/** A payload that carries its header, and the header that goes outside. */
export interface ProtectedMessage {
  /** To be signed or sealed. */
  readonly payload: Uint8Array;
  readonly outerFields: readonly FieldPair[];
}

const encoder = new TextEncoder();

/**
 * Puts the header of a message into its payload, for what the list itself writes. RFC 9788 §5.2.1.
 *
 * @param input what the list sends; posts of others are never touched
 * @throws SmimeError `structural-field`, MimeError `bad-field`
 */
export function protectHeaders(input: ProtectInput): ProtectedMessage {
  const { fields, mode, policy = baselinePolicy, legacyDisplay = true } = input;
  const wrong = fields.find(([name]) => isStructuralField(name));
  if (wrong)
    throw new SmimeError('structural-field', `${wrong[0]} belongs to the structure, not to the header`);
  if (mode === 'clear') return { payload: payloadOf(input.entity, fields, [], mode), outerFields: fields };
  const outerFields = fields.flatMap(([name, body]): FieldPair[] => {
    const shown = policy(name, body);
    return shown === null ? [] : [[name, shown]];
  });
  const hidden = fields.filter(([name, body]) => isUserFacing(name) && policy(name, body) !== body);
  const entity = legacyDisplay && hidden.length > 0 ? withLegacyDisplay(input.entity, hidden) : input.entity;
  return { payload: payloadOf(entity, fields, outerFields, mode), outerFields };
}

function payloadOf(
  bytes: Uint8Array,
  fields: readonly FieldPair[],
  outerFields: readonly FieldPair[],
  mode: 'clear' | 'cipher',
): Uint8Array {
  const entity = parseEntity(bytes);
  const head = [
    ...fields.map(([name, body]) => formatField(name, body)),
    // RFC 9788 §2.2.1: the value is what stands outside, to the letter.
    ...outerFields.map(([name, body]) => `HP-Outer: ${formatField(name, body)}`),
    contentTypeField(entity, [['hp', mode]]),
  ];
  const rest = entity.header.fields.filter(({ name }) => /^content-(?!type$)/i.test(name)).map(rawField);
  return concatBytes(encoder.encode(head.join('')), ...rest, encoder.encode('\r\n'), bodyBytes(entity));
}

function rawField({ raw }: HeaderField): Uint8Array {
  return raw.at(-1) === 0x0a ? raw : concatBytes(raw, encoder.encode('\r\n'));
}

function contentTypeField(entity: Entity, more: readonly FieldPair[], charset?: string): string {
  const { type, parameters } = entity.contentType;
  const all = new Map([
    ...parameters,
    ...(charset === undefined ? [] : [['charset', charset] as const]),
    ...more,
  ]);
  const written = [...all].map(([name, value]) => `;\r\n ${parameterText(name, value)}`);
  return `Content-Type: ${type}${written.join('')}\r\n`;
}

/** The values of `hp` and its like are quoted in every example of RFC 9788. */
function parameterText(name: string, value: string): string {
  return name.startsWith('hp') ? `${name}="${value}"` : formatParameter(name, value);
}

/** RFC 9787 §1.1.2. */
function isUserFacing(name: string): boolean {
  return ['from', 'to', 'cc', 'date', 'subject', 'reply-to'].includes(name.toLowerCase());
}

/** RFC 9788 §5.2.2, §5.2.3: each main body part begins with a copy of what the outside does not show. */
function withLegacyDisplay(bytes: Uint8Array, hidden: readonly FieldPair[]): Uint8Array {
  const entity = parseEntity(bytes);
  const replacements = mainBodyParts(entity).map((part) => {
    const { start, end } = part.span;
    return { start, end, bytes: decorate(part, hidden) };
  });
  return replaceIn(entity, replacements);
}

function decorate(part: Entity, hidden: readonly FieldPair[]): Uint8Array {
  const lines = hidden.map(([name, body]) => `${name}: ${body}\r\n`).join('');
  const text = decodedText(part).replaceAll(/\r\n|\r|\n/g, '\r\n');
  const isHtml = part.contentType.type === 'text/html';
  const decorated = isHtml ? insertDiv(text, lines) : `${lines}\r\n${text}`;
  const plain = isAscii(decorated) && decorated.split('\r\n').every((line) => line.length <= 990);
  const body = encoder.encode(decorated.toWellFormed());
  const head = [
    contentTypeField(part, [['hp-legacy-display', '1']], isAscii(decorated) ? undefined : 'utf-8'),
    `Content-Transfer-Encoding: ${plain ? '7bit' : 'quoted-printable'}\r\n`,
  ];
  const kept = part.header.fields.filter(({ name }) => !/^content-(type|transfer-encoding)$/i.test(name));
  const encoded = plain ? body : encodeQuotedPrintable(body);
  return concatBytes(encoder.encode(head.join('')), ...kept.map(rawField), encoder.encode('\r\n'), encoded);
}

function insertDiv(html: string, lines: string): string {
  const escaped = lines.trimEnd().replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const div = `<div class="header-protection-legacy-display">\r\n<pre>${escaped}</pre></div>\r\n`;
  const open = html.search(/<body[\s>]/i);
  const at = open < 0 ? 0 : html.indexOf('>', open) + 1;
  return `${html.slice(0, at)}${div}${html.slice(at)}`;
}
