import { decodeEncodedWords } from '../mime/encoded-word.ts';
import { findField } from '../mime/header.ts';
import { reject } from './disposition.ts';
import { type OpenedPost, type PipelineParts, proceed, type StepResult, settled } from './post.ts';
import { subjectOf, textOf } from './readable-text.ts';
import { sitePattern } from './site-pattern.ts';

/** A text with more lines than this is a post, whatever it begins with. */
const maxLines = 5;

/** Characters of a line that are looked at. */
const maxLength = 1_000;

/**
 * Refuses a post that looks like a command: its Subject, or the first line of a short text, begins with what
 * `misaddressed_commands_regexp` describes. Of an encrypted post only the Subject that everybody sees is looked at: an
 * answer that depends on what is inside would tell it, to whoever sent a copy of the post of another.
 */
export async function refuseMisaddressed(
  post: OpenedPost,
  { site, log }: PipelineParts,
): Promise<StepResult<OpenedPost>> {
  const { conf } = site;
  const pattern = conf.misaddressed_commands_regexp;
  if (conf.misaddressed_commands === 'ignore' || pattern === '') return proceed(post);
  // Who let a post go, or confirmed it, meant it for the list.
  if (post.clearance !== 'none') return proceed(post);
  const command = sitePattern('misaddressed_commands_regexp', `^(?:${pattern})\\b`, log);
  const isCommand = command && linesOf(post).some((line) => command.matcher(line).find());
  return isCommand ? settled(reject('misaddressed-command')) : proceed(post);
}

function linesOf(post: OpenedPost): readonly string[] {
  const isClosed = post.opened.decryption.status !== 'none';
  const subject = isClosed ? findField(post.message.entity.header, 'subject')?.body : subjectOf(post);
  const lines = [decodeEncodedWords(subject ?? '').trim(), ...(isClosed ? [] : firstLine(textOf(post)))];
  return lines.map((line) => line.slice(0, maxLength));
}

function firstLine(text: string): readonly string[] {
  const lines = text.trim().split(/\r\n|\r|\n/, maxLines + 1);
  return lines.length > maxLines ? [] : lines.slice(0, 1);
}
