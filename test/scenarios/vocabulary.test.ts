import { describe, expect, it } from 'vitest';
import type { EvaluationContext } from '../../src/scenario/context.ts';
import { type ContextValues, contextVariables } from '../../src/scenario/context-variables.ts';
import { ScenarioError } from '../../src/scenario/error.ts';
import { evaluateScenario } from '../../src/scenario/evaluate.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import {
  actionNames,
  conditionWords,
  methodNames,
  modifierNames,
  scenarioFunctions,
  variableSpaces,
  variableWords,
} from '../../src/scenario/vocabulary.ts';
import { conditionCases, spaceCases, variableCases } from './vocabulary-cases.ts';

const values: ContextValues = {
  nowMs: Date.UTC(2026, 0, 10),
  domain: 'lists.example.org',
  listname: 'team',
  sender: 'bob@example.org',
  email: 'olga@example.org',
  currentEmail: 'max@example.org',
  remoteAddr: '10.1.2.3',
  remoteHost: 'client.example.net',
  list: { total: '12' },
  conf: { title: 'Lists' },
  custom_vars: { color: 'blue' },
  family: { name: 'of ours' },
  env: { QUERY: 'a=b' },
  user: { lang: 'fr' },
  user_attributes: { affiliation: 'staff' },
  subscriber: { date: '1600000000' },
  more: {
    topic: 'news',
    topic_auto: 'auto',
    topic_sender: 'by sender',
    topic_editor: 'by editor',
    topic_needed: '1',
    date: '1700000000',
  },
  message: {
    headerValues: (name) =>
      ({
        to: ['team@lists.example.org'],
        subject: ['Hello'],
        'x-sender': ['eve@example.org', 'edith@example.org'],
      })[name] ?? [],
    textBody: () => 'a body',
    parts: () => [{ type: 'text/plain', body: 'part' }],
    attribute: (name) => (name === 'spam_status' ? 'ham' : undefined),
    encrypted: true,
  },
};

const teams = new Set(['team', 'team@lists.example.org']);

const context: EvaluationContext = {
  nowMs: values.nowMs,
  variable: contextVariables(values),
  isSubscriber: (list, address) => teams.has(list) && address === 'bob@example.org',
  isOwner: (list, address) => teams.has(list) && address === 'olga@example.org',
  isEditor: (list, address) => teams.has(list) && address === 'edith@example.org',
  isListmaster: (address) => address === 'max@example.org',
  search: (file, subject = 'bob@example.org') => file === 'bad.txt' && subject === 'bob@example.org',
  security: {
    encrypted: true,
    authenticatedEncryption: false,
    signed: true,
    issuers: ['CN=Example CA'],
    protectedHeader: (name) => (name.toLowerCase() === 'subject' ? 'Hello' : undefined),
  },
};

function parse(text: string, functionName = 'send') {
  return parseScenario(text, { file: `${functionName}.test`, function: functionName, name: 'test' });
}

async function decided(condition: string, asked = context): Promise<string> {
  const scenario = parse(`${condition} smtp,md5,smime -> do_it`);
  const { decision } = await evaluateScenario(scenario, asked, 'smtp');
  return decision.reason ?? decision.action;
}

function codeOf(text: string, functionName?: string): string {
  try {
    parse(text, functionName);
    return 'read';
  } catch (error) {
    if (error instanceof ScenarioError) return error.code;
    throw error;
  }
}

describe('the tables of cases', () => {
  it('name every condition and variable', () => {
    expect(Object.keys(conditionCases).sort()).toEqual(Object.keys(conditionWords).sort());
    expect(Object.keys(variableCases).sort()).toEqual(Object.keys(variableWords).sort());
    expect(Object.keys(spaceCases).sort()).toEqual(Object.keys(variableSpaces).sort());
  });
});

describe.each(Object.entries(conditionCases))('the condition %s', (_, { holds, fails, refused }) => {
  it.each(holds)('holds: %s', async (condition) => {
    expect(await decided(condition)).toBe('do_it');
  });

  it.each(fails)('does not hold: %s', async (condition) => {
    expect(await decided(condition)).toBe('no-rule-match');
  });

  it.each(refused)('is refused when it is read: %s', (condition) => {
    expect(codeOf(`${condition} smtp -> do_it`)).toMatch(
      /^(?:condition-(?:arity|malformed)|argument-malformed|pattern-unsupported|value-malformed|line-unknown)$/,
    );
  });
});

describe('the variables', () => {
  it.each(Object.entries(variableCases))('[%s] is %s', async (name, value) => {
    expect(await decided(`equal([${name}],'${value}')`)).toBe('do_it');
    expect(await decided(`equal([${name}],'another')`)).toBe('no-rule-match');
    expect(codeOf(`equal([${name}->x],y) -> do_it`)).toBe('variable-unknown');
  });

  it.each(Object.entries(spaceCases))('[%s->…] has %j', async (space, [key, value]) => {
    expect(await decided(`equal([${space}->${key}],'${value}')`)).toBe('do_it');
    expect(await decided(`equal([${space}->nothing],'${value}')`)).toBe('no-rule-match');
    expect(codeOf(`equal([${space}],x) -> do_it`)).toBe('variable-unknown');
  });

  it('are empty where nothing is known', async () => {
    const nothing: EvaluationContext = { ...context, variable: contextVariables({ nowMs: 0, domain: 'd' }) };
    const always = new Set([
      'sender',
      'email',
      'domain',
      'host',
      'current_date',
      'execution_date',
      'remote_host',
    ]);
    for (const name of Object.keys(variableWords).filter((word) => !always.has(word)))
      expect([name, await decided(`equal([${name}],'')`, nothing)]).toEqual([name, 'do_it']);
    for (const space of Object.keys(variableSpaces).filter((word) => word !== 'conf'))
      expect([space, await decided(`equal([${space}->x],'')`, nothing)]).toEqual([space, 'do_it']);
  });
});

describe.each(Object.entries(scenarioFunctions))('the function %s', (functionName, { actions }) => {
  it.each(Object.keys(actionNames))('with the action %s', async (action) => {
    const line = `true() smtp,md5,smime -> ${action}`;
    const allowed = actions.some((one) => one === action);
    expect(codeOf(line, functionName)).toBe(allowed ? 'read' : 'action-not-allowed');
    if (!allowed) return;
    for (const method of ['smtp', 'md5', 'smime'] as const)
      expect((await evaluateScenario(parse(line, functionName), context, method)).decision.action).toBe(
        action,
      );
    for (const modifier of Object.keys(modifierNames))
      expect(parse(`${line},${modifier}`, functionName).rules[0]!.action.modifiers).toEqual([modifier]);
  });
});

describe('the methods', () => {
  it.each(Object.entries(methodNames))('%s', async (name, { means }) => {
    const scenario = parse(`true() ${name} -> do_it`);
    for (const method of ['smtp', 'md5', 'smime'] as const) {
      const { decision } = await evaluateScenario(scenario, context, method);
      expect(decision.action).toBe(method === means ? 'do_it' : 'reject');
    }
  });
});
