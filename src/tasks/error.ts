import { type ErrorOptionsOf, type ErrorTable, type Place, SsympaError } from '../errors.ts';

/** Why a task model cannot be read, or a task not be carried out. */
export const taskErrorCodes = {
  'line-unknown': {
    meaning: 'A line of a task model is neither a title, a label, a command nor an assignment.',
    temporary: false,
  },
  'command-unknown': { meaning: 'There is no task command of that name.', temporary: false },
  'command-refused': {
    meaning: 'A task model has a command of Sympa that has no meaning here; the message says why.',
    temporary: false,
  },
  'argument-count': { meaning: 'A task command has too few or too many arguments.', temporary: false },
  'argument-kind': { meaning: 'An argument of a task command is not of the kind needed.', temporary: false },
  'reference-unknown': {
    meaning: 'There is no `[…]` of that name in task models, or nothing that it could stand for.',
    temporary: false,
  },
  'label-unknown': { meaning: 'A task model names a label that it does not have.', temporary: false },
  'label-twice': { meaning: 'A task model has the same label twice.', temporary: false },
  'variable-unknown': { meaning: 'A task model uses a variable before it has a value.', temporary: false },
  'assignment-impossible': {
    meaning: 'A variable takes what select_subs or delete_subs gives, and nothing else.',
    temporary: false,
  },
  'model-too-large': { meaning: 'A task model has too many characters or lines.', temporary: false },
  'model-missing': { meaning: 'No folder of the search path has that task model.', temporary: false },
  'needs-list': { meaning: 'A task of the whole site has a command for lists.', temporary: false },
  'other-list': { meaning: 'A task of a list may make tasks of that list only.', temporary: false },
  'no-such-object': { meaning: 'The list that a task is about is not there, or not open.', temporary: false },
  'template-unknown': { meaning: 'A task sends a mail that there is not.', temporary: false },
  'exec-not-allowed': {
    meaning: 'A task may run only the programs that task_exec_programs names.',
    temporary: false,
  },
  'exec-failed': { meaning: 'A program that a task ran did not end well.', temporary: false },
  'crl-fetch-missing': { meaning: 'Nothing here fetches certificate revocation lists.', temporary: false },
  'run-too-long': { meaning: 'A run of a task was not over in time, and was broken off.', temporary: true },
  'task-busy': { meaning: 'Another node is running the task.', temporary: true },
} as const satisfies ErrorTable;

export type TaskErrorCode = keyof typeof taskErrorCodes;

/** An expected failure of a task; for a fault of its model the place names file, line and column. */
export class TaskError extends SsympaError<TaskErrorCode> {
  /** The message without the place that it starts with. */
  readonly text: string;

  constructor(code: TaskErrorCode, text: string, options: ErrorOptionsOf = {}) {
    super(taskErrorCodes, code, options.place ? `${formatPlace(options.place)}: ${text}` : text, options);
    this.text = text;
  }
}

function formatPlace({ file, line, column }: Place): string {
  return column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;
}
