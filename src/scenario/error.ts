import { type ErrorOptionsOf, type ErrorTable, type Place, SsympaError } from '../errors.ts';

/** Why a scenario cannot be read, or one of its conditions cannot be answered. */
export const scenarioErrorCodes = {
  'line-unknown': { meaning: 'A line is neither a title, an include nor a rule.', temporary: false },
  'rules-fused': { meaning: 'Two rules stand on one line.', temporary: false },
  'condition-malformed': { meaning: 'A condition is not of the form `name(argument, …)`.', temporary: false },
  'condition-unknown': { meaning: 'There is no condition of that name.', temporary: false },
  'condition-arity': { meaning: 'A condition has too few or too many arguments.', temporary: false },
  'argument-malformed': {
    meaning:
      'An argument is neither a variable, a text, a pattern nor a bare word, or not of the kind needed.',
    temporary: false,
  },
  'variable-unknown': { meaning: 'There is no variable of that name.', temporary: false },
  'pattern-unsupported': {
    meaning: 'A regular expression is faulty, or uses what cannot be matched in linear time.',
    temporary: false,
  },
  'method-unknown': { meaning: 'There is no authentication method of that name.', temporary: false },
  'action-unknown': { meaning: 'There is no action or modifier of that name.', temporary: false },
  'action-not-allowed': { meaning: 'The function cannot carry out that action.', temporary: false },
  'include-loop': { meaning: 'A file includes itself, or includes are nested too deep.', temporary: false },
  'scenario-too-large': { meaning: 'A scenario has too many bytes, rules or arguments.', temporary: false },
  'condition-not-available': {
    meaning: 'A condition was asked where nothing can answer it.',
    temporary: false,
  },
  'value-malformed': {
    meaning: 'A value that a condition compares is not a date, address or file name.',
    temporary: false,
  },
} as const satisfies ErrorTable;

export type ScenarioErrorCode = keyof typeof scenarioErrorCodes;

/** An expected failure of the authorization language; the place names file, line and column. */
export class ScenarioError extends SsympaError<ScenarioErrorCode> {
  /** The message without the place that it starts with. */
  readonly text: string;

  constructor(code: ScenarioErrorCode, text: string, options: ErrorOptionsOf = {}) {
    super(scenarioErrorCodes, code, options.place ? `${formatPlace(options.place)}: ${text}` : text, options);
    this.text = text;
  }
}

function formatPlace({ file, line, column }: Place): string {
  return column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;
}
