import { formatField } from '../mime/compose.ts';
import { parseEntity } from '../mime/entity.ts';
import { randomToken } from '../secrets.ts';
import { OpenedContent } from '../smime/opened.ts';
import { protectHeaders } from '../smime/protect-headers.ts';

/** A message of ours in two pieces: the fields that stay outside whatever becomes of the body, and the body as an entity. */
export interface TextPart {
  /** Fields, each ended by CRLF; no MIME field among them. */
  readonly head: Uint8Array;
  /** Content-* fields, an empty line, the text. */
  readonly text: Uint8Array;
}

/** Takes a rendered message apart, so that a post can be attached to its text. */
export function splitMessage(raw: Uint8Array): TextPart {
  const entity = parseEntity(raw);
  const { fields } = entity.header;
  const outer = fields.filter(({ name }) => !isMime(name)).map((field) => field.raw);
  const inner = fields.filter(({ name }) => /^content-/i.test(name)).map((field) => field.raw);
  const body = raw.subarray(entity.bodySpan.start, entity.bodySpan.end);
  return {
    head: new Uint8Array(Buffer.concat(outer)),
    text: new Uint8Array(Buffer.concat([...inner, lineEnd, body])),
  };
}

const lineEnd = Buffer.from('\r\n');
const mimeVersion = Buffer.from('MIME-Version: 1.0\r\n');
const postHead = Buffer.from('Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n');

/**
 * Attaches a post that is no secret to a text.
 *
 * @param text entity of the text, from `splitMessage`
 * @param post the message as received
 * @returns a multipart entity, Content-* fields first
 */
export function attachedPost(text: Uint8Array, post: Uint8Array): Uint8Array {
  return multipart(text, [concat(postHead, crlf(post))]);
}

/** Attaches entities, each with its Content-* fields, to a message of ours. */
export function withParts(raw: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 0) return raw;
  const { head, text } = splitMessage(raw);
  return concat(head, mimeVersion, multipart(text, parts));
}

/** A message of ours with the whole header inside. RFC 9788 §5.2.1. */
export interface ProtectedMail {
  /** Fields, each ended by CRLF; no MIME field among them. */
  readonly head: Uint8Array;
  /** To be signed, sealed, or both. */
  readonly payload: Uint8Array;
}

/**
 * Protects the header of a message of ours. Where it is to be sealed the Subject outside is `[...]`.
 *
 * @param raw the message as it was rendered
 * @param mode `clear` for what is signed only
 * @param entity what is protected in place of its text
 */
export function protectMail(
  raw: Uint8Array,
  mode: 'clear' | 'cipher' = 'cipher',
  entity: Uint8Array = splitMessage(raw).text,
): ProtectedMail {
  const fields = parseEntity(raw)
    .header.fields.filter(({ name }) => !isMime(name))
    .map(({ name, body }) => [name, body] as const);
  const { payload, outerFields } = protectHeaders({ fields, entity, mode });
  const head = outerFields.map(([name, body]) => formatField(name, body)).join('');
  return { head: new Uint8Array(Buffer.from(head)), payload };
}

/**
 * Attaches what a post had inside its envelope to a message of ours, in memory, to be sealed together. The outer fields of
 * the post go with it, so that whoever decides sees who wrote to whom.
 *
 * @param own the message of ours as it was rendered
 * @param post the post as received
 * @param sign signs the whole, before it is sealed
 */
export function wrappedPost(
  own: Uint8Array,
  post: Uint8Array,
  payload: OpenedContent,
  sign: (entity: Uint8Array) => Uint8Array,
): OpenedContent {
  const { fields } = parseEntity(post).header;
  const outer = fields.filter(({ name }) => !isMime(name)).map((field) => field.raw);
  const head = concat(postHead, crlf(Buffer.concat(outer)), mimeVersion);
  return payload.use((bytes) => {
    const whole = multipart(splitMessage(own).text, [concat(head, bytes)]);
    return new OpenedContent(sign(protectMail(own, 'cipher', whole).payload));
  });
}

function isMime(name: string): boolean {
  return /^(?:content-|mime-version$)/i.test(name);
}

function multipart(text: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  // Random, so that nothing in a post can end its part.
  const boundary = `mixed-${randomToken(18).replaceAll(/[^A-Za-z0-9]/g, '0')}`;
  const line = (content: string) => Buffer.from(`${content}\r\n`);
  return concat(
    line(`Content-Type: multipart/mixed; boundary="${boundary}"\r\n`),
    ...[text, ...parts].flatMap((part, index) => [
      line(index === 0 ? `--${boundary}` : `\r\n--${boundary}`),
      part,
    ]),
    line(`\r\n--${boundary}--`),
  );
}

function concat(...pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

/** Mail that came by a pipe may have bare line feeds; inside a message of ours lines end as in mail. */
function crlf(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  if (!/(?:^|[^\r])\n|\r(?!\n)/.test(text)) return bytes;
  return Buffer.from(text.replaceAll(/\r\n|\r|\n/g, '\r\n'), 'latin1');
}
