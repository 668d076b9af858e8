import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import { ScenarioError } from './error.ts';
import { includesOf, type ParseOptions, parseScenario } from './parse.ts';
import { titleOf } from './title.ts';
import { conditionWords } from './vocabulary.ts';

const source = { file: 'send.test', function: 'send', name: 'test' };

function parse(text: string, options: ParseOptions = {}) {
  return parseScenario(text, source, options);
}

function faultOf(text: string, options: ParseOptions = {}): ScenarioError {
  try {
    parse(text, options);
  } catch (error) {
    if (error instanceof ScenarioError) return error;
    throw error;
  }
  throw new Error('it parsed');
}

describe('the lines of a scenario', () => {
  it('are rules in their order; blank lines, comments and bare words are skipped', () => {
    const { rules } = parse(
      '\u{feff}# all\r\nparagraph\r\n\r\ntrue() md5 -> reject # no\r\ntrue()smtp->do_it\n',
    );
    expect(rules.map(({ text, methods, action, place }) => [text, methods, action.name, place.line])).toEqual(
      [
        ['true() md5 -> reject', ['md5'], 'reject', 4],
        ['true()smtp->do_it', ['smtp'], 'do_it', 5],
      ],
    );
  });

  it('without a method hold for smtp alone', () => {
    expect(parse('true() -> do_it').rules[0]!.methods).toEqual(['smtp']);
  });

  it.each([
    'smtp,md5,smime',
    'smtp md5 smime',
    'smtp , md5,\tsmime',
    'smtp,dkim,md5,pgp,smime',
  ])('list methods as %s', (methods) => {
    expect(parse(`true() ${methods} -> do_it`).rules[0]!.methods).toEqual(methods.match(/\w+/g));
  });

  it('that name dkim without smtp are remarked, as the From field is proof for them', () => {
    expect(parse('true() smtp,dkim -> reject').remarks).toEqual([]);
    expect(parse('\n true() dkim,md5 -> do_it').remarks).toEqual([
      {
        place: { file: 'send.test', line: 2, column: 2 },
        text: expect.stringContaining('dkim is another name'),
      },
    ]);
  });

  it('take # inside of quotes and patterns as text', () => {
    const [rule] = parse("match([sender],/a#b/) -> reject(reason='x') # match(")!.rules;
    expect(rule!.condition.arguments[1]).toMatchObject({ kind: 'pattern', source: 'a#b' });
    expect(rule!.text).toBe("match([sender],/a#b/) -> reject(reason='x')");
  });

  it('keep line and column of what they say', () => {
    const [rule] = parse('\n   !  equal( [sender] , "x y" ) -> reject').rules;
    expect(rule!.place).toEqual({ file: 'send.test', line: 2, column: 4 });
    expect(rule!.condition).toMatchObject({
      name: 'equal',
      negated: true,
      column: 7,
      arguments: [
        { kind: 'variable', path: 'sender', column: 14 },
        { kind: 'text', value: 'x y', quoted: true, column: 25 },
      ],
    });
  });
});

describe('the variables', () => {
  it.each([
    ['[sender]', { path: 'sender' }],
    ['[ list -> subject ]', { path: 'list->subject' }],
    ['[host]', { path: 'domain' }],
    ['[msg_header->X-Sender][-1]', { path: 'msg_header->x-sender', index: -1 }],
    ['[header->From][0]', { path: 'msg_header->from', index: 0 }],
    ['[custom_vars->a]', { path: 'custom_vars->a' }],
    ['[current_date]-3d', { path: 'current_date', shift: '-3d' }],
  ])('%s are read', (text, expected) => {
    expect(parse(`older(${text},execution_date) -> do_it`).rules[0]!.condition.arguments[0]).toMatchObject(
      expected,
    );
  });

  it('that nobody knows are remarked, with the nearest name', () => {
    const { remarks } = parse('equal([sendr],x) -> reject');
    expect(remarks).toEqual([
      { place: { file: 'send.test', line: 1, column: 7 }, text: expect.stringContaining('perhaps [sender]') },
    ]);
  });

  it('of the list are checked by who knows its parameters', () => {
    const isListParameter = (name: string) => name === 'subject';
    expect(parse('equal([list->subject],x) -> reject', { isListParameter }).rules).toHaveLength(1);
    expect(faultOf('equal([list->subjct],x) -> reject', { isListParameter })).toMatchObject({
      code: 'variable-unknown',
      place: { line: 1, column: 7 },
    });
  });
});

describe('the actions', () => {
  it.each([
    ['do_it', { name: 'do_it', modifiers: [] }],
    ['do_it , quiet,notify', { name: 'do_it', modifiers: ['quiet', 'notify'] }],
    ["reject(reason='send_subscriber')", { reason: 'send_subscriber', template: null }],
    ["reject(tt2='gone.tt2',reason=why),quiet", { reason: 'why', template: 'gone', modifiers: ['quiet'] }],
    ["reject('gone')", { reason: null, template: 'gone' }],
    ['request_auth', { requestAuthFrom: 'sender' }],
    ['request_auth([email])', { requestAuthFrom: 'email' }],
    ['editorkey,quiet', { name: 'editorkey', modifiers: ['quiet'], requestAuthFrom: undefined }],
  ])('%s are read', (text, expected) => {
    expect(parse(`true() -> ${text}`).rules[0]!.action).toMatchObject(expected);
  });

  it('are those that the function can carry out; an unknown function can carry out all', () => {
    expect(faultOf('true() -> owner')).toMatchObject({ code: 'action-not-allowed', place: { column: 11 } });
    const other = { ...source, function: 'dance' };
    expect(parseScenario('true() -> owner', other).rules).toHaveLength(1);
  });
});

describe('a faulty scenario', () => {
  it.each([
    ['true() smtp', 'line-unknown', 12],
    ['hello world', 'line-unknown', 1],
    ['titel.fr bonjour', 'line-unknown', 1],
    ['include a b', 'line-unknown', 1],
    ['  tru() -> do_it', 'condition-unknown', 3],
    ['constructor() -> do_it', 'condition-unknown', 1],
    ['true -> do_it', 'condition-malformed', 6],
    ['!!true() -> do_it', 'condition-malformed', 2],
    ['true(x) -> do_it', 'condition-arity', 6],
    ['equal([sender]) -> do_it', 'condition-arity', 15],
    ['older([current_date],3d,x) -> do_it', 'condition-arity', 25],
    ['equal([sender] x) -> do_it', 'argument-malformed', 16],
    ["equal([sender],'x) -> do_it", 'argument-malformed', 16],
    ['match([sender],x) -> do_it', 'argument-malformed', 16],
    ['match([sender],/x) -> do_it', 'argument-malformed', 16],
    ['equal(/x/,x) -> do_it', 'argument-malformed', 7],
    ['search(../x.txt) -> reject', 'argument-malformed', 8],
    ['search(list) -> reject', 'argument-malformed', 8],
    ['equal([sen der],x) -> do_it', 'argument-malformed', 7],
    ['equal([nothing->x],x) -> do_it', 'variable-unknown', 7],
    ['equal([list],x) -> do_it', 'variable-unknown', 7],
    ['is_encrypted(cbc) -> do_it', 'argument-malformed', 14],
    ['match([sender],/(?=a)/) -> do_it', 'pattern-unsupported', 16],
    ['match([sender],/(a)\\1/) -> do_it', 'pattern-unsupported', 16],
    ['match([sender],/(/) -> do_it', 'pattern-unsupported', 16],
    ['verify_netmask(10.0.0.300) -> do_it', 'value-malformed', 16],
    ["older('tomorrow',execution_date) -> do_it", 'value-malformed', 7],
    ['true() smpt -> do_it', 'method-unknown', 8],
    ['true() SMIME -> do_it', 'method-unknown', 8],
    ['true() -> doit', 'action-unknown', 11],
    ['true() ->', 'action-unknown', 10],
    ['true() -> do_it,loud', 'action-unknown', 16],
    ['true() -> do_it now', 'action-unknown', 17],
    ['true() -> do_it(x)', 'argument-malformed', 16],
    ['true() -> request_auth([listname])', 'argument-malformed', 24],
    ['true() -> reject(reason=)', 'argument-malformed', 25],
  ])('%s is refused with its place', (line, code, column) => {
    const fault = faultOf(`# first\n${line}\ntrue() -> do_it`);
    expect([fault.code, fault.place]).toEqual([code, { file: 'send.test', line: 2, column }]);
    expect(fault.message).toBe(`send.test:2:${column}: ${fault.text}`);
    expect(fault.temporary).toBe(false);
  });

  it('names what may have been meant', () => {
    expect(faultOf('is_suscriber([listname],[sender]) -> do_it').hint).toBe('did you mean is_subscriber?');
    expect(faultOf('true() smpt -> do_it').hint).toBe('did you mean smtp?');
    expect(faultOf('true() -> doit').hint).toBe('did you mean do_it?');
  });

  it('with two rules on one line is answered with the lines that it should be', () => {
    const printed = [
      'title.us restricted to subscribers check SMIME signature',
      'title.fr limité aux abonnés, vérif de la signature SMIME',
      '',
      '  is_subscriber([listname],[sender])             smime  -> do_is_editor([listname],[sender])                 smime  -> do_it',
      '  is_owner([listname],[sender])                  smime  -> do_it',
    ].join('\n');
    expect(faultOf(printed)).toMatchObject({
      code: 'rules-fused',
      place: { line: 4, column: 63 },
      hint: [
        'write one rule a line:',
        'is_subscriber([listname],[sender]) smime -> do_it',
        'is_editor([listname],[sender]) smime -> do_it',
        'is_owner([listname],[sender]) smime -> do_it',
      ].join('\n'),
    });
  });

  it('has at most 2,000 rules and 262,144 characters', () => {
    expect(parse('true() -> do_it\n'.repeat(2_000)).rules).toHaveLength(2_000);
    expect(faultOf('true() -> do_it\n'.repeat(2_001))).toMatchObject({ code: 'scenario-too-large' });
    expect(faultOf(' '.repeat(262_145))).toMatchObject({ code: 'scenario-too-large' });
    expect(faultOf(`CustomCondition::x(${'a,'.repeat(17)}a) -> do_it`).code).toBe('scenario-too-large');
  });
});

describe('the includes', () => {
  const files: Readonly<Record<string, string>> = {
    'send.header': 'true() md5 -> reject',
    one: 'title other\nequal([sender],one) -> do_it\ninclude two',
    two: 'equal([sender],two) -> do_it',
    loop: 'include loop2',
    loop2: 'include(loop)',
  };
  const resolveInclude = (name: string) =>
    Object.hasOwn(files, name) ? { file: `include.${name}`, text: files[name]! } : undefined;

  it.each([
    'include one',
    'include(one)',
    "include('one')",
    'INCLUDE ( "one" ) # yes',
  ])('are spliced in by %s', (line) => {
    const { rules, titles } = parse(`title own\n${line}\ntrue() -> do_it`, { resolveInclude });
    expect(rules.map(({ place }) => `${place.file}:${place.line}`)).toEqual([
      'include.send.header:1',
      'include.one:2',
      'include.two:1',
      'send.test:3',
    ]);
    expect(titles.plain).toBe('own');
  });

  it('come after the blocklist and the header of the function', () => {
    const { rules } = parse('true() -> do_it', { resolveInclude, blocklist: true });
    expect(rules.map(({ text }) => text)).toEqual([
      "search('blocklist.txt') smtp,md5,smime -> reject,quiet",
      'true() md5 -> reject',
      'true() -> do_it',
    ]);
  });

  it('that are missing change nothing and are remarked', () => {
    const { rules, remarks } = parse('include nothing\ntrue() -> do_it');
    expect(rules).toHaveLength(1);
    expect(remarks).toMatchObject([{ place: { line: 1 }, text: expect.stringContaining('include.nothing') }]);
  });

  it('in a circle are refused, with the place in the included file', () => {
    expect(faultOf('include loop', { resolveInclude })).toMatchObject({
      code: 'include-loop',
      place: { file: 'include.loop2', line: 1 },
    });
  });

  it('that are nested endlessly are refused', () => {
    const endless = (name: string) => ({ file: name, text: `include ${name}x` });
    expect(faultOf('true() -> do_it', { resolveInclude: endless }).code).toBe('include-loop');
  });

  it('are named beforehand, so that a caller can read them', () => {
    expect(includesOf("include a\n# include b\ninclude('c') # d\ninclude a\ntrue() -> do_it")).toEqual([
      'a',
      'c',
    ]);
  });
});

describe('the titles', () => {
  const scenario = parse(
    'title.us English # no\ntitle.fr français\ntitle.fr second\ntitle.pt_BR brasileiro\ntitle.gettext text\ntitle plain',
  );

  it.each([
    [['fr-CA', 'en'], 'français'],
    [['en'], 'English'],
    [['en-US'], 'English'],
    [['PT-br'], 'brasileiro'],
    [['de', 'fr'], 'français'],
    [['de'], '<text>'],
    [[], '<text>'],
  ])('are chosen for %j', (languages, expected) => {
    expect(titleOf(scenario, languages, (text) => `<${text}>`)).toBe(expected);
  });

  it('fall back to the plain one, and to the name', () => {
    expect(titleOf(parse('title plain'), ['de'])).toBe('plain');
    expect(titleOf(parse('true() -> do_it'), ['de'])).toBe('test');
  });
});

describe('the parser', () => {
  const word = fc.constantFrom(
    ...Object.keys(conditionWords),
    'smtp',
    'smime',
    '->',
    'do_it',
    'reject',
    'include',
  );
  const sign = fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
    ',',
    "'",
    '"',
    '/',
    '\\',
    '!',
    '#',
    ' ',
    '\n',
    '\t',
    '[sender]',
  );
  const piece = fc.oneof(word, sign, fc.string({ unit: 'binary', maxLength: 4 }));

  it('answers any text with a scenario or a ScenarioError of its place', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        try {
          parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ScenarioError);
          const { line = 0, column = 0 } = (error as ScenarioError).place ?? {};
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
          const said = text.replace(/^\u{feff}/u, '').split(/\r\n|\n|\r/)[line - 1];
          expect(said).toBeDefined();
          expect(column).toBeLessThanOrEqual(said!.length + 1);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads back the rules that it read', () => {
    const methods = fc.subarray(['smtp', 'md5', 'smime'] as const, { minLength: 1 });
    const condition = fc.constantFrom(
      'true()',
      '!equal([sender],"a b")',
      'match([msg_body],/x\\/y/)',
      'search(a.txt)',
    );
    const action = fc.constantFrom('do_it', 'reject(reason=a),quiet', 'request_auth([email])', 'editorkey');
    fc.assert(
      fc.property(fc.array(fc.tuple(condition, methods, action), { minLength: 1, maxLength: 9 }), (lines) => {
        const text = lines.map(([c, m, a]) => `${c} ${m.join(',')} -> ${a}`).join('\n');
        const { rules } = parse(text);
        expect(rules.map((rule) => rule.text).join('\n')).toBe(text);
        expect(rules.map((rule) => rule.methods)).toEqual(lines.map(([, m]) => m));
      }),
    );
  });

  it('takes a long line in linear time', () => {
    for (const text of [
      '('.repeat(100_000),
      'true('.repeat(50_000),
      `true() ${'smtp,'.repeat(50_000)}`,
      '/'.repeat(200_000),
    ]) {
      const start = cpuNow();
      expect(faultOf(text)).toBeInstanceOf(ScenarioError);
      expect(cpuNow() - start).toBeLessThan(1_000);
    }
  });
});
