import type { Answer, ConditionTest, EvaluationContext } from './context.ts';
import { parseDateExpression } from './dates.ts';
import { ScenarioError } from './error.ts';
import type { LineCursor } from './line-cursor.ts';
import { type Network, parseNetwork } from './netmask.ts';
import { compilePattern, type Pattern } from './pattern.ts';
import type { Argument, Condition } from './syntax.ts';
import { anyOf, either, not, readerOf, single, type ValueReader } from './values.ts';

/** The values of the arguments that a variable gave. */
type Values = readonly (string | readonly string[])[];

/** Asks one condition with the values of its arguments. */
type Ask = (context: EvaluationContext, values: Values, patterns: readonly Pattern[]) => Answer;

/** How each condition of the vocabulary is answered. */
const answers: Readonly<Record<string, Ask>> = {
  true: () => true,
  all: () => true,
  is_listmaster: (context, [who]) => anyAddress(context, who!, (address) => context.isListmaster(address)),
  is_owner: (context, [list, who]) =>
    anyAddress(context, who!, (address) =>
      either(context.isOwner(single(list), address), () => context.isListmaster(address)),
    ),
  is_editor: (context, [list, who]) =>
    anyAddress(context, who!, (address) => context.isEditor(single(list), address)),
  is_subscriber: (context, [list, who]) =>
    anyAddress(context, who!, (address) => context.isSubscriber(single(list), address)),
  equal: (_, [left, right]) => anyOf(left!, (a) => anyOf(right!, (b) => a.toLowerCase() === b.toLowerCase())),
  match: (context, [value], [pattern]) => anyMatch(context, value!, pattern!),
  less_than: (_, [left, right]) => anyOf(left!, (a) => isLess(a, single(right))),
  older: (context, [left, right]) => compareDates(context, left!, right!, (a, b) => a <= b),
  newer: (context, [left, right]) => compareDates(context, left!, right!, (a, b) => a > b),
  verify_netmask: (context, [network]) => isClientWithin(context, single(network)),
  search: (context, [file, subject]) => askFilter(context, single(file), subject),
  is_encrypted: ({ security }, [kind]) =>
    security?.encrypted === true && (kind === undefined || security.authenticatedEncryption),
  is_signed: ({ security }) => security?.signed === true,
  is_signed_by_ca: (context, _, [pattern]) =>
    context.security?.signed === true && anyMatch(context, context.security.issuers, pattern!),
  has_protected_header: (context, [name], [pattern]) => {
    const value = context.security?.protectedHeader(single(name));
    return value !== undefined && (!pattern || anyMatch(context, value, pattern));
  },
};

/**
 * Makes a condition ready to be asked; patterns and networks are compiled here, once.
 *
 * @throws ScenarioError with the place of a faulty pattern, network or word
 */
export function compileCondition(condition: Condition, cursor: LineCursor): ConditionTest {
  const readers: ValueReader[] = [];
  const patterns: Pattern[] = [];
  for (const argument of condition.arguments) {
    if (argument.kind === 'pattern') patterns.push(compileAt(argument, cursor));
    else readers.push(readerOf(argument));
  }
  checkTexts(condition, cursor);
  const ask = answers[condition.name] ?? unanswered(condition.name);
  const { negated } = condition;
  return (context) => {
    const values = readAll(readers, context);
    // A parameter of the site that is not there makes no rule hold, negated or not.
    if (!values) return false;
    const answer = ask(context, values, patterns);
    return negated ? not(answer) : answer;
  };
}

function readAll(readers: readonly ValueReader[], context: EvaluationContext): Values | undefined {
  const values: (string | readonly string[])[] = [];
  for (const read of readers) {
    const value = read(context);
    if (value === undefined) return undefined;
    values.push(typeof value === 'string' || value.length > 0 ? value : '');
  }
  return values;
}

function compileAt(argument: Argument & { kind: 'pattern' }, cursor: LineCursor): Pattern {
  try {
    return compilePattern(argument.source);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it is faulty';
    throw cursor.fault('pattern-unsupported', `this regular expression cannot be used: ${why}`, {
      column: argument.column,
      cause: error,
      hint: 'look-around and back references are not supported; write several rules instead',
    });
  }
}

/** Finds at parse time what would fail at each evaluation: networks, dates and words that are written out. */
function checkTexts({ name, arguments: given }: Condition, cursor: LineCursor): void {
  for (const argument of given) {
    if (argument.kind !== 'text') continue;
    const { value, column } = argument;
    if (name === 'verify_netmask' && !parseNetwork(value))
      throw cursor.fault('value-malformed', `${value} is no network`, { column });
    if ((name === 'older' || name === 'newer') && parseDateExpression(value, 0) === undefined)
      throw cursor.fault('value-malformed', `${value} is no date`, { column });
    if (name === 'is_encrypted' && value !== 'aead')
      throw cursor.fault('argument-malformed', 'only aead may stand here', { column });
  }
}

function unanswered(name: string): Ask {
  const custom = /^CustomCondition::(\w+)$/.exec(name)?.[1];
  return (context, values) => {
    const answer = custom === undefined ? undefined : context.customCondition?.(custom, values.map(single));
    if (answer === undefined) throw new ScenarioError('condition-not-available', `nothing answers ${name}`);
    return answer;
  };
}

/** Nobody, and an empty value, are never anything. */
function anyAddress(
  context: EvaluationContext,
  value: string | readonly string[],
  ask: (address: string) => Answer,
): Answer {
  return anyOf(value, (text) => {
    if (text === '' || text === 'nobody') return false;
    if (!context.parseAddresses || !/[<,\s]/.test(text)) return ask(text);
    return anyOf(context.parseAddresses(text), ask);
  });
}

function anyMatch(context: EvaluationContext, value: string | readonly string[], pattern: Pattern): Answer {
  const domain = single(context.variable('domain'));
  return anyOf(value, (text) => pattern(text, domain));
}

const numberForm = /^[ \t]*-?\d+(?:\.\d+)?[ \t]*$/;

function isLess(left: string, right: string): boolean {
  return numberForm.test(left) && numberForm.test(right) ? Number(left) < Number(right) : left < right;
}

/** A date that is not known (a sender who is no subscriber has none) is neither older nor newer. */
function compareDates(
  { nowMs }: EvaluationContext,
  left: string | readonly string[],
  right: string | readonly string[],
  compare: (left: number, right: number) => boolean,
): Answer {
  const end = dateOf(single(right), nowMs);
  return anyOf(left, (text) => {
    const start = dateOf(text, nowMs);
    return start !== undefined && end !== undefined && compare(start, end);
  });
}

function dateOf(text: string, nowMs: number): number | undefined {
  if (text.trim() === '') return undefined;
  const seconds = parseDateExpression(text, nowMs);
  if (seconds === undefined)
    throw new ScenarioError('value-malformed', 'a value that is no date was compared as one');
  return seconds;
}

const keptNetworks = new Map<string, Network>();
const maxKeptNetworks = 256;

function isClientWithin(context: EvaluationContext, network: string): boolean {
  const client = single(context.variable('remote_addr'));
  if (client === '') return false;
  const known = keptNetworks.get(network);
  const within = known ?? parseNetwork(network);
  if (!within) throw new ScenarioError('value-malformed', 'a value that is no network was used as one');
  if (!known) {
    if (keptNetworks.size >= maxKeptNetworks) keptNetworks.clear();
    keptNetworks.set(network, within);
  }
  return within(client);
}

function askFilter(
  context: EvaluationContext,
  file: string,
  subject: string | readonly string[] | undefined,
): Answer {
  if (!context.search) throw new ScenarioError('condition-not-available', 'there are no named filters here');
  return context.search(file, subject === undefined ? undefined : single(subject));
}
