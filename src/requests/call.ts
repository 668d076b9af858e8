import type { OperationName } from './operations.ts';
import { operations } from './operations.ts';

/** A request in words: the operation and its arguments as text, as a command or a form gives them. */
export interface RequestCall {
  readonly name: OperationName;
  readonly arguments: Readonly<Record<string, string>>;
}

/**
 * Gives a request with its arguments as they are understood, addresses in their canonical form: what is written down of a
 * request, and shown to others, has no word in it that means nothing.
 *
 * @returns `undefined` where an argument is missing, or is none
 */
export function understoodCall({ name, arguments: given }: RequestCall): RequestCall | undefined {
  const parsed = operations[name].arguments.safeParse(given);
  if (!parsed.success) return undefined;
  const entries = Object.entries(parsed.data).filter(([, value]) => value !== undefined);
  return { name, arguments: Object.fromEntries(entries.map(([key, value]) => [key, String(value)])) };
}

/**
 * Writes a request as the command that it is: `ADD board bob@example.org`. What people wrote in their own words is left
 * out, so that nobody gets a text of a stranger by way of a confirmation; so are keys, which no report repeats.
 */
export function formatCall(call: RequestCall): string {
  const { word, order } = operations[call.name];
  const values = (order as readonly string[])
    .filter((name) => !leftOut.has(name))
    .flatMap((name) => call.arguments[name] ?? []);
  return [word, ...values].join(' ');
}

const leftOut: ReadonlySet<string> = new Set(['gecos', 'subject', 'reason', 'key']);
