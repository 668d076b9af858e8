/**
 * The error model of the house: expected failures are typed, with a stable `code` and `temporary`.
 * Verdicts and dispositions are values and never travel as errors; a plain `Error` is a bug.
 */

/** What one code means, and whether trying again may help. */
export interface ErrorMeaning {
  /** One sentence for `docs/reference/errors.md`. */
  readonly meaning: string;
  /** True when the same act may succeed later: 4xx, retry, exit code 75. */
  readonly temporary: boolean;
}

/** The codes of one folder; the reference page of errors is made from these tables. */
export type ErrorTable = Readonly<Record<string, ErrorMeaning>>;

/** Everything beside the code that an expected failure may carry. */
export interface ErrorOptionsOf {
  readonly cause?: unknown;
  /** Overrides the table where one code is temporary only sometimes. */
  readonly temporary?: boolean;
  /** Where in an input the trouble lies. */
  readonly place?: Place;
  /** What the person may do about it, one sentence. */
  readonly hint?: string;
}

/** A place in a text file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** Base of every expected failure; each folder has one subclass with its own table of codes. */
export abstract class SsympaError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly temporary: boolean;
  readonly place: Place | undefined;
  readonly hint: string | undefined;

  protected constructor(table: ErrorTable, code: Code, message: string, options: ErrorOptionsOf = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.temporary = options.temporary ?? table[code]?.temporary ?? false;
    this.place = options.place;
    this.hint = options.hint;
  }
}

/**
 * Tells whether an error may pass with time.
 *
 * @param error anything caught; what is not ours counts as temporary, so that no mail is lost to a surprise.
 */
export function isTemporary(error: unknown): boolean {
  return error instanceof SsympaError ? error.temporary : true;
}
