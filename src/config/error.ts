import { type ErrorOptionsOf, type ErrorTable, type Place, SsympaError } from '../errors.ts';

/** What can be wrong with a configuration file. */
export const configErrorCodes = {
  'config-missing': {
    meaning: 'There is no configuration file at the place that was named.',
    temporary: false,
  },
  'config-unreadable': {
    meaning: 'A configuration file, or a file that it names, cannot be read.',
    temporary: false,
  },
  'config-too-large': {
    meaning: 'A configuration file has more bytes, lines or parameters than any needs.',
    temporary: false,
  },
  'bad-syntax': { meaning: 'A line of a configuration file is no parameter with a value.', temporary: false },
  'unknown-parameter': {
    meaning: 'A configuration file names a parameter that does not exist.',
    temporary: false,
  },
  'duplicate-parameter': {
    meaning: 'A parameter that may stand once stands twice, perhaps under its older name.',
    temporary: false,
  },
  'bad-value': {
    meaning: 'The value of a parameter has not the form that the parameter takes.',
    temporary: false,
  },
  'missing-parameter': { meaning: 'A parameter that has no default is not set.', temporary: false },
  'misplaced-parameter': {
    meaning: 'A robot.conf sets a parameter that only sympa.conf may set.',
    temporary: false,
  },
} as const satisfies ErrorTable;

export type ConfigErrorCode = keyof typeof configErrorCodes;

/** One fault of a configuration file. */
export interface ConfigProblem {
  readonly code: ConfigErrorCode;
  /** What is wrong, without the place; never the value of a secret. */
  readonly text: string;
  readonly place: Place | undefined;
  readonly hint: string | undefined;
}

/** A configuration that cannot be used; carries every fault that was found, the first as its message. */
export class ConfigError extends SsympaError<ConfigErrorCode> {
  /** All faults in the order of the file; at least one. */
  readonly problems: readonly ConfigProblem[];

  constructor(code: ConfigErrorCode, message: string, options: ConfigErrorOptions = {}) {
    super(configErrorCodes, code, atPlace(message, options.place), options);
    const first = { code, text: message, place: options.place, hint: options.hint };
    this.problems = options.problems ?? [first];
  }

  /** Makes one error of all faults of a file. */
  static of(problems: readonly [ConfigProblem, ...ConfigProblem[]]): ConfigError {
    const { code, text, place, hint } = problems[0];
    return new ConfigError(code, text, { ...(place && { place }), ...(hint && { hint }), problems });
  }
}

/** What a configuration error may carry beside its code and message. */
export interface ConfigErrorOptions extends ErrorOptionsOf {
  readonly problems?: readonly ConfigProblem[];
}

/** Puts `file:line: ` before a message. */
export function atPlace(message: string, place: Place | undefined): string {
  return place === undefined ? message : `${place.file}:${place.line}: ${message}`;
}
