import { unflow } from '../commands/command-script.ts';
import { MimeError } from '../mime/error.ts';
import { findField } from '../mime/header.ts';
import { readMainText } from '../smime/legacy-display.ts';
import type { OpenedPost } from './post.ts';

/** Gives the Subject that is meant. RFC 9788 §4.8.1: where a header is protected, that one is. */
export function subjectOf({ opened, message }: Pick<OpenedPost, 'opened' | 'message'>): string | undefined {
  const { mode, status, subject } = opened.headerProtection;
  if (mode !== 'none' && status !== 'unprotected') return subject ?? undefined;
  return findField(message.entity.header, 'subject')?.body;
}

/** Gives the plain text that a message begins with, lines that belong together joined; nothing of what breaks a limit. */
export function textOf({ opened }: Pick<OpenedPost, 'opened'>): string {
  try {
    const decrypted = opened.decryption.status === 'opened';
    const main = opened.innermost?.use((bytes) => readMainText(bytes, decrypted));
    if (main?.subtype !== 'plain') return '';
    return main.format === 'flowed' ? unflow(main.text) : main.text;
  } catch (error) {
    if (error instanceof MimeError) return '';
    throw error;
  }
}
