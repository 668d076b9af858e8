import type { List } from '../lists/list.ts';
import { findField, type Header } from '../mime/header.ts';
import type { Post } from './post.ts';

/** RFC 5322 §2.1.1 */
const longestLine = 998;

/** Gives the Message-ID of a header, in the form in which the store recognises it again. */
export function messageIdIn(header: Header): string | undefined {
  // PostgreSQL keeps no NUL in a text.
  const body = findField(header, 'message-id')?.body.replaceAll('\0', '').trim().slice(0, longestLine);
  return body === '' ? undefined : body;
}

/** Gives the Message-ID that a post without one gets. */
export function madeMessageId({ message }: Post, { robot }: List): string {
  return `<${message.id}@${robot.domain}>`;
}
