import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultsDir } from '../../src/config/site.ts';
import { argumentKinds } from '../../src/tasks/argument-kinds.ts';
import { commandWords, wordOf } from '../../src/tasks/command-words.ts';
import { TaskError } from '../../src/tasks/error.ts';
import { references } from '../../src/tasks/references.ts';
import { parseTaskModel, type TaskModel } from '../../src/tasks/task-model.ts';
import { byteMutators, wordMutator } from '../byte-mutators.ts';
import { textOf } from '../seeds.ts';
import { demand, type FuzzTarget } from '../target.ts';
import { lineMutators } from '../text-mutators.ts';

const file = 'fuzz.daily.task';

const values = {
  domain: 'lists.example.org',
  creationDate: 1_700_000_000,
  list: { name: 'team', robot: 'lists.example.org', ttl: 3_600 },
};

const words = [
  ...Object.keys(commandWords).map((name) => `${name} (`),
  ...Object.keys(references).map((name) => `[${name}]`),
  ...[
    'older(',
    'newer(',
    'list(',
    'global',
    '+1y2m3w4d5h6min7sec',
    '@v = ',
    '/LABEL',
    'title.fr ',
    ', ',
    ')',
  ],
];

/** The language of task models: its parser, and whether what it lets through is what its tables say. */
export const taskTarget: FuzzTarget = {
  name: 'task',
  errors: [TaskError],
  maxInputBytes: 32_768,
  mutators: [...lineMutators, ...lineMutators, ...byteMutators, wordMutator(words)],
  seeds: () => {
    const folder = join(defaultsDir, 'tasks');
    return readdirSync(folder).map((name) => new Uint8Array(readFileSync(join(folder, name))));
  },
  run: (input) => {
    demandSound(parseAtPlace(textOf(input)));
  },
};

function parseAtPlace(text: string): TaskModel {
  try {
    return parseTaskModel(text, file, values);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const { line = 0, column = 0 } = error.place ?? {};
    const said = text.replace(/^\u{feff}/u, '').split(/\r\n|\n|\r/)[line - 1];
    demand(said !== undefined, 'an error names a line of the file');
    demand(column >= 1 && column <= said!.length + 1, 'an error names a column of the line');
    throw error;
  }
}

function demandSound({ commands, labels }: TaskModel): void {
  for (const { name, arguments: given } of commands) {
    const { arguments: kinds } = wordOf(name);
    for (const [i, argument] of given.entries())
      demand(argumentKinds[kinds[i] ?? kinds.at(-1)!].fits(argument), 'each argument is of its kind');
    if (name === 'next') demand(labels.has(given[1]!), 'next goes to a label that there is');
  }
}
