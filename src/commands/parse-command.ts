import { formatCall, type RequestCall, understoodCall } from '../requests/call.ts';
import { type OperationName, operations } from '../requests/operations.ts';
import { type Meaning, meaningOf } from './words.ts';

/** What one line asks for. */
export type ParsedAct =
  | {
      readonly kind: 'request';
      readonly call: RequestCall;
      /** Some argument stood not on the line: what proves the line proves not the whole. */
      readonly isCompleted?: true;
    }
  | { readonly kind: 'auth'; readonly key: string; readonly command?: string }
  | { readonly kind: 'confirm-post'; readonly key: string }
  | { readonly kind: 'help' }
  /** A command without what it needs, or with more than it takes. */
  | { readonly kind: 'faulty'; readonly word: string };

/** One line of a message to the command address. */
export type ParsedLine =
  | { readonly status: 'command'; readonly act: ParsedAct; readonly quiet: boolean }
  | { readonly status: 'end' }
  | { readonly status: 'unknown' };

/** Longest line that is looked at; a command is shorter. */
const maxLineLength = 1_000;

const unknown: ParsedLine = { status: 'unknown' };

/** What a line may leave out, since the address that it came to says it. */
export interface Surroundings {
  /** The list behind `LIST-request`. */
  readonly list?: string;
  /** The key in the Subject of an answer to a moderation mail. */
  readonly key?: string;
}

/**
 * Parses one line as a command: `[QUIET] WORD arguments`. Words and short forms as in Sympa, case does not count.
 *
 * @param line without its line end, of any content
 */
export function parseCommand(line: string, surroundings: Surroundings = {}): ParsedLine {
  if (line.length > maxLineLength) return unknown;
  const tokens = line.trim().split(/\s+/);
  const quiet = tokens.length > 1 && tokens[0]!.toLowerCase() === 'quiet';
  const [word = '', ...given] = quiet ? tokens.slice(1) : tokens;
  if (word === '-' && given.length === 0) return { status: 'end' };
  const meaning = meaningOf(word);
  if (!meaning) return unknown;
  if (meaning.kind === 'end') return given.length === 0 ? { status: 'end' } : unknown;
  return { status: 'command', quiet, act: actOf(meaning, given, surroundings) };
}

function actOf(meaning: Meaning, given: readonly string[], surroundings: Surroundings): ParsedAct {
  if (meaning.kind !== 'request') return ownActs[meaning.kind](given, surroundings);
  const everywhere = given[0] === '*' ? meaning.everywhere : undefined;
  const name = everywhere ?? meaning.name;
  const act = requestOf(name, everywhere ? given.slice(1) : given, surroundings);
  return act ?? { kind: 'faulty', word: operations[name].word };
}

type ReadAct = (given: readonly string[], surroundings: Surroundings) => ParsedAct;

/** Commands that are no requests themselves. */
const ownActs: Readonly<Record<Exclude<Meaning['kind'], 'request'>, ReadAct>> = {
  auth: authOf,
  'confirm-post': ([key, ...rest]) =>
    isKey(key) && rest.length === 0
      ? { kind: 'confirm-post', key: key! }
      : { kind: 'faulty', word: 'CONFIRM' },
  // More words make a sentence: "Help, my mail bounces" is for people.
  help: (given) => (given.length === 0 ? { kind: 'help' } : { kind: 'faulty', word: 'HELP' }),
  end: () => ({ kind: 'faulty', word: 'QUIT' }),
};

function authOf(given: readonly string[], surroundings: Surroundings): ParsedAct {
  const [key, ...rest] = given;
  if (!isKey(key)) return { kind: 'faulty', word: 'AUTH' };
  if (rest.length === 0) return { kind: 'auth', key: key! };
  const inner = parseCommand(rest.join(' '), surroundings);
  if (inner.status !== 'command' || inner.act.kind !== 'request') return { kind: 'faulty', word: 'AUTH' };
  const call = understoodCall(inner.act.call);
  return call ? { kind: 'auth', key: key!, command: formatCall(call) } : { kind: 'faulty', word: 'AUTH' };
}

function isKey(text: string | undefined): boolean {
  return text !== undefined && /^[A-Za-z0-9]{16,64}$/.test(text);
}

/** Arguments that take the rest of the line. */
const restOfLine: ReadonlySet<string> = new Set(['gecos', 'options', 'subject']);

function requestOf(
  name: OperationName,
  given: readonly string[],
  surroundings: Surroundings,
): ParsedAct | undefined {
  const order: readonly string[] = operations[name].order;
  const found: Record<string, string> = {};
  let at = 0;
  let isCompleted = false;
  for (const argument of order) {
    if (restOfLine.has(argument)) {
      if (at < given.length) found[argument] = given.slice(at).join(' ');
      at = given.length;
    } else if (at < given.length) found[argument] = given[at++]!;
    else {
      const known = knownAround(argument, surroundings);
      if (known === undefined) continue;
      found[argument] = known;
      isCompleted = true;
    }
  }
  if (at < given.length) return undefined;
  const call = { name, arguments: found };
  return { kind: 'request', call, ...(isCompleted && { isCompleted: true as const }) };
}

function knownAround(argument: string, { list, key }: Surroundings): string | undefined {
  if (argument === 'list') return list;
  return argument === 'key' ? key : undefined;
}
