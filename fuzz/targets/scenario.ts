import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { defaultsDir } from '../../src/config/site.ts';
import type { EvaluationContext } from '../../src/scenario/context.ts';
import { contextVariables } from '../../src/scenario/context-variables.ts';
import { ScenarioError } from '../../src/scenario/error.ts';
import { includesOf, parseScenario } from '../../src/scenario/parse.ts';
import type { Rule, Scenario } from '../../src/scenario/syntax.ts';
import { titleOf } from '../../src/scenario/title.ts';
import {
  conditionWords,
  scenarioFunctions,
  variableSpaces,
  variableWords,
} from '../../src/scenario/vocabulary.ts';
import { byteMutators, wordMutator } from '../byte-mutators.ts';
import { bytesOf, textOf } from '../seeds.ts';
import { demand, type FuzzTarget } from '../target.ts';
import { lineMutators } from '../text-mutators.ts';

const source = { file: 'send.fuzz', function: 'send', name: 'fuzz' };

const scenarioWords = [
  ...Object.keys(conditionWords).map((word) => `${word}(`),
  ...Object.keys(variableWords).map((word) => `[${word}]`),
  ...Object.keys(variableSpaces).map((word) => `[${word}->subject]`),
  ...Object.keys(scenarioFunctions),
  '->',
  'smtp,md5,smime',
  "reject(reason='x')",
  '/^a(b+)+$/',
  '/[]$[:alpha:]]$/',
  '!',
  'include ',
  'title.gettext ',
  '[0]',
  '[-1]',
  'execution_date-1y2m3w4d',
  '10.0.0.0/8',
  '2001:db8::/32',
  '10.0.0.1-10.0.0.9',
];

const seeds = [
  'title.fr Rien\ninclude x\nmatch([sender],/@(a|b)\\.org$/) smtp -> request_auth([email])\ntrue() md5 -> do_it,quiet\n',
  "search('a.ldap',[sender]) smtp,smime -> editor\nolder([date],1y2m) smtp -> reject(tt2='x'),quiet\n",
  "newer([subscriber->date],execution_date-3d) -> do_it\nverify_netmask('10.1.0.0:255.255.0.0') -> do_it\n",
  'match([msg_header->x-twice][-1],/two$/) -> do_it\nless_than([list->total],[current_date]-3d) md5 -> reject\n',
  'is_signed_by_ca(/CN=[domain]/) smime -> do_it\nhas_protected_header(Subject,/a/) -> do_it\nis_encrypted(aead) -> editorkey\n',
  'CustomCondition::of_ours(a,[sender],"b") -> do_it\n!is_editor([listname],[header->From]) smtp -> editorkey\n',
];

/** Everything is answered at once, so that a condition is either true or false, or fails as it may. */
const context: EvaluationContext = {
  nowMs: 1_700_000_000_000,
  isSubscriber: (list, address) => list.length < address.length,
  isOwner: () => false,
  isEditor: (_, address) => address.includes('a'),
  isListmaster: () => false,
  search: (file, subject) => file.length > (subject?.length ?? 3),
  customCondition: (name, values) => (name === 'of_ours' ? values.length > 1 : undefined),
  parseAddresses: (text) => text.split(','),
  variable: contextVariables({
    nowMs: 1_700_000_000_000,
    domain: 'lists.example.org',
    listname: 'team',
    sender: 'alice@example.org',
    remoteAddr: '::ffff:10.1.2.3',
    list: { subject: 'Our team', total: '12' },
    subscriber: { date: '1600000000' },
    message: {
      headerValues: (name) => (name === 'x-twice' ? ['one', 'two'] : []),
      textBody: () => 'first line\r\nsecond line\r\n',
      parts: () => [{ type: 'text/plain', body: 'a' }],
      attribute: () => undefined,
      encrypted: true,
    },
  }),
  security: {
    encrypted: true,
    authenticatedEncryption: true,
    signed: true,
    issuers: ['CN=Example CA'],
    protectedHeader: (name) => (name === 'Subject' ? 'a' : undefined),
  },
};

/** The language of scenarios: its parser, and what the rules that it read answer. Every include is the text itself. */
export const scenarioTarget: FuzzTarget = {
  name: 'scenario',
  errors: [ScenarioError],
  maxInputBytes: 32_768,
  mutators: [...lineMutators, ...lineMutators, ...byteMutators, wordMutator(scenarioWords)],
  seeds: () => [...shippedScenarios(), ...seeds.map(bytesOf)],
  run: (input) => {
    const text = textOf(input);
    includesOf(text);
    const scenario = parseAtPlace(text);
    titleOf(scenario, ['fr', 'en-US'], (one) => one);
    demandSameRules(scenario);
    for (const rule of scenario.rules) demandAnswer(rule);
  },
};

function shippedScenarios(): readonly Uint8Array[] {
  const folder = join(defaultsDir, 'scenari');
  return readdirSync(folder).map((name) => new Uint8Array(readFileSync(join(folder, name))));
}

function parseAtPlace(text: string): Scenario {
  const included = text.slice(0, 2_000);
  try {
    return parseScenario(text, source, {
      resolveInclude: (name) => (name === 'x' ? { file: 'include.x', text: included } : undefined),
    });
  } catch (error) {
    if (error instanceof ScenarioError) demandPlace(error, { 'send.fuzz': text, 'include.x': included });
    throw error;
  }
}

/** An error stands on a line of the text, at most behind its last character. */
function demandPlace({ place }: ScenarioError, texts: Readonly<Record<string, string>>): void {
  const { file = '', line = 0, column = 0 } = place ?? {};
  const lines = texts[file]?.replace(/^\u{feff}/u, '').split(/\r\n|\n|\r/);
  const said = lines?.[line - 1];
  demand(said !== undefined, 'an error names a line of the file');
  demand(column >= 1 && column <= said!.length + 1, 'an error names a column of the line');
}

/** What a rule says it is, read again, is the same rule. */
function demandSameRules({ rules }: Scenario): void {
  const again = parseScenario(rules.map(({ text }) => text).join('\n'), source).rules;
  demand(isDeepStrictEqual(again.map(meaningOf), rules.map(meaningOf)), 'rules read again are the same');
}

function meaningOf({ condition, methods, action }: Rule): unknown {
  const given = condition.arguments.map((argument) => ({ ...argument, column: 0 }));
  const { name, negated } = condition;
  return { name, negated, given, methods, action: { ...action, column: 0 } };
}

function demandAnswer(rule: Rule): void {
  try {
    demand(typeof rule.holds(context) === 'boolean', 'what is known at once is answered at once');
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
  }
}
