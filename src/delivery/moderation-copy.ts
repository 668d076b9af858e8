import { parseEntity } from '../mime/entity.ts';
import { randomToken } from '../secrets.ts';
import { OpenedContent } from '../smime/opened.ts';

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
  const isMime = (name: string) => /^(?:content-|mime-version$)/i.test(name);
  const outer = fields.filter(({ name }) => !isMime(name)).map((field) => field.raw);
  const inner = fields.filter(({ name }) => /^content-/i.test(name)).map((field) => field.raw);
  const body = raw.subarray(entity.bodySpan.start, entity.bodySpan.end);
  return {
    head: new Uint8Array(Buffer.concat(outer)),
    text: new Uint8Array(Buffer.concat([...inner, lineEnd, body])),
  };
}

const lineEnd = Buffer.from('\r\n');

/**
 * Attaches a post that is no secret to a text.
 *
 * @param text entity of the text, from `splitMessage`
 * @param post the message as received
 * @returns a multipart entity, Content-* fields first
 */
export function attachedPost(text: Uint8Array, post: Uint8Array): Uint8Array {
  return multipart(text, crlf(post));
}

/**
 * Attaches what a post had inside its envelope to a text, in memory, to be sealed together. The outer fields of the post go
 * with it, so that whoever decides sees who wrote to whom.
 */
export function wrappedPost(text: Uint8Array, post: Uint8Array, payload: OpenedContent): OpenedContent {
  const { fields } = parseEntity(post).header;
  const isMime = (name: string) => /^(?:content-|mime-version$)/i.test(name);
  const outer = fields.filter(({ name }) => !isMime(name)).map((field) => field.raw);
  const head = Buffer.concat([crlf(Buffer.concat(outer)), Buffer.from('MIME-Version: 1.0\r\n')]);
  return payload.use((bytes) => new OpenedContent(multipart(text, Buffer.concat([head, bytes]))));
}

function multipart(text: Uint8Array, message: Uint8Array): Uint8Array {
  // Random, so that nothing in a post can end its part.
  const boundary = `moderation-${randomToken(18).replaceAll(/[^A-Za-z0-9]/g, '0')}`;
  const line = (content: string) => Buffer.from(`${content}\r\n`);
  return new Uint8Array(
    Buffer.concat([
      line(`Content-Type: multipart/mixed; boundary="${boundary}"\r\n`),
      line(`--${boundary}`),
      text,
      line(`\r\n--${boundary}`),
      line('Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n'),
      message,
      line(`\r\n--${boundary}--`),
    ]),
  );
}

/** Mail that came by a pipe may have bare line feeds; inside a message of ours lines end as in mail. */
function crlf(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  if (!/(?:^|[^\r])\n|\r(?!\n)/.test(text)) return bytes;
  return Buffer.from(text.replaceAll(/\r\n|\r|\n/g, '\r\n'), 'latin1');
}
