import type { Answer, EvaluationContext } from './context.ts';
import type { Argument, VariableArgument } from './syntax.ts';

/** Gives the values of an argument: most have one; a header field may have several or, missing, an empty one. */
export type ValueReader = (context: EvaluationContext) => string | readonly string[] | undefined;

/**
 * Makes the reader of an argument.
 *
 * @returns a reader that gives `undefined` only for a parameter of the site that is not there
 */
export function readerOf(argument: Argument): ValueReader {
  if (argument.kind === 'text') return () => argument.value;
  if (argument.kind === 'pattern') return () => argument.source;
  const { path, index } = argument;
  const read = argument.shift === undefined ? plainReader(argument) : shiftedReader(argument);
  if (index === undefined) return read;
  return (context) => {
    const value = read(context);
    if (value === undefined || typeof value === 'string')
      return index === 0 || index === -1 ? value : missing(path);
    return value.at(index) ?? '';
  };
}

function plainReader({ path }: VariableArgument): ValueReader {
  return (context) => context.variable(path) ?? missing(path);
}

/** `[current_date]-3d` stands as the text `1700000000-3d`, which the date conditions read. */
function shiftedReader({ path, shift }: VariableArgument): ValueReader {
  return (context) => {
    const value = context.variable(path);
    return typeof value === 'string' && value !== '' ? `${value}${shift}` : '';
  };
}

function missing(path: string): string | undefined {
  return path.startsWith('conf->') ? undefined : '';
}

/** Asks about each value until one answer is yes. */
export function anyOf(value: string | readonly string[], ask: (value: string) => Answer): Answer {
  if (typeof value === 'string') return ask(value);
  for (const [index, each] of value.entries()) {
    const answer = ask(each);
    if (answer === true) return true;
    if (answer !== false) return anyLater(answer, value.slice(index + 1), ask);
  }
  return false;
}

async function anyLater(
  first: Promise<boolean>,
  rest: readonly string[],
  ask: (value: string) => Answer,
): Promise<boolean> {
  if (await first) return true;
  for (const each of rest) if (await ask(each)) return true;
  return false;
}

/** Answers yes when one of two does; the second is asked only when needed. */
export function either(first: Answer, second: () => Answer): Answer {
  if (typeof first === 'boolean') return first || second();
  return first.then((yes) => yes || second());
}

/** Turns an answer round. */
export function not(answer: Answer): Answer {
  return typeof answer === 'boolean' ? !answer : answer.then((yes) => !yes);
}

/** Gives the one value of an argument that cannot be several: the first of them. */
export function single(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}
