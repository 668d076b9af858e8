import type { List } from '../lists/list.ts';
import { formatField } from '../mime/compose.ts';
import { formatDate } from '../mime/date.ts';
import { decodeEncodedWords } from '../mime/encoded-word.ts';
import type { Entity } from '../mime/entity.ts';
import { findField, type HeaderField } from '../mime/header.ts';
import type { Post } from './post.ts';

/** Fields of another list, of a delivery, or that would make every reader answer: they do not go on. */
const droppedFields: ReadonlySet<string> = new Set([
  'return-path',
  'delivered-to',
  'x-original-to',
  'errors-to',
  'precedence',
  'return-receipt-to',
  'disposition-notification-to',
  'x-sequence',
  'list-id',
  'list-help',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'list-subscribe',
  'list-post',
  'list-owner',
  'list-archive',
  'archived-at',
]);

const encoder = new TextEncoder();

/** What the outer header of a copy is made from. */
export interface HeadPlan {
  readonly post: Post;
  /** Whose fields go on: the message as received, or the one with the list's texts added. */
  readonly entity: Entity;
  readonly list: List;
  readonly sequence: number;
  /** The body is sealed anew: its MIME fields come with the seal. */
  readonly sealed: boolean;
  /** The Subject may carry the list's tag: no protected header says another. */
  readonly tagSubject: boolean;
  readonly nowMs: number;
}

/**
 * Makes the outer header of a distribution without the fields of the seal: the fields as received, byte for byte,
 * less those of the way here, and the list's own (RFC 2369, RFC 2919) before them.
 */
export function distributionHead(plan: HeadPlan): Uint8Array {
  const kept = plan.entity.header.fields.filter((field) => !isDropped(field, plan.sealed));
  const fields = kept.map((field) =>
    isTagged(field, plan) ? encoder.encode(taggedSubject(field, plan)) : field.raw,
  );
  const missing =
    plan.tagSubject &&
    plan.list.config.custom_subject !== undefined &&
    !findField(plan.entity.header, 'subject');
  const tail = missing ? [encoder.encode(formatField('Subject', `[${tagOf(plan)}]`))] : [];
  const messageId = findField(plan.entity.header, 'message-id') ? '' : ownMessageId(plan);
  return joinLines([
    encoder.encode(receivedField(plan.post, plan.nowMs) + listFields(plan) + messageId),
    ...fields,
    ...tail,
  ]);
}

/** Makes the outer header of a message that is forwarded to the people behind a list or the site. */
export function forwardHead(post: Post, sealed: boolean, nowMs: number): Uint8Array {
  const kept = post.message.entity.header.fields.filter(
    (field) => field.name.toLowerCase() !== 'return-path' && !(sealed && isMimeField(field)),
  );
  const own = receivedField(post, nowMs) + formatField('X-Loop', post.message.recipient);
  return joinLines([encoder.encode(own), ...kept.map((field) => field.raw)]);
}

function isDropped(field: HeaderField, sealed: boolean): boolean {
  return droppedFields.has(field.name.toLowerCase()) || (sealed && isMimeField(field));
}

function isMimeField(field: HeaderField): boolean {
  const name = field.name.toLowerCase();
  return name === 'mime-version' || name.startsWith('content-');
}

function isTagged(field: HeaderField, plan: HeadPlan): boolean {
  return (
    plan.tagSubject && plan.list.config.custom_subject !== undefined && field.name.toLowerCase() === 'subject'
  );
}

function tagOf({ list, sequence }: HeadPlan): string {
  return (list.config.custom_subject ?? '')
    .replaceAll(/\[%\s*list\.sequence\s*%\]/g, String(sequence))
    .replaceAll(/\[%\s*list\.name\s*%\]/g, list.name);
}

/** Puts the tag after the marks of a reply, and takes an older tag of this list away. */
function taggedSubject(field: HeaderField, plan: HeadPlan): string {
  const text = decodeEncodedWords(field.body);
  const marks = /^(?:(?:re|aw|sv|antw|fwd?|wg|tr)(?:\[\d{1,4}\])?:\s*)+/i.exec(text)?.[0] ?? '';
  const rest = withoutTags(text.slice(marks.length), plan);
  return formatField('Subject', `${marks}[${tagOf(plan)}] ${rest}`.trimEnd());
}

function withoutTags(text: string, plan: HeadPlan): string {
  const fixed = (plan.list.config.custom_subject ?? '').replaceAll(/\[%\s*list\.name\s*%\]/g, plan.list.name);
  const [before, after] = fixed.split(/\[%\s*list\.sequence\s*%\]/, 2) as [string, string?];
  if (after === undefined) return text.replaceAll(`[${before}]`, '').trimStart();
  let rest = text;
  for (let start = rest.indexOf(`[${before}`); start >= 0; start = rest.indexOf(`[${before}`, start)) {
    const number = /^\d{1,12}/.exec(rest.slice(start + before.length + 1))?.[0] ?? '';
    const tag = `[${before}${number}${after}]`;
    if (number === '' || !rest.startsWith(tag, start)) break;
    rest = rest.slice(0, start) + rest.slice(start + tag.length).trimStart();
  }
  return rest.trimStart();
}

/** RFC 5321 §4.4: every system on the way adds its trace. */
function receivedField({ message, robot }: Post, nowMs: number): string {
  return formatField(
    'Received',
    `by ${robot.domain} (S/Sympa) with LMTP id ${message.id}; ${formatDate(nowMs)}`,
  );
}

function ownMessageId({ post, list }: HeadPlan): string {
  // The same for every try of every copy, so that a copy sent twice can be told from two posts.
  return formatField('Message-ID', `<${post.message.id}@${list.robot.domain}>`);
}

function listFields({ list, sequence }: HeadPlan): string {
  const { name, address, robot } = list;
  const request = `mailto:${name}-request@${robot.domain}`;
  const possible: Readonly<Record<string, readonly [string, string]>> = {
    help: ['List-Help', `<${request}?subject=help>`],
    unsubscribe: ['List-Unsubscribe', `<${request}?subject=unsubscribe>`],
    subscribe: ['List-Subscribe', `<${request}?subject=subscribe>`],
    post: ['List-Post', `<mailto:${address}>`],
    owner: ['List-Owner', `<${request}>`],
  };
  const wanted = list.config.rfc2369_header_fields ?? Object.keys(possible);
  const chosen = wanted.flatMap((key) => (possible[key] ? [possible[key]] : []));
  const own: readonly (readonly [string, string])[] = [
    ['X-Loop', address],
    ['X-Sequence', String(sequence)],
    ['Errors-To', `${name}-owner@${robot.domain}`],
    ['Precedence', 'list'],
    // RFC 2919 §2: one stable identity, never made from what a user wrote.
    ['List-Id', `<${name}.${robot.domain}>`],
    ...chosen,
  ];
  return own.map(([field, body]) => formatField(field, body)).join('');
}

/** Joins fields and ends each with CRLF: mail that came in by a pipe may have bare line feeds in its header. */
function joinLines(parts: readonly Uint8Array[]): Uint8Array {
  const text = parts
    .map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('latin1'))
    .join('');
  return new Uint8Array(Buffer.from(text.replaceAll(/\r?\n/g, '\r\n'), 'latin1'));
}
