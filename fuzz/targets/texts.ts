import { isDeepStrictEqual } from 'node:util';
import { collectParameters } from '../../src/config/collect-parameters.ts';
import { ConfigError } from '../../src/config/error.ts';
import { formatListConfig, type ListConfigTexts, parseListConfig } from '../../src/config/list-config.ts';
import { listSchema, retiredListParameters } from '../../src/config/list-parameters.ts';
import { readParameterLines } from '../../src/config/parameter-lines.ts';
import { parseParameters } from '../../src/config/read-parameters.ts';
import { retiredSiteParameters, siteSchema } from '../../src/config/site-parameters.ts';
import { byteMutators, wordMutator } from '../byte-mutators.ts';
import type { Mutator } from '../mutator.ts';
import { bytesOf, textOf } from '../seeds.ts';
import { demand, type FuzzTarget } from '../target.ts';
import { lineMutators } from '../text-mutators.ts';

const textMutators: readonly Mutator[] = [...lineMutators, ...lineMutators, ...byteMutators];

const listConfig = `subject Board
visibility conceal
owner
email alice@example.org
reception mail

owner
email bob@example.org

send private
reply_to_header
value list
apply forced

custom_header X-List: board

include_list
listname other

max_size 5M
`;

const configWords = [
  'owner',
  'email',
  '\n\n',
  'on',
  'off',
  '12h',
  '5M',
  '__proto__',
  'constructor',
  '#',
  'smtp://',
];

/** The parser of a list's `config`. */
export const listConfigTarget: FuzzTarget = {
  name: 'list-config',
  errors: [ConfigError],
  maxInputBytes: 32_768,
  mutators: [
    ...textMutators,
    wordMutator([...configWords, ...Object.keys(listSchema.shape).map((name) => `\n${name} `)]),
  ],
  seeds: () => [bytesOf(listConfig), ...Object.keys(listSchema.shape).map((name) => bytesOf(`${name} 1\n`))],
  run: (input) => {
    const text = textOf(input);
    const parameters = parseListConfig(text, 'config');
    const kind = { shape: listSchema.shape, retired: retiredListParameters };
    const { texts } = collectParameters(readParameterLines(text, 'config'), kind, 'config');
    // A parameter that repeats outside of a paragraph is one that the writer does not know.
    if (
      Object.values(texts).some(
        (value) => Array.isArray(value) && value.some((one) => typeof one === 'string'),
      )
    )
      return;
    const again = parseListConfig(formatListConfig(texts as ListConfigTexts), 'config');
    demand(isDeepStrictEqual(again, parameters), 'the config of a list written and read again is the same');
  },
};

const siteConfig = `domain lists.example.org
listmaster alice@example.org,bob@example.org
home /var/lib/sympa/lists
db_type SQLite
relay smtp://127.0.0.1:25
max_size 5M
`;

/** The parser of `sympa.conf` and `robot.conf`. */
export const siteConfigTarget: FuzzTarget = {
  name: 'site-config',
  errors: [ConfigError],
  maxInputBytes: 32_768,
  mutators: [
    ...textMutators,
    wordMutator([...configWords, ...Object.keys(siteSchema.shape).map((name) => `\n${name} `)]),
  ],
  seeds: () => [bytesOf(siteConfig), ...Object.keys(siteSchema.shape).map((name) => bytesOf(`${name} 1\n`))],
  run: (input) => {
    const lines = readParameterLines(textOf(input), 'sympa.conf');
    for (const refuseSiteOnly of [true, false]) {
      const kind = { shape: siteSchema.shape, retired: retiredSiteParameters, refuseSiteOnly };
      const collected = collectParameters(lines, kind, 'sympa.conf');
      if (!refuseSiteOnly) parseParameters(siteSchema, collected, 'sympa.conf');
    }
  },
};
