import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import { formatCall, understoodCall } from '../requests/call.ts';
import { parseCommand } from './parse-command.ts';

/** Words and short forms, and the command that each makes of the arguments behind it. */
const words: readonly (readonly [forms: string, given: string, command: string])[] = [
  ['SUBSCRIBE sub', 'board', 'SUBSCRIBE board'],
  ['SIGNOFF sig uns unsub unsubscribe', 'board', 'SIGNOFF board'],
  ['SIGNOFF uns', 'board Bob@Example.org', 'SIGNOFF board bob@example.org'],
  ['SIGNOFF unsubscribe', '*', 'SIGNOFF *'],
  ['FAMILY-SIGNOFF', 'alumni', 'FAMILY-SIGNOFF alumni'],
  ['ADD', 'board bob@example.org', 'ADD board bob@example.org'],
  ['DEL delete', 'board bob@example.org', 'DEL board bob@example.org'],
  ['INVITE inv', 'board bob@example.org', 'INVITE board bob@example.org'],
  ['REVIEW rev who', 'board@example.org', 'REVIEW board@example.org'],
  ['INFO inf', 'board', 'INFO board'],
  ['REMIND rem', 'board', 'REMIND board'],
  ['REMIND rem', '*', 'REMIND *'],
  ['SET', 'board nomail', 'SET board nomail'],
  ['SET', '* nomail conceal', 'SET * nomail conceal'],
  ['LISTS lis list', '', 'LISTS'],
  ['WHICH whi status', '', 'WHICH'],
  ['INDEX ind', 'board', 'INDEX board'],
  ['GET', 'board 2026-11', 'GET board 2026-11'],
  ['LAST las', 'board', 'LAST board'],
  ['STATS sta', 'board', 'STATS board'],
  ['VERIFY ver', 'board', 'VERIFY board'],
  ['MODINDEX mod modind', 'board', 'MODINDEX board'],
  ['DISTRIBUTE dis', 'board 0123456789abcdef', 'DISTRIBUTE board'],
  ['REJECT rej', 'board 0123456789abcdef', 'REJECT board'],
];
const table = words.flatMap(([forms, given, command]) =>
  forms.split(' ').map((form) => [`${form} ${given}`.trim(), command] as const),
);

describe('a line that is a command', () => {
  it.each(table)('%s is %s, in upper and lower case', (line, command) => {
    for (const written of [line.toUpperCase().replace('BOARD', 'board'), line.toLowerCase()])
      expect(commandOf(written)).toBe(command);
  });

  it.each([
    ['help', { kind: 'help' }],
    ['HEL', { kind: 'help' }],
    ['sos', { kind: 'help' }],
    ['confirm 0123456789abcdef', { kind: 'confirm-post', key: '0123456789abcdef' }],
    ['con 0123456789abcdef', { kind: 'confirm-post', key: '0123456789abcdef' }],
    ['auth 0123456789abcdef', { kind: 'auth', key: '0123456789abcdef' }],
    [
      'AUTH 0123456789abcdef sub board Bob B',
      { kind: 'auth', key: '0123456789abcdef', command: 'SUBSCRIBE board' },
    ],
    [
      'AUTH 0123456789abcdef del BOARD Bob@Example.ORG',
      { kind: 'auth', key: '0123456789abcdef', command: 'DEL board bob@example.org' },
    ],
  ])('%s is read', (line, act) => {
    expect(parseCommand(line)).toEqual({ status: 'command', act, quiet: false });
  });

  it('takes the rest of the line as a name, or as options', () => {
    expect(actOf('subscribe board  Ann   von Example')).toMatchObject({
      call: { arguments: { list: 'board', gecos: 'Ann von Example' } },
    });
    expect(actOf('set board nomail conceal')).toMatchObject({
      call: { arguments: { options: 'nomail conceal' } },
    });
  });

  it('is quiet behind QUIET, once', () => {
    expect(parseCommand('Quiet signoff board')).toMatchObject({ status: 'command', quiet: true });
    expect(parseCommand('QUIET AUTH 0123456789abcdef')).toMatchObject({ status: 'command', quiet: true });
    expect(parseCommand('QUIET QUIET which')).toEqual({ status: 'unknown' });
    expect(parseCommand('QUIET')).toEqual({ status: 'unknown' });
  });

  it('takes from its surroundings what it leaves out, and says so', () => {
    const around = { list: 'board@example.org', key: '0123456789abcdef' };
    expect(parseCommand('distribute', around)).toMatchObject({
      act: { isCompleted: true, call: { arguments: around } },
    });
    expect(parseCommand('distribute team fedcba9876543210', around)).toEqual(
      parseCommand('distribute team fedcba9876543210'),
    );
    expect(actOf('distribute team fedcba9876543210', around)).not.toHaveProperty('isCompleted');
  });
});

describe('a line that is none', () => {
  it.each(['quit', 'END', 'stop', '-', ' - '])('%s ends the commands', (line) => {
    expect(parseCommand(line)).toEqual({ status: 'end' });
  });

  it.each([
    '',
    'hello',
    'subscribed board',
    'create-list mine',
    'close-list board',
    'stop that',
    '- -',
    '__proto__',
    'constructor x',
    `which${' '.repeat(1_000)}`,
  ])('%j is unknown', (line) => {
    expect(parseCommand(line)).toEqual({ status: 'unknown' });
  });

  it.each([
    ['lists of yours', 'LISTS'],
    ['help me please', 'HELP'],
    ['review board now', 'REVIEW'],
    ['signoff * bob@example.org', 'SIGNOFF *'],
    ['confirm', 'CONFIRM'],
    ['confirm short', 'CONFIRM'],
    ['auth', 'AUTH'],
    ['auth 0123456789abcdef make me rich', 'AUTH'],
    ['auth 0123456789abcdef auth fedcba9876543210', 'AUTH'],
    ['auth 0123456789abcdef del board no-address', 'AUTH'],
  ])('%s is faulty, and nothing but its word is kept', (line, word) => {
    expect(parseCommand(line)).toEqual({ status: 'command', quiet: false, act: { kind: 'faulty', word } });
  });
});

describe('any line', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 1_200 }),
    fc
      .array(fc.oneof(fc.constantFrom(...table.map(([one]) => one), 'quiet', 'auth', '*', '-'), fc.string()))
      .map((pieces) => pieces.join(' ')),
  );

  it('gives a value', () => {
    fc.assert(
      fc.property(line, (text) => {
        expect(['command', 'end', 'unknown']).toContain(parseCommand(text).status);
      }),
    );
  });

  it('that is understood, is understood alike when it is written out and read again', () => {
    fc.assert(
      fc.property(line, (text) => {
        const command = commandOf(text);
        if (command === undefined || command.startsWith('DISTRIBUTE') || command.startsWith('REJECT')) return;
        expect(commandOf(command)).toBe(command);
      }),
    );
  });

  it.each([' ', 'a ', '\u00a0', 'auth 0123456789abcdef '])('takes linear time: %j over and over', (piece) => {
    const from = cpuNow();
    parseCommand(piece.repeat(2_000_000 / piece.length));
    expect(cpuNow() - from).toBeLessThan(200);
  });
});

function actOf(line: string, surroundings = {}) {
  const parsed = parseCommand(line, surroundings);
  return parsed.status === 'command' ? parsed.act : undefined;
}

function commandOf(line: string): string | undefined {
  const act = actOf(line);
  const call = act?.kind === 'request' ? understoodCall(act.call) : undefined;
  return call && formatCall(call);
}
