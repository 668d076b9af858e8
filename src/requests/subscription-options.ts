import type { List } from '../lists/list.ts';
import type { Subscriber } from '../store/subscribers.ts';
import { type RequestReport, refused } from './report.ts';

/** Options of a subscription that are to change. */
export type OptionChange = Partial<Pick<Subscriber, 'reception' | 'visibility'>>;

/** What the words of `SET` change. */
const changes: Readonly<Record<string, OptionChange>> = {
  mail: { reception: 'mail' },
  normal: { reception: 'mail' },
  each: { reception: 'mail' },
  // Sympa's name for posts as they are, when they have HTML.
  html: { reception: 'mail' },
  nomail: { reception: 'nomail' },
  not_me: { reception: 'not_me' },
  conceal: { visibility: 'conceal' },
  noconceal: { visibility: 'noconceal' },
};

/** Modes that make a difference here; a digest that never comes is not offered. */
const servedModes = ['mail', 'nomail', 'not_me'] as const;

/** Names what a subscriber of a list may choose. */
export function offeredOptions({ config }: List): readonly string[] {
  const { reception } = config.available_user_options;
  return [...servedModes.filter((mode) => reception.includes(mode)), 'conceal', 'noconceal'];
}

/** Tells whether a lower-case word is one of `SET`. */
export function isOption(word: string): boolean {
  return Object.hasOwn(changes, word);
}

/**
 * Reads the words of `SET`; of two that are about the same, the later one holds.
 *
 * @returns `undefined` where a word is no option that is served
 */
export function readOptions(text: string): OptionChange | undefined {
  let change: OptionChange = {};
  for (const word of text.toLowerCase().split(/[\s,]+/)) {
    if (!isOption(word)) return undefined;
    change = { ...change, ...changes[word] };
  }
  return change;
}

/** Tells whether subscribers of a list may choose this. */
export function isOffered({ reception }: OptionChange, list: List): boolean {
  return reception === undefined || offeredOptions(list).includes(reception);
}

/** Refuses options, and names those that a list, or a domain without one, has. */
export function badOption(where: string, options: readonly string[]): RequestReport {
  return refused('bad-option', { values: { list: where, options: options.join(', ') } });
}

/** Every option that some list may offer. */
export const everyOption: readonly string[] = [...servedModes, 'conceal', 'noconceal'];
