import type { ConfigErrorCode, ConfigProblem } from './error.ts';

/** The largest configuration file that is read. */
export const maxConfigBytes = 1 << 20;
const maxLines = 20_000;
const maxLineLength = 16_384;

/** One parameter as it stands in a file. */
export interface ParameterLine {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

/** A paragraph: a name alone on a line, then its parameters up to a blank line. */
export interface ParameterParagraph {
  readonly name: string;
  readonly line: number;
  readonly members: readonly ParameterLine[];
}

export type ParameterEntry = ParameterLine | ParameterParagraph;

/** What a file holds, and the lines that are no parameters. */
export interface ParameterFile {
  readonly entries: readonly ParameterEntry[];
  readonly problems: readonly ConfigProblem[];
}

/**
 * Reads the syntax that `sympa.conf`, `robot.conf` and the `config` of a list share: one parameter a line, its name and
 * after blanks its value to the end of the line; `#` or `;` at the start of a line makes it a comment; a name alone
 * starts a paragraph, which ends at the next blank line.
 *
 * @param text at most `maxConfigBytes`; either line end
 * @param file the name for places
 */
export function readParameterLines(text: string, file: string): ParameterFile {
  const entries: ParameterEntry[] = [];
  const problems: ConfigProblem[] = [];
  const fault = (code: ConfigErrorCode, message: string, line: number) =>
    problems.push({ code, text: message, place: { file, line }, hint: undefined });
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  if (lines.length > maxLines) fault('config-too-large', `more than ${maxLines} lines`, maxLines);
  let paragraph: ParameterLine[] | undefined;
  for (const [index, raw] of lines.slice(0, maxLines).entries()) {
    const line = index + 1;
    if (raw.length > maxLineLength) {
      fault('config-too-large', `a line of more than ${maxLineLength} characters`, line);
      continue;
    }
    const trimmed = raw.trim();
    if (trimmed === '') paragraph = undefined;
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) continue;
    const { name, value } = splitLine(trimmed);
    if (!isParameterName(name))
      fault('bad-syntax', 'the line does not start with the name of a parameter', line);
    else if (hasControl(value)) fault('bad-syntax', `the value of ${name} holds a control character`, line);
    else if (paragraph) paragraph.push({ name, value, line });
    else if (value !== '') entries.push({ name, value, line });
    else {
      paragraph = [];
      entries.push({ name, line, members: paragraph });
    }
  }
  return { entries, problems };
}

function splitLine(trimmed: string): { readonly name: string; readonly value: string } {
  let end = 0;
  while (end < trimmed.length && trimmed[end] !== ' ' && trimmed[end] !== '\t') end++;
  return { name: trimmed.slice(0, end), value: trimmed.slice(end).trim() };
}

function isParameterName(name: string): boolean {
  return name.length <= 100 && /^[A-Za-z][A-Za-z0-9_.-]*$/.test(name);
}

function hasControl(value: string): boolean {
  return /[\u0000-\u0008\u000A-\u001F\u007F]/.test(value);
}
