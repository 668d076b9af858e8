import { parseDateExpression, parseDuration } from '../scenario/dates.ts';

/** A kind of argument: what it looks like once blanks and references are gone. */
interface ArgumentKind {
  readonly meaning: string;
  fits(text: string): boolean;
}

/** The kinds of arguments that task commands take. */
export const argumentKinds = {
  date: {
    meaning:
      'a date: seconds since 1970, `2001y12m4d14h30min10sec` or `[execution_date]`, perhaps with `+` or `-` and a duration',
    fits: isDate,
  },
  'date or duration': {
    meaning: 'a date, or a duration such as `3d` from the time of execution on',
    fits: (text) => isDate(text) || parseDuration(text, 0) !== undefined,
  },
  label: { meaning: 'the name of a label', fits: (text) => /^\w{1,64}$/.test(text) },
  variable: { meaning: 'a variable such as `@selection`', fits: (text) => /^@\w{1,64}$/.test(text) },
  name: {
    meaning: 'a name of letters, digits, `_`, `-` and `.`',
    fits: (text) => /^\w[\w.-]{0,99}$/.test(text) && !text.includes('..'),
  },
  days: { meaning: 'a number of days', fits: (text) => /^\d{1,5}$/.test(text) },
  object: {
    meaning: '`global`, or `list(NAME@DOMAIN)`',
    fits: (text) => /^(?:global|list\([^\s()@]{1,64}@[^\s()@]{1,255}\))$/.test(text),
  },
  condition: {
    meaning: '`older(DATE)` or `newer(DATE)`',
    fits: (text) => parseCondition(text, 0) !== undefined,
  },
  words: { meaning: 'a program and its arguments', fits: (text) => text !== '' },
} as const satisfies Readonly<Record<string, ArgumentKind>>;

export type ArgumentKindName = keyof typeof argumentKinds;

/** Whose subscription is meant by `select_subs`: last changed before or after a time. */
export interface Condition {
  readonly isOlder: boolean;
  readonly atMs: number;
}

/** Reads `older(DATE)` or `newer(DATE)`. */
export function parseCondition(text: string, nowMs: number): Condition | undefined {
  const match = /^(older|newer)\(([^()]{1,200})\)$/.exec(text);
  const seconds = match ? parseDateExpression(match[2]!, nowMs) : undefined;
  return seconds === undefined ? undefined : { isOlder: match![1] === 'older', atMs: seconds * 1_000 };
}

/**
 * Reads a date, or a duration that is counted from now on.
 *
 * @returns milliseconds since 1970
 */
export function parseMoment(text: string, nowMs: number): number | undefined {
  // `2y` is a duration, `2001y` a year: before 1970 no date is meant.
  const duration = parseDuration(text, Math.floor(nowMs / 1_000));
  if (duration !== undefined && !/^\d{4}y/.test(text)) return nowMs + duration * 1_000;
  const seconds = parseDateExpression(text, nowMs);
  return seconds === undefined ? undefined : seconds * 1_000;
}

function isDate(text: string): boolean {
  return parseDateExpression(text, 0) !== undefined;
}
