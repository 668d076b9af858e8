import { implicitReasons } from './evaluate.ts';
import {
  actionNames,
  type ConditionWord,
  conditionWords,
  methodNames,
  modifierNames,
  type ScenarioFunction,
  scenarioFunctions,
  variableSpaces,
  variableWords,
} from './vocabulary.ts';

/** A shipped scenario, for the reference. */
export interface ShippedScenario {
  readonly function: string;
  readonly name: string;
  /** In English. */
  readonly title: string;
}

const grammar = `# Authorization scenarios

A scenario says who may do what. The file \`FUNCTION.NAME\` (\`send.private\`) is looked for in the folder \`scenari\` of the
list, of its domain (\`etc/DOMAIN/scenari\`), of the site (\`etc/scenari\`), then among the shipped ones; the first one found
is used. The parameter of the function names it: \`send private\`. \`ssympa scenario check FILE\` says whether a file is
right; \`ssympa scenario explain FUNCTION.NAME --list LIST --sender ADDRESS --method METHOD\` says which rule decides.

## Lines

| line | meaning |
| --- | --- |
| empty, \`# …\`, or a single bare word | nothing |
| \`title TEXT\` | title for everybody |
| \`title.LANG TEXT\` | title in a language: \`title.fr\`; the old codes \`us\`, \`cn\`, \`tw\`, \`cz\` are known |
| \`title.gettext TEXT\` | title that is looked up in the translations, and stands for English |
| \`include NAME\`, \`include(NAME)\`, \`include('NAME')\` | the rules of the file \`include.NAME\` stand here; a file that is not there is remarked by \`scenario check\` |
| \`CONDITION [METHODS] -> ACTION\` | a rule; the methods are separated by commas or blanks, none means \`smtp\` alone |

A \`#\` starts a comment, but not inside of quotes or a pattern of a rule. Any other line is an error with its line and
column, and everything that the scenario governs is refused until it is mended. The rules of \`include.FUNCTION.header\`,
where there is such a file, stand in front of those of each scenario of the function. A file has at most 262,144
characters, a scenario at most 2,000 rules, and includes are nested at most 8 deep.

## How it is decided

From top to bottom, the first rule decides whose methods name the one by which the sender was proved, and whose condition
holds. No method implies another. Where no rule decides, the request is refused, with one of these reasons:
`;

const conditionsText = `
\`!\` in front of a condition turns it round. An argument is a variable \`[name]\`, a text in single or double quotes, a
regular expression \`/…/\`, or a bare word. Of a variable with several values, one that fits is enough. Addresses: an empty
one and \`nobody\` are nobody.
`;

const patternsText = `
### Regular expressions

They are those of RE2, matched in a time that grows only with the length of the text; case never counts. \`[domain]\` and
\`[host]\` inside stand for the mail domain, \`\\/\` for a slash. Look-around and back references do not exist: a pattern that
uses them is an error with its place. \`.\` does not match a line end, and \`$\` only the end of the whole text, or in front
of the line end that ends it.

### Dates

Seconds since 1970; \`execution_date\` for now; \`2001y12m4d14h30min10sec\` in the time zone of the machine, where all but
the year may be left out; each with a duration: \`execution_date-3d\`, \`[current_date]-1y2m3w4d5h6min7sec\`. A year has 365
days, a month the days of the months counted from, February 28. A date that is not known is neither older nor newer.

### Networks

\`10.0.0.0/8\`, \`2001:db8::/32\`, \`10.0.0.0/255.0.0.0\`, \`10.0.0.0:255.0.0.0\`, \`10.0.0.1-10.0.0.9\`, one address,
\`default\` or \`any\`.
`;

const variablesText = `
\`[variable]\`, \`[variable->key]\`, \`[msg_header->FIELD][n]\` for one of several values: \`[0]\` is the first, \`[-1]\` the last.
A variable that is not there is empty.
`;

/**
 * Writes the reference page of the language from its tables.
 *
 * @param shipped the shipped scenarios, in any order
 * @returns Markdown
 */
export function scenarioReference(shipped: readonly ShippedScenario[]): string {
  return [
    grammar,
    table(['reason', 'meaning'], Object.entries(implicitReasons)),
    '\n## Methods\n',
    table(
      ['method', 'meaning'],
      Object.entries(methodNames).map(([name, { meaning }]) => [name, meaning]),
    ),
    '\n## Conditions',
    conditionsText,
    table(['condition', 'meaning'], Object.entries(conditionWords).map(conditionRow)),
    '| `CustomCondition::name(…)` | Asks a condition of the site. |',
    patternsText,
    '## Variables',
    variablesText,
    table(['variable', 'value'], Object.entries(variableWords).map(bracketed)),
    Object.entries(variableSpaces)
      .map(([name, meaning]) => `| \`[${name}->key]\` | ${meaning} |`)
      .join('\n'),
    '\n## Actions\n',
    table(['action', 'meaning'], Object.entries(actionNames)),
    '\nAfter a comma:\n',
    table(['modifier', 'meaning'], Object.entries(modifierNames)),
    '\n## Functions\n',
    ...Object.entries(scenarioFunctions).map(([name, described]) =>
      functionSection(name, described, shipped),
    ),
  ].join('\n');
}

function bracketed([name, meaning]: readonly [string, string]): readonly [string, string] {
  return [`[${name}]`, meaning];
}

function conditionRow([name, { arguments: kinds, optional, meaning }]: readonly [
  string,
  ConditionWord,
]): readonly [string, string] {
  const words = kinds.map((kind) => (kind === 'pattern' ? '/pattern/' : kind));
  const shown = words.map((word, index) => (index >= words.length - optional ? `[${word}]` : word));
  return [`${name}(${shown.join(', ')})`, meaning];
}

function functionSection(
  name: string,
  described: ScenarioFunction,
  shipped: readonly ShippedScenario[],
): string {
  const sets = shipped.filter((one) => one.function === name).sort((a, b) => (a.name < b.name ? -1 : 1));
  return [
    `### ${name}\n`,
    `${described.meaning} Parameter \`${described.parameter}\`, default \`${described.default}\`. Actions: ${described.actions.map((action) => `\`${action}\``).join(', ')}.\n`,
    table(
      ['scenario', 'who'],
      sets.map(({ name: set, title }) => [`${name}.${set}`, title]),
    ),
    '',
  ].join('\n');
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = rows.map(([first, ...others]) => `| \`${first}\` | ${others.join(' | ')} |`);
  return [`| ${heads.join(' | ')} |`, `| ${heads.map(() => '---').join(' | ')} |`, ...lines].join('\n');
}
