import type { OperationName } from './operations.ts';
import { operations } from './operations.ts';

/** A request in words: the operation and its arguments as text, as a command or a form gives them. */
export interface RequestCall {
  readonly name: OperationName;
  readonly arguments: Readonly<Record<string, string>>;
}

/**
 * Writes a request as the command that it is: `ADD board bob@example.org`. What people wrote in their own words is left
 * out, so that nobody gets a text of a stranger by way of a confirmation.
 */
export function formatCall(call: RequestCall): string {
  const { word, order } = operations[call.name];
  const values = (order as readonly string[])
    .filter((name) => !ownWords.has(name))
    .flatMap((name) => call.arguments[name] ?? []);
  return [word, ...values].join(' ');
}

const ownWords: ReadonlySet<string> = new Set(['gecos', 'subject', 'reason']);
