import { describe, expect, it } from 'vitest';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import type { EvaluationContext, MessageSecurity } from './context.ts';
import { type ContextValues, contextVariables } from './context-variables.ts';
import { ScenarioError } from './error.ts';
import { evaluateScenario, refuseWithoutRules } from './evaluate.ts';
import { parseScenario } from './parse.ts';

const source = { file: 'send.test', function: 'send', name: 'test' };

/** The people of the tests, by list. */
const subscribers: Readonly<Record<string, readonly string[]>> = {
  team: ['bob@example.org'],
  'staff@lists.example.org': ['carol@example.org'],
};

const header: Readonly<Record<string, readonly string[]>> = {
  from: ['Bob <bob@example.org>'],
  subject: ['Hello World'],
  'x-sender': ['eve@example.com', 'edith@example.org'],
  to: ['Team <team@lists.example.org>'],
};

const values: ContextValues = {
  nowMs: Date.UTC(2026, 0, 10),
  domain: 'lists.example.org',
  listname: 'team',
  sender: 'bob@example.org',
  email: 'dora@example.org',
  remoteAddr: '10.1.2.3',
  list: { subject: 'Our team', total: '12' },
  conf: { title: 'Lists' },
  custom_vars: { color: 'blue' },
  user: (key) => (key === 'lang' ? 'fr' : undefined),
  subscriber: { date: '1700000000' },
  message: {
    headerValues: (name) => header[name] ?? [],
    textBody: () => 'first line\r\nsecond line\r\n',
    parts: () => [
      { type: 'text/plain', body: 'a' },
      { type: 'image/png', body: undefined },
    ],
    attribute: (name) => (name === 'spam_status' ? 'ham' : undefined),
    encrypted: true,
  },
};

const security: MessageSecurity = {
  encrypted: true,
  authenticatedEncryption: false,
  signed: true,
  issuers: ['CN=Example CA,O=Example'],
  protectedHeader: (name) => (name.toLowerCase() === 'subject' ? 'Hello' : undefined),
};

function contextOf(
  more: Partial<EvaluationContext> = {},
  changed: Partial<ContextValues> = {},
): EvaluationContext {
  return {
    isSubscriber: async (list, address) => subscribers[list]?.includes(address) ?? false,
    isOwner: (list, address) => list === 'team' && address === 'olga@example.org',
    isEditor: async (list, address) => list === 'team' && address === 'edith@example.org',
    isListmaster: (address) => address === 'max@example.org',
    variable: contextVariables({ ...values, ...changed }),
    nowMs: values.nowMs,
    search: async (file, subject) =>
      file === 'bad.txt' && (subject ?? 'bob@example.org') === 'bob@example.org',
    customCondition: (name, given) => (name === 'has' ? given.includes('x') : undefined),
    parseAddresses: (text) => [...text.matchAll(/<([^>]+)>/g)].map((match) => match[1]!),
    security,
    ...more,
  };
}

async function decide(condition: string, context = contextOf()) {
  const scenario = parseScenario(`${condition} smtp,md5,smime -> do_it`, source);
  return evaluateScenario(scenario, context, 'smtp');
}

async function holds(condition: string, context?: EvaluationContext): Promise<boolean | string> {
  const { decision } = await decide(condition, context);
  if (decision.action === 'do_it') return true;
  return decision.reason === 'no-rule-match' ? false : decision.reason!;
}

describe('the conditions', () => {
  it.each([
    ['true()', true],
    ['all()', true],
    ['TRUE()', true],
    ['is_subscriber([listname],[sender])', true],
    ['is_subscriber(team,bob@example.org)', true],
    ["is_subscriber('staff@lists.example.org','carol@example.org')", true],
    ['is_subscriber(nothing,[sender])', false],
    ['is_subscriber([listname],nobody)', false],
    ["is_subscriber([listname],'')", false],
    ['is_subscriber([listname],[msg_header->from])', true],
    ["is_owner([listname],'olga@example.org')", true],
    ["is_owner([listname],'max@example.org')", true],
    ['is_owner([listname],[sender])', false],
    ["is_editor([listname],'edith@example.org')", true],
    ["is_editor([listname],'max@example.org')", false],
    ['is_editor([listname],[msg_header->X-Sender])', true],
    ['is_editor([listname],[msg_header->X-Sender][-1])', true],
    ['is_editor([listname],[msg_header->X-Sender][0])', false],
    ["is_listmaster('max@example.org')", true],
    ["is_listmaster('A <a@b>, Max <max@example.org>')", true],
    ['is_listmaster([sender])', false],
    ['equal([sender],BOB@EXAMPLE.ORG)', true],
    ['equal([msg_header->x-sender],edith@example.org)', true],
    ["equal([msg_header->x-nothing],'')", true],
    ['equal([msg_header->x-sender][7],edith@example.org)', false],
    ['equal([is_bcc],1)', false],
    ['equal([is_bcc],0)', true],
    ['equal([msg_encrypted],smime)', true],
    ['equal([msg->spam_status],ham)', true],
    ['equal([msg_part->type],image/png)', true],
    ['equal([custom_vars->color],blue)', true],
    ['equal([user->lang],fr)', true],
    ['equal([list->address],team@lists.example.org)', true],
    ['equal([host],lists.example.org)', true],
    ['match([msg_header->subject],/^hello\\s/)', true],
    ['match([msg_header->subject],/^hello\\s/i)', true],
    ['match([msg_body],/second/)', true],
    ['match([msg_body],/first.*second/)', false],
    ['match([sender],/@example\\.org$/)', true],
    ['match([msg_header->to],/team@[domain]>/)', true],
    ["match('team@listsXexample.org',/team@[host]/)", false],
    ['match([sender],//)', false],
    ['match([msg_body],/first line$/)', false],
    ['match([msg_body],/second line$/)', true],
    ['match([msg_body],/second line[$]/)', false],
    ['match([msg_body],/second line\\$/)', false],
    ['match([sender],/(?i)org$/)', true],
    ['match([sender],/[]$[:alpha:]]org$/)', false],
    ['match([msg_part->body],/a/)', true],
    ['less_than([list->total],100)', true],
    ['less_than(100,[list->total])', false],
    ['less_than(9,10)', true],
    ['less_than(9,10x)', false],
    ['older([subscriber->date],execution_date-3d)', true],
    ['newer([subscriber->date],execution_date-3d)', false],
    ['newer([current_date],2001y12m4d)', true],
    ['older([current_date]-3d,execution_date-2d)', true],
    ['older([current_date],[current_date])', true],
    ['newer([current_date],[current_date])', false],
    ['older([subscriber->update_date],execution_date)', false],
    ['newer([subscriber->update_date],execution_date)', false],
    ['older([sender],execution_date)', 'error-performing-condition'],
    ['verify_netmask(10.0.0.0/8)', true],
    ["verify_netmask('192.168.0.0:255.255.0.0')", false],
    ['verify_netmask([sender])', 'error-performing-condition'],
    ['search(bad.txt)', true],
    ["search('bad.txt',[sender])", true],
    ['search(bad.txt,[email])', false],
    ['search(good.sql)', false],
    ['CustomCondition::has(x,y)', true],
    ['CustomCondition::has(y)', false],
    ['CustomCondition::missing()', 'error-performing-condition'],
    ['message(a,b)', 'error-performing-condition'],
    ['is_encrypted()', true],
    ['is_encrypted(aead)', false],
    ['is_signed()', true],
    ['is_signed_by_ca(/O=Example$/)', true],
    ['is_signed_by_ca(/Other/)', false],
    ['has_protected_header(Subject)', true],
    ['has_protected_header(From)', false],
    ['has_protected_header(Subject,/^hello$/)', true],
  ])('%s: %s, and the contrary with !', async (condition, expected) => {
    expect(await holds(condition)).toBe(expected);
    expect(await holds(`!${condition}`)).toBe(typeof expected === 'boolean' ? !expected : expected);
  });

  it('never hold on a parameter of the site that is not there, negated or not', async () => {
    expect(await holds('equal([conf->title],lists)')).toBe(true);
    expect(await holds("equal([conf->nothing],'')")).toBe(false);
    expect(await holds('!equal([conf->nothing],x)')).toBe(false);
  });

  it('on the web client are false in mail, and true when negated', async () => {
    const { remoteAddr: _, ...mail } = values;
    const context = contextOf({ variable: contextVariables(mail) });
    expect(await holds('verify_netmask(any)', context)).toBe(false);
    expect(await holds('!verify_netmask(any)', context)).toBe(true);
  });

  it('on cryptography are false where there is no message', async () => {
    const { security: _, ...context } = contextOf();
    for (const condition of [
      'is_encrypted()',
      'is_signed()',
      'is_signed_by_ca(/./)',
      'has_protected_header(From)',
    ])
      expect(await holds(condition, context)).toBe(false);
  });

  it('on filters fail closed where nothing answers them', async () => {
    const { search: _, ...context } = contextOf();
    expect(await holds('!search(bad.txt)', context)).toBe('error-performing-condition');
  });

  it('match in linear time', async () => {
    const context = contextOf({ variable: () => 'a'.repeat(200_000) });
    const start = cpuNow();
    expect(await holds('match([msg_body],/(a+)+$b/)', context)).toBe(false);
    expect(cpuNow() - start).toBeLessThan(2_000);
  });
});

describe('the variables', () => {
  it('have the defaults of the language', () => {
    const variable = contextVariables({ nowMs: 1_700_000_000_999, domain: 'd' });
    expect(
      ['sender', 'email', 'remote_host', 'current_date', 'execution_date', 'domain'].map(variable),
    ).toEqual(['nobody', 'nobody', 'unknown_host', '1700000000', '1700000000', 'd']);
    expect(
      ['listname', 'constructor', 'list->__proto__', 'msg_header->x', 'user->lang'].map(variable),
    ).toEqual(Array(5).fill(undefined));
    expect(contextVariables({ nowMs: 0, domain: 'd', sender: 'a@b' })('email')).toBe('a@b');
    expect(contextVariables({ nowMs: 0, domain: 'd', more: { topic: 'news' } })('topic')).toBe('news');
  });

  it('tell a blind copy by the name of the list in To and Cc', async () => {
    expect(await holds('equal([is_bcc],1)', contextOf({}, {}))).toBe(false);
    expect(
      await holds(
        'equal([is_bcc],1)',
        contextOf({ variable: contextVariables({ ...values, listname: 'other' }) }),
      ),
    ).toBe(true);
  });
});

describe('evaluateScenario', () => {
  const text = [
    'is_subscriber([listname],[sender]) smime -> do_it',
    'is_owner([listname],[sender]) smtp,md5,smime -> do_it,notify',
    "true() smtp -> reject(reason='send_subscriber',tt2='gone')",
    'true() md5 -> request_auth([email])',
  ].join('\n');
  const scenario = parseScenario(text, source);

  it('takes the first rule that knows the method and holds, and says why each earlier one did not', async () => {
    expect(await evaluateScenario(scenario, contextOf(), 'smtp')).toEqual({
      ...source,
      method: 'smtp',
      decision: { action: 'reject', modifiers: [], reason: 'send_subscriber', template: 'gone' },
      rule: {
        file: 'send.test',
        line: 3,
        text: "true() smtp -> reject(reason='send_subscriber',tt2='gone')",
      },
      tried: [
        {
          file: 'send.test',
          line: 1,
          text: 'is_subscriber([listname],[sender]) smime -> do_it',
          outcome: 'method-differs',
        },
        {
          file: 'send.test',
          line: 2,
          text: 'is_owner([listname],[sender]) smtp,md5,smime -> do_it,notify',
          outcome: 'condition-false',
        },
      ],
    });
  });

  it('lets no method imply another', async () => {
    const only = parseScenario('true() md5 -> do_it', source);
    for (const [method, action] of [
      ['smtp', 'reject'],
      ['md5', 'do_it'],
      ['smime', 'reject'],
    ] as const)
      expect((await evaluateScenario(only, contextOf(), method)).decision.action).toBe(action);
  });

  it('takes dkim for smtp, and pgp for nothing', async () => {
    const old = parseScenario('true() pgp -> do_it\ntrue() dkim -> editorkey', source);
    expect((await evaluateScenario(old, contextOf(), 'smtp')).decision.action).toBe('editorkey');
    expect((await evaluateScenario(old, contextOf(), 'smime')).decision.reason).toBe('no-rule-match');
  });

  it('says who is to confirm', async () => {
    const { decision } = await evaluateScenario(scenario, contextOf(), 'md5');
    expect(decision).toMatchObject({ action: 'request_auth', requestAuthFrom: 'email' });
  });

  it('refuses where nothing matches', async () => {
    const { decision, rule, tried } = await evaluateScenario(parseScenario('', source), contextOf(), 'smtp');
    expect([decision.action, decision.reason, rule, tried]).toEqual(['reject', 'no-rule-match', null, []]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new ScenarioError('value-malformed', 'x');
      },
      'value-malformed',
    ],
    ['rejects', () => Promise.reject(new TypeError('secret')), 'TypeError'],
  ])('refuses where a condition %s, and tells nothing of what was asked', async (_, search, error) => {
    const asking = parseScenario('search(a.txt) -> reject,quiet\ntrue() -> do_it', source);
    const explanation = await evaluateScenario(asking, contextOf({ search }), 'smtp');
    expect(explanation.decision).toEqual({
      action: 'reject',
      modifiers: [],
      reason: 'error-performing-condition',
      template: null,
    });
    expect(explanation.rule).toBeNull();
    expect(explanation.tried).toMatchObject([{ line: 1, outcome: 'error', error }]);
    expect(JSON.stringify(explanation)).not.toContain('secret');
  });

  it('asks no condition of a rule for another method, and none behind the rule that decides', async () => {
    const asked: string[] = [];
    const search = (file: string) => asked.push(file) < 0;
    const asking = parseScenario(
      'search(a.txt) md5 -> do_it\nsearch(b.txt) -> do_it\ntrue() -> reject\nsearch(c.txt) -> do_it',
      source,
    );
    await evaluateScenario(asking, contextOf({ search }), 'smtp');
    expect(asked).toEqual(['b.txt']);
  });
});

describe('refuseWithoutRules', () => {
  it('explains a scenario that is not there', () => {
    expect(refuseWithoutRules(source, 'smime', 'scenario-not-found')).toEqual({
      ...source,
      method: 'smime',
      decision: { action: 'reject', modifiers: [], reason: 'scenario-not-found', template: null },
      rule: null,
      tried: [],
    });
  });
});
