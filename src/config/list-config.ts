import { type CollectedParameters, collectParameters } from './collect-parameters.ts';
import { ConfigError } from './error.ts';
import { inheritedNames, type ListParameters, listSchema, retiredListParameters } from './list-parameters.ts';
import { infoOf } from './parameter.ts';
import { readParameterLines } from './parameter-lines.ts';
import { parseParameters } from './read-parameters.ts';
import type { RobotParameters } from './site-parameters.ts';

export type { ListParameters } from './list-parameters.ts';

/** The values of a list's `config` as text: a word, a paragraph, or several paragraphs of one name. */
export type ListConfigTexts = Readonly<Record<string, string | ListParagraph | readonly ListParagraph[]>>;

/** The parameters of one paragraph as text. */
export type ListParagraph = Readonly<Record<string, string>>;

/**
 * Reads the `config` of a list: parameters and paragraphs with blank lines between, `#` comments.
 *
 * @param text at most a megabyte
 * @param file the name for places
 * @param robot gives the values of what the list does not set; without it, Sympa's defaults hold
 * @throws ConfigError with every fault of the file
 */
export function parseListConfig(text: string, file: string, robot?: RobotParameters): ListParameters {
  const kind = { shape: listSchema.shape, retired: retiredListParameters };
  const collected = collectParameters(readParameterLines(text, file), kind, file);
  const own = parseParameters(listSchema, collected, file);
  return robot ? inherit(own, collected, robot) : own;
}

function inherit(
  own: ListParameters,
  collected: CollectedParameters,
  robot: RobotParameters,
): ListParameters {
  const merged: Record<string, unknown> = { ...own };
  const below = robot as Readonly<Record<string, unknown>>;
  for (const name of inheritedNames) {
    const given = collected.texts[name];
    if (given === undefined) merged[name] = below[name];
    else if (infoOf(listSchema.shape[name as keyof typeof listSchema.shape]).members) {
      const set = Object.keys(given as object).map((member) => [member, memberOf(merged[name], member)]);
      merged[name] = { ...(below[name] as object), ...Object.fromEntries(set) };
    }
  }
  return merged as ListParameters;
}

function memberOf(value: unknown, member: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[member];
}

/**
 * Writes the `config` of a list. Reading it again gives the same values.
 *
 * @throws ConfigError `bad-syntax` when a value holds a line break or starts or ends with a blank
 */
export function formatListConfig(texts: ListConfigTexts): string {
  const blocks = Object.entries(texts).flatMap(([name, value]) => {
    if (typeof value === 'string') return [formatLine(name, value)];
    const paragraphs = Array.isArray(value) ? (value as readonly ListParagraph[]) : [value as ListParagraph];
    return paragraphs.map((members) => formatParagraph(name, members));
  });
  return blocks.map((block) => `${block}\n`).join('\n');
}

/**
 * Sets one parameter in the text of a `config`, and leaves every other line and comment as it is.
 *
 * @param key the name of a parameter, or `PARAGRAPH.NAME`
 * @param value `undefined` takes the parameter out
 * @throws ConfigError `bad-syntax` for a value that a line cannot hold, `unknown-parameter` for a paragraph that repeats
 */
export function setListParameter(text: string, key: string, value: string | undefined): string {
  const [name = '', member] = key.split('.', 2);
  const schema = Object.entries(listSchema.shape).find(([one]) => one === name)?.[1];
  const info = schema && infoOf(schema);
  if (info?.repeats || (info?.members && member === undefined)) {
    const hint = 'edit the file itself';
    throw new ConfigError('unknown-parameter', `${key} is no single value`, { hint });
  }
  const lines = text.split('\n');
  const at = member === undefined ? findLine(lines, name) : findMember(lines, name, member);
  if (at.line !== undefined)
    lines.splice(at.line, 1, ...(value === undefined ? [] : [formatLine(member ?? name, value)]));
  else if (value !== undefined) insertParameter(lines, name, member, value, at.paragraph);
  return lines.join('\n');
}

interface FoundLine {
  readonly line?: number;
  readonly paragraph?: number;
}

function findLine(lines: readonly string[], name: string): FoundLine {
  let inParagraph = false;
  for (const [line, raw] of lines.entries()) {
    const [first = '', second] = raw.trim().split(/\s+/, 2);
    if (first === '') inParagraph = false;
    else if (!inParagraph && first === name && second !== undefined) return { line };
    else if (!inParagraph && second === undefined && !first.startsWith('#')) inParagraph = true;
  }
  return {};
}

function findMember(lines: readonly string[], paragraph: string, member: string): FoundLine {
  const start = lines.findIndex((line) => line.trim() === paragraph);
  if (start < 0) return {};
  for (let line = start + 1; line < lines.length && lines[line]!.trim() !== ''; line++)
    if (lines[line]!.trim().split(/\s+/, 1)[0] === member) return { line };
  return { paragraph: start };
}

function insertParameter(
  lines: string[],
  name: string,
  member: string | undefined,
  value: string,
  paragraph: number | undefined,
): void {
  if (paragraph !== undefined && member !== undefined) {
    lines.splice(paragraph + 1, 0, formatLine(member, value));
    return;
  }
  while (lines.at(-1)?.trim() === '') lines.pop();
  const block = member === undefined ? [formatLine(name, value)] : [name, formatLine(member, value)];
  lines.push(...(lines.length > 0 ? [''] : []), ...block, '');
}

function formatParagraph(name: string, members: ListParagraph): string {
  return [name, ...Object.entries(members).map(([member, value]) => formatLine(member, value))].join('\n');
}

function formatLine(name: string, value: string): string {
  const trimmed = value.trim();
  if (trimmed === '' || trimmed !== value || /[\u0000-\u0008\u000A-\u001F\u007F]/.test(value)) {
    const hint = 'give one line of text, without blanks at its ends';
    throw new ConfigError('bad-syntax', `a line of a configuration file cannot hold this value of ${name}`, {
      hint,
    });
  }
  return `${name} ${value}`;
}
