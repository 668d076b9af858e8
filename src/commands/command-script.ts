import { decodeEncodedWords } from '../mime/encoded-word.ts';
import { type ParsedAct, parseCommand, type Surroundings } from './parse-command.ts';

/** A command and whether its user-facing answer is wanted. */
export interface ScriptedCommand {
  readonly act: ParsedAct;
  readonly quiet: boolean;
}

/** What a message asks for, in its order. */
export interface CommandScript {
  /**
   * Where the commands stood: what covers them, and so what proves them, is not the same. Commands of the body that take an
   * argument from the Subject or the address are no better proved than these.
   */
  readonly source: 'subject' | 'body' | 'address';
  readonly commands: readonly ScriptedCommand[];
  /** Why reading stopped before the end: number of the line in the text, from 1. */
  readonly stopped?: { readonly code: 'unknown-command' | 'too-many-commands'; readonly line: number };
}

/** Commands that one message may have. */
export const maxCommands = 50;

/** Lines that are looked at. */
const maxLines = 2_000;

const lineEnd = /\r\n|\r|\n/;

/** Answers in many languages, and what marks a forwarded message is none of them. */
const answerMark =
  /^\s*(?:(?:re|aw|sv|antw|odp|vs|ref|rif|r|bls|回复|答复|回覆)(?:\[\d{1,3}\]|\*\d{1,3})?\s*[:：]\s*)+/iu;

/**
 * Reads the Subject as a command, marks of an answer taken off.
 *
 * @param subject decoded or not, as the header or the protected header has it
 * @returns `undefined` where it is none
 */
export function scriptOfSubject(subject: string, surroundings: Surroundings = {}): CommandScript | undefined {
  const text = decodeEncodedWords(subject).replace(answerMark, '').trim();
  const parsed = parseCommand(text, surroundings);
  if (parsed.status !== 'command') return undefined;
  return { source: 'subject', commands: [{ act: parsed.act, quiet: parsed.quiet }] };
}

/** The Subject of a moderation mail and of answers to it names the list and the key. */
const moderationMark = /\[moderate ([a-z0-9._+-]{1,50}@[a-z0-9.-]{1,255}) ([a-z0-9]{16,64})\]/i;

/** Finds what the Subject of an answer to a moderation mail says, so that `DISTRIBUTE` alone is enough in the body. */
export function moderationOf(subject: string): Surroundings {
  const match = moderationMark.exec(decodeEncodedWords(subject));
  return match ? { list: match[1]!, key: match[2]! } : {};
}

/**
 * Reads the commands of a text, one a line. Empty lines, comments (`#`) and quoted lines (`>`) are skipped; a signature
 * line (`-- `), `QUIT` or what is no command ends it.
 *
 * @returns no commands and no `stopped` where the very first line is no command
 */
export function scriptOfBody(text: string, surroundings: Surroundings = {}): CommandScript {
  const commands: ScriptedCommand[] = [];
  const lines = text.split(lineEnd, maxLines);
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '--') break;
    if (line === '' || line.startsWith('#') || line.startsWith('>')) continue;
    const parsed = parseCommand(line, surroundings);
    if (parsed.status === 'end') break;
    if (parsed.status === 'unknown') {
      if (commands.length === 0) break;
      return { ...scriptOf(commands), stopped: { code: 'unknown-command', line: index + 1 } };
    }
    if (commands.length >= maxCommands)
      return { ...scriptOf(commands), stopped: { code: 'too-many-commands', line: index + 1 } };
    commands.push({ act: parsed.act, quiet: parsed.quiet });
  }
  return scriptOf(commands);
}

function scriptOf(commands: readonly ScriptedCommand[]): CommandScript {
  const isCompleted = commands.some(({ act }) => act.kind === 'request' && act.isCompleted);
  return { source: isCompleted ? 'subject' : 'body', commands };
}

/** Joins the lines of format=flowed text that belong together, RFC 3676 §4.2. */
export function unflow(text: string): string {
  const lines: string[] = [];
  let isOpen = false;
  for (const line of text.split(lineEnd, maxLines)) {
    const stuffed = line.startsWith(' ') ? line.slice(1) : line;
    const isQuoted = line.startsWith('>');
    if (isOpen && !isQuoted && line !== '-- ') lines[lines.length - 1] += stuffed;
    else lines.push(stuffed);
    isOpen = stuffed.endsWith(' ') && stuffed !== '-- ' && !isQuoted;
  }
  return lines.join('\n');
}
