import type { LineCursor } from './line-cursor.ts';
import { didYouMean } from './nearest-word.ts';
import type { Argument } from './syntax.ts';
import { type ArgumentKind, type ConditionWord, variableSpaces } from './vocabulary.ts';

/** Arguments of one condition. */
const maxArguments = 16;

/** Names of filter files: no folder, a known kind. */
const filterFileName = /^\w[\w.-]*\.(?:txt|sql|ldap)$/;

/**
 * Parses the arguments of a condition up to its `)`, and checks their number and kinds.
 *
 * @param word the condition; `undefined` for a condition of the site, which takes any
 * @throws ScenarioError `condition-arity`, `argument-malformed`, `variable-unknown`, `scenario-too-large`
 */
export function parseArguments(
  cursor: LineCursor,
  condition: string,
  word: ConditionWord | undefined,
): readonly Argument[] {
  const given: Argument[] = [];
  if (!cursor.accept(')')) {
    do {
      if (given.length >= maxArguments)
        throw cursor.fault('scenario-too-large', `${condition} has more than ${maxArguments} arguments`);
      given.push(parseArgument(cursor));
    } while (cursor.accept(','));
    if (!cursor.accept(')')) throw cursor.fault('argument-malformed', '"," or ")" is expected here');
  }
  if (word) checkArguments(cursor, condition, word, given);
  return given;
}

function checkArguments(
  cursor: LineCursor,
  condition: string,
  word: ConditionWord,
  given: readonly Argument[],
): void {
  const most = word.arguments.length;
  const least = most - word.optional;
  if (given.length < least || given.length > most) {
    const wanted = least === most ? `${most}` : `${least} to ${most}`;
    const column = given[most]?.column ?? cursor.column - 1;
    throw cursor.fault('condition-arity', `${condition} takes ${wanted} arguments, not ${given.length}`, {
      column,
    });
  }
  for (const [index, argument] of given.entries()) checkKind(cursor, word.arguments[index]!, argument);
}

function checkKind(cursor: LineCursor, wanted: ArgumentKind, argument: Argument): void {
  const { column } = argument;
  if (wanted === 'pattern' && argument.kind !== 'pattern')
    throw cursor.fault('argument-malformed', 'a regular expression /…/ is expected here', { column });
  if (wanted !== 'pattern' && argument.kind === 'pattern')
    throw cursor.fault('argument-malformed', 'a regular expression means nothing here', { column });
  if (wanted === 'file' && !(argument.kind === 'text' && filterFileName.test(argument.value)))
    throw cursor.fault('argument-malformed', 'a file name ending in .txt, .sql or .ldap is expected here', {
      column,
    });
}

function parseArgument(cursor: LineCursor): Argument {
  cursor.skipBlanks();
  const { column } = cursor;
  const next = cursor.text[cursor.position];
  if (next === '[') return parseVariable(cursor, column);
  if (next === "'" || next === '"') return parseQuoted(cursor, next, column);
  if (next === '/') return parsePattern(cursor, column);
  const bare = cursor.take(/[\w.@:+/*-]+/y)?.[0];
  if (bare === undefined)
    throw cursor.fault(
      'argument-malformed',
      'a variable [name], a text, a pattern or a word is expected here',
      { column },
    );
  return { kind: 'text', value: bare, quoted: false, column };
}

function parseVariable(cursor: LineCursor, column: number): Argument {
  const match = cursor.take(/\[[ \t]*(\w+)(?:[ \t]*->[ \t]*([\w.-]+))?[ \t]*\]/y);
  if (!match)
    throw cursor.fault('argument-malformed', 'this is not of the form [name] or [name->key]', { column });
  const name = match[1]!.toLowerCase();
  const key = match[2];
  if (key !== undefined && !Object.hasOwn(variableSpaces, name))
    throw cursor.fault('variable-unknown', `there is no variable [${name}->…]`, {
      column,
      ...didYouMean(name, Object.keys(variableSpaces)),
    });
  if (key === undefined && Object.hasOwn(variableSpaces, name))
    throw cursor.fault('variable-unknown', `[${name}] needs a key: [${name}->…]`, { column });
  const index = cursor.text[cursor.position] === '[' ? parseIndex(cursor) : undefined;
  const shift = /[+-]/.test(cursor.text[cursor.position] ?? '') ? cursor.take(/[+-]\w+/y)?.[0] : undefined;
  return { kind: 'variable', path: pathOf(name, key), index, shift, column };
}

/** `[header->…]` and `[host]` are old names; names of header fields have no case. */
function pathOf(name: string, key: string | undefined): string {
  if (key === undefined) return name === 'host' ? 'domain' : name;
  if (name === 'msg_header' || name === 'header') return `msg_header->${key.toLowerCase()}`;
  return `${name}->${key}`;
}

function parseIndex(cursor: LineCursor): number {
  const match = cursor.take(/\[[ \t]*(-?\d{1,6})[ \t]*\]/y);
  if (!match) throw cursor.fault('argument-malformed', 'a number in brackets is expected here');
  return Number(match[1]);
}

function parseQuoted(cursor: LineCursor, quote: string, column: number): Argument {
  const end = cursor.text.indexOf(quote, cursor.position + 1);
  if (end === -1) throw cursor.fault('argument-malformed', 'the quote is not closed', { column });
  const value = cursor.text.slice(cursor.position + 1, end);
  cursor.position = end + 1;
  return { kind: 'text', value, quoted: true, column };
}

function parsePattern(cursor: LineCursor, column: number): Argument {
  let end = cursor.position + 1;
  while (end < cursor.text.length && cursor.text[end] !== '/') end += cursor.text[end] === '\\' ? 2 : 1;
  if (end >= cursor.text.length)
    throw cursor.fault('argument-malformed', 'the regular expression is not closed', { column });
  const source = cursor.text.slice(cursor.position + 1, end);
  cursor.position = end + 1;
  // Case never counts, so that a flag that says so changes nothing.
  if (cursor.text[cursor.position] === 'i') cursor.position++;
  return { kind: 'pattern', source, column };
}
