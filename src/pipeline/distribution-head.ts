import type { List } from '../lists/list.ts';
import { formatField } from '../mime/compose.ts';
import { formatDate } from '../mime/date.ts';
import type { Entity } from '../mime/entity.ts';
import type { HeaderField } from '../mime/header.ts';
import type { Post } from './post.ts';
import { madeMessageId } from './post-id.ts';
import { subjectTag } from './subject-tag.ts';

/** Fields of another list, of a delivery, or that would make every reader answer: they do not go on. */
const droppedFields: ReadonlySet<string> = new Set([
  'return-path',
  'delivered-to',
  'x-original-to',
  'errors-to',
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

/** What holds a message together, and what tells that it was here: no parameter of a list touches these. */
const structuralFields: ReadonlySet<string> = new Set([
  'from',
  'date',
  'message-id',
  'mime-version',
  'x-loop',
]);

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

/** A field with its bytes. */
type OwnField = Pick<HeaderField, 'name' | 'raw'>;

/**
 * Makes the outer header of a distribution without the fields of the seal: the fields as received, byte for byte,
 * less those of the way here and `remove_headers`, and the list's own (RFC 2369, RFC 2919) before them, less
 * `remove_outgoing_headers`. What is inside a signature or an envelope is not looked at.
 */
export function distributionHead(plan: HeadPlan): Uint8Array {
  const { custom_subject, remove_headers, remove_outgoing_headers } = plan.list.config;
  const { fields } = plan.entity.header;
  const removed = removal(remove_headers);
  const kept = fields.filter((field) => !isDropped(field, plan.sealed) && !removed(field));
  const tag =
    plan.tagSubject && custom_subject !== undefined ? subjectTag(plan.list, plan.sequence) : undefined;
  const tagged = tag ? kept.map((field) => (isNamed(field, 'subject') ? tag.onField(field) : field)) : kept;
  const untitled = tag && !fields.some((field) => isNamed(field, 'subject'));
  const untold = !fields.some((field) => isNamed(field, 'message-id'));
  const all: readonly OwnField[] = [
    receivedField(plan.post, plan.nowMs),
    ...listFields(plan),
    ...customFields(plan.list),
    ...(untold ? [ownMessageId(plan)] : []),
    ...tagged,
    ...(untitled ? [tag.alone()] : []),
  ];
  const hidden = removal(remove_outgoing_headers);
  return joinLines(all.filter((field) => !hidden(field)));
}

/** Makes the outer header of a message that is forwarded to the people behind a list or the site. */
export function forwardHead(post: Post, sealed: boolean, nowMs: number): Uint8Array {
  const kept = post.message.entity.header.fields.filter(
    (field) => field.name.toLowerCase() !== 'return-path' && !(sealed && isMimeField(field)),
  );
  const own = [receivedField(post, nowMs), ownField('X-Loop', post.message.recipient)];
  return joinLines([...own, ...kept]);
}

function isNamed(field: OwnField, name: string): boolean {
  return field.name.toLowerCase() === name;
}

function removal(names: readonly string[]): (field: OwnField) => boolean {
  const wanted = new Set(names.map((name) => name.toLowerCase().replace(/:$/, '')));
  return (field) => wanted.has(field.name.toLowerCase()) && !isStructural(field);
}

function isStructural(field: OwnField): boolean {
  return structuralFields.has(field.name.toLowerCase()) || isMimeField(field);
}

/** The fields of `custom_header`, each written `Name: value`; none that would make the message another. */
function customFields({ config }: List): readonly OwnField[] {
  return config.custom_header.flatMap((text) => {
    const colon = text.indexOf(':');
    const name = text.slice(0, colon);
    const made = ownField(name, text.slice(colon + 1).replaceAll(/[\r\n\0]/g, ' '));
    return isStructural(made) ? [] : [made];
  });
}

/** Makes a field of our own. */
function ownField(name: string, body: string): OwnField {
  return { name, raw: new TextEncoder().encode(formatField(name, body)) };
}

function isDropped(field: OwnField, sealed: boolean): boolean {
  return droppedFields.has(field.name.toLowerCase()) || (sealed && isMimeField(field));
}

function isMimeField(field: OwnField): boolean {
  const name = field.name.toLowerCase();
  return name === 'mime-version' || name.startsWith('content-');
}

/** RFC 5321 §4.4: every system on the way adds its trace. */
function receivedField({ message, robot }: Post, nowMs: number): OwnField {
  return ownField(
    'Received',
    `by ${robot.domain} (S/Sympa) with LMTP id ${message.id}; ${formatDate(nowMs)}`,
  );
}

function ownMessageId({ post, list }: HeadPlan): OwnField {
  // The same for every try of every copy, so that a copy sent twice can be told from two posts.
  return ownField('Message-ID', madeMessageId(post, list));
}

function listFields({ list, sequence }: HeadPlan): readonly OwnField[] {
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
  return own.map(([field, body]) => ownField(field, body));
}

/**
 * Joins fields, each ended by CRLF. Mail that came in by a pipe may have bare line feeds in its header, or no line end
 * at all; a bare CR, which a careless peer takes for a line end (RFC 5322 §2.2), becomes a blank.
 */
function joinLines(fields: readonly OwnField[]): Uint8Array {
  const text = fields
    .map(({ raw }) => Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1'))
    .map((field) => `${field.replace(/[\r\n]+$/, '')}\n`)
    .join('');
  const lines = text.replaceAll('\r\n', '\n').replaceAll('\r', ' ').replaceAll('\n', '\r\n');
  return new Uint8Array(Buffer.from(lines, 'latin1'));
}
