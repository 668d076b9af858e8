import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import { maxCommands, moderationOf, scriptOfBody, scriptOfSubject, unflow } from './command-script.ts';

const namesOf = (script: ReturnType<typeof scriptOfBody> | undefined) =>
  script?.commands.map(({ act }) => (act.kind === 'request' ? act.call.name : act.kind));

describe('a Subject', () => {
  it.each([
    'which',
    '  WHICH  ',
    'Re: which',
    'RE: Re: which',
    'Re[2]: which',
    'Re*3: which',
    'AW: which',
    'Aw : which',
    'SV: which',
    'VS: which',
    'Antw: which',
    'Odp: which',
    'Ref: which',
    'Rif: which',
    'R: which',
    'BLS: which',
    'Re：which',
    '回复：which',
    '答复: which',
    '回覆: which',
    '=?utf-8?b?5Zue5aSN77yad2hpY2g=?=',
    '=?utf-8?q?Re:_which?=',
  ])('%s is the command behind the marks of an answer', (subject) => {
    expect(namesOf(scriptOfSubject(subject))).toEqual(['which']);
    expect(scriptOfSubject(subject)?.source).toBe('subject');
  });

  it.each([
    '',
    'Re:',
    'Fwd: which',
    'WG: which',
    'Our list',
    'Rewhich',
    'Re which',
    'quit',
    'x'.repeat(5_000),
  ])('%.20s is none', (subject) => {
    expect(scriptOfSubject(subject)).toBeUndefined();
  });

  it('of an answer to a moderation mail gives list and key', () => {
    expect(moderationOf('AW: [moderate board@example.org 0123456789abcdef] A post')).toEqual({
      list: 'board@example.org',
      key: '0123456789abcdef',
    });
    expect(moderationOf('[moderate board 0123456789abcdef]')).toEqual({});
    expect(moderationOf('[moderate board@example.org short]')).toEqual({});
  });
});

describe('a text', () => {
  it('is read line by line, whatever ends a line, past comments, quotes and blank lines', () => {
    const text = '# mine\r\n\r\n> signoff board\rwhich\n\n   lists\n#signoff board\nhelp';
    expect(namesOf(scriptOfBody(text))).toEqual(['which', 'lists', 'help']);
  });

  it.each(['-- ', '--', 'quit', 'END', 'stop', '-'])('ends at %j, and nothing is said of it', (line) => {
    const script = scriptOfBody(`which\n${line}\nsignoff board\n`);
    expect(namesOf(script)).toEqual(['which']);
    expect(script.stopped).toBeUndefined();
  });

  it('that begins with what is no command has none', () => {
    expect(scriptOfBody('Dear service,\nwhich\n')).toEqual({ source: 'body', commands: [] });
    expect(scriptOfBody('')).toEqual({ source: 'body', commands: [] });
  });

  it('stops at a line that is none, and says which', () => {
    expect(scriptOfBody('\nwhich\nthank you\nlists')).toMatchObject({
      stopped: { code: 'unknown-command', line: 3 },
    });
  });

  it('stops after as many commands as a message may have', () => {
    const script = scriptOfBody('which\n'.repeat(maxCommands + 1));
    expect(script.commands).toHaveLength(maxCommands);
    expect(script.stopped).toEqual({ code: 'too-many-commands', line: maxCommands + 1 });
    expect(scriptOfBody('which\n'.repeat(maxCommands)).stopped).toBeUndefined();
  });

  it('that takes an argument from the Subject is no better proved than the Subject', () => {
    const around = { list: 'board@example.org', key: '0123456789abcdef' };
    expect(scriptOfBody('distribute\n', around).source).toBe('subject');
    expect(scriptOfBody('distribute board fedcba9876543210\n', around).source).toBe('body');
    expect(scriptOfBody('which\nsignoff\n', { list: 'board@example.org' }).source).toBe('subject');
  });
});

describe('flowed text', () => {
  it.each([
    ['subscribe board \r\nAnn Example\r\n', 'subscribe board Ann Example\n'],
    [' which\n', 'which\n'],
    ['> quoted \nwhich', '> quoted \nwhich'],
    ['which \n-- \nlists', 'which \n-- \nlists'],
    ['one \n> quoted', 'one \n> quoted'],
  ])('%j is %j', (text, lines) => {
    expect(unflow(text)).toBe(lines);
  });
});

describe('any text', () => {
  it('gives a script within its limits', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3_000 }),
      fc
        .array(fc.constantFrom('which', 'signoff *', '> x', '# x', '', '-- ', 'x', 'quiet help'))
        .map((lines) => lines.join('\n')),
    );
    fc.assert(
      fc.property(text, (written) => {
        for (const one of [written, unflow(written)]) {
          const script = scriptOfBody(one);
          expect(script.commands.length).toBeLessThanOrEqual(maxCommands);
          scriptOfSubject(one, moderationOf(one));
        }
      }),
    );
  });

  it.each([
    '\n',
    ' \n',
    'which\n',
    'which \n',
    'Re: ',
    're ',
    '[moderate a',
    '=?utf-8?q?',
    '> \r',
  ])('takes linear time: %j over and over', (piece) => {
    const text = piece.repeat(1_000_000 / piece.length);
    const from = cpuNow();
    scriptOfBody(unflow(text));
    scriptOfSubject(text, moderationOf(text));
    expect(cpuNow() - from).toBeLessThan(1_000);
  });
});
