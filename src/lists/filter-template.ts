import { ConfigError } from '../config/error.ts';
import type { Place } from '../errors.ts';
import { variableSpaces, variableWords } from '../scenario/vocabulary.ts';

/** A piece of a text with variables: it stands for itself, or for the value of a variable. */
export type TemplatePiece = { readonly text: string } | { readonly variable: string };

/** A question to a directory or database with variables. */
export interface FilterQuery {
  /** The variables, each once, whose values the question needs. */
  readonly variables: readonly string[];
  /** Asks; the answer hangs on the values alone. */
  ask(values: ReadonlyMap<string, string>): Promise<boolean>;
}

/** Gives the variables of a template, each once. */
export function variablesOf(pieces: readonly TemplatePiece[]): readonly string[] {
  return [...new Set(pieces.flatMap((piece) => ('variable' in piece ? [piece.variable] : [])))];
}

const form = /\[[ \t]*([A-Za-z_]\w*)(?:[ \t]*->[ \t]*([\w.-]+))?[ \t]*\]/y;

/** What a post holds may come out of an encrypted one, and goes to no other server. */
const content: ReadonlySet<string> = new Set(['msg_body', 'msg_part']);

/** Collects the pieces of a text. */
class TemplateWriter {
  readonly pieces: TemplatePiece[] = [];
  #text = '';

  add(text: string): void {
    this.#text += text;
  }

  addVariable(variable: string): void {
    this.end();
    this.pieces.push({ variable });
  }

  end(): readonly TemplatePiece[] {
    if (this.#text !== '') this.pieces.push({ text: this.#text });
    this.#text = '';
    return this.pieces;
  }
}

interface FoundVariable {
  readonly path: string;
  readonly length: number;
}

/** Reads a variable that starts at a bracket; other brackets stand for themselves. */
function variableAt(text: string, at: number, place: Place | undefined): FoundVariable | undefined {
  form.lastIndex = at;
  const match = form.exec(text);
  if (!match) return undefined;
  const name = match[1]!.toLowerCase();
  const key = match[2];
  const known = Object.hasOwn(key === undefined ? variableWords : variableSpaces, name);
  if (!known) throw fault(`there is no variable ${match[0]}`, place);
  if (content.has(name)) throw fault(`${match[0]} is content of a post, which no filter is told`, place);
  return { path: pathOf(name, key), length: match[0].length };
}

/** `[host]` and `[header->…]` are old names; names of header fields have no case. */
function pathOf(name: string, key: string | undefined): string {
  if (key === undefined) return name === 'host' ? 'domain' : name;
  if (name === 'msg_header' || name === 'header') return `msg_header->${key.toLowerCase()}`;
  return `${name}->${key}`;
}

function fault(message: string, place: Place | undefined, hint?: string): ConfigError {
  return new ConfigError('bad-value', message, {
    ...(place && { place }),
    ...(hint !== undefined && { hint }),
  });
}

type LdapPart = 'outside' | 'attribute' | 'value';

/**
 * Reads a search filter with variables. Blanks that are no part of a value are dropped, as old files have them.
 * Variables stand in values alone: there RFC 4515 has escapes for every character.
 *
 * @throws ConfigError `bad-value`
 */
export function ldapTemplate(source: string, place?: Place): readonly TemplatePiece[] {
  const text = source.trimStart().startsWith('(') ? source : `(${source})`;
  const writer = new TemplateWriter();
  let part: LdapPart = 'outside';
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    const variable = character === '[' ? variableAt(text, at, place) : undefined;
    if (variable && part !== 'value') throw fault('a variable stands outside of a value', place);
    if (variable) {
      writer.addVariable(variable.path);
      at += variable.length - 1;
      continue;
    }
    const isBlank = character === ' ' || character === '\t';
    if (part === 'value' || !isBlank) writer.add(character);
    const next = partAfter(part, character);
    if (next === 'value' && part !== 'value') at = lastBlankAfter(text, at);
    part = next;
  }
  return writer.end();
}

function partAfter(part: LdapPart, character: string): LdapPart {
  if (character === ')') return 'outside';
  if (part === 'value') return 'value';
  if (character === '(') return 'attribute';
  if (part === 'attribute' && character === '=') return 'value';
  return part === 'attribute' && '&|!'.includes(character) ? 'outside' : part;
}

function lastBlankAfter(text: string, at: number): number {
  let last = at;
  while (text[last + 1] === ' ' || text[last + 1] === '\t') last++;
  return last;
}

/**
 * Reads a statement of SQL with variables, which become its parameters; within quotes they would be text and never be
 * filled in.
 *
 * @throws ConfigError `bad-value`
 */
export function sqlTemplate(source: string, place?: Place): readonly TemplatePiece[] {
  let end = source.length;
  while (end > 0 && '; \t\r\n'.includes(source[end - 1]!)) end--;
  const text = source.slice(0, end);
  const writer = new TemplateWriter();
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    const variable = character === '[' ? variableAt(text, at, place) : undefined;
    if (variable && quote !== '')
      throw fault(
        'a variable stands within quotes',
        place,
        'leave the quotes out: a variable is a value already',
      );
    if (variable) {
      writer.addVariable(variable.path);
      at += variable.length - 1;
      continue;
    }
    if (quote === '' && (character === "'" || character === '"')) quote = character;
    else if (character === quote) quote = '';
    writer.add(character);
  }
  return writer.end();
}
