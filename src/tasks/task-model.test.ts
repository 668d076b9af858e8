import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import { defaultsDir } from '../config/site.ts';
import { argumentKinds, parseMoment } from './argument-kinds.ts';
import { type CommandName, commandWords, wordOf } from './command-words.ts';
import { TaskError } from './error.ts';
import { parseTaskModel } from './task-model.ts';

const values = {
  domain: 'example.org',
  creationDate: 1_000,
  list: { name: 'board', robot: 'example.org', ttl: 600 },
};

const parse = (text: string) => parseTaskModel(text, 'x.daily.task', values);

/** What a command of the text becomes. */
const commandOf = (line: string) => {
  const [command] = parse(`@v = select_subs(older(execution_date))\n/L\n${line}`).commands.slice(-1);
  return { name: command!.name, arguments: command!.arguments };
};

function faultOf(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const { file, line, column } = error.place!;
    return `${error.code} ${file}:${line}:${column}`;
  }
  return 'no fault';
}

describe('a task model', () => {
  it('has titles, labels, commands and assignments', () => {
    const model = parse(
      [
        '\u{feff}# a comment',
        'title Plain',
        'title.gettext translated',
        'title.fr_CA Le titre',
        'title Another, which comes too late',
        '',
        '/FIRST',
        '  @v = Select_Subs ( older( [execution_date] - 1y ) )',
        'SEND_MSG (@v, remind)',
        '/ SECOND',
        'next([execution_date]+1d, FIRST)',
        'stop',
      ].join('\r\n'),
    );
    expect([...model.titles]).toEqual([
      ['', 'Plain'],
      ['gettext', 'translated'],
      ['fr-CA', 'Le titre'],
    ]);
    expect([...model.labels]).toEqual([
      ['FIRST', 0],
      ['SECOND', 2],
    ]);
    expect(model.commands.map(({ place: _place, ...command }) => command)).toEqual([
      { name: 'select_subs', arguments: ['older(execution_date-1y)'], variable: '@v' },
      { name: 'send_msg', arguments: ['@v', 'remind'] },
      { name: 'next', arguments: ['execution_date+1d', 'FIRST'] },
      { name: 'stop', arguments: [] },
    ]);
    expect(model.commands[0]!.place).toEqual({ file: 'x.daily.task', line: 8, column: 8 });
  });

  it.each<[line: string, name: CommandName, given: readonly string[]]>([
    ['stop ()', 'stop', []],
    ['next ([creation_date] + 2w3d, L)', 'next', ['1000+2w3d', 'L']],
    ['next (2030y12m24d, L)', 'next', ['2030y12m24d', 'L']],
    ['create (global, expire_bounce, daily)', 'create', ['global', 'expire_bounce', 'daily']],
    [
      'create (list([list.name]@[list.robot]), remind, monthly)',
      'create',
      ['list(board@example.org)', 'remind', 'monthly'],
    ],
    ['exec (/bin/true, a b, [domain])', 'exec', ['/bin/true', 'ab', 'example.org']],
    ['@w = select_subs (newer(5))', 'select_subs', ['newer(5)']],
    ['@w = delete_subs (@v)', 'delete_subs', ['@v']],
    ['delete_subs (@v)', 'delete_subs', ['@v']],
    ['send_msg (@v, expire_warning1)', 'send_msg', ['@v', 'expire_warning1']],
    ['expire_bounce (10)', 'expire_bounce', ['10']],
    ['sync_include ()', 'sync_include', []],
    ['purge_user_table', 'purge_user_table', []],
    ['purge_logs_table()', 'purge_logs_table', []],
    ['purge_session_table()', 'purge_session_table', []],
    ['purge_spools()', 'purge_spools', []],
    ['purge_tables()', 'purge_tables', []],
    ['purge_one_time_ticket_table()', 'purge_one_time_ticket_table', []],
    ['purge_orphan_bounces()', 'purge_orphan_bounces', []],
    ['eval_bouncers()', 'eval_bouncers', []],
    ['process_bouncers()', 'process_bouncers', []],
    ['chk_cert_expiration (certif_warning, 3d)', 'chk_cert_expiration', ['certif_warning', '3d']],
    [
      'chk_cert_expiration (daily_cert_expiration, [execution_date]+3d)',
      'chk_cert_expiration',
      ['daily_cert_expiration', 'execution_date+3d'],
    ],
    ['update_crl (CA_list, 1d)', 'update_crl', ['CA_list', '1d']],
    ['next ([execution_date]+[list.ttl]sec, L)', 'next', ['execution_date+600sec', 'L']],
  ])('has %s', (line, name, given) => {
    expect(commandOf(line)).toEqual({ name, arguments: given });
  });

  it('has every command in this test', () => {
    const tested = readFileSync(import.meta.filename, 'utf8');
    for (const name of Object.keys(commandWords)) expect(tested).toContain(`'${name}', [`);
  });

  it.each([
    ['what is this', 'line-unknown', 1, 1],
    ['stop () now', 'line-unknown', 1, 1],
    ['/two words', 'line-unknown', 1, 1],
    ['/A\n/A', 'label-twice', 2, 1],
    ['  remove (5)', 'command-unknown', 1, 3],
    ['@v =  forget (5)', 'command-unknown', 1, 7],
    ['  Rm_File (@v)', 'command-refused', 1, 3],
    ['rm_file', 'command-refused', 1, 1],
    ['@v = stop ()', 'assignment-impossible', 1, 1],
    ['stop (1)', 'argument-count', 1, 1],
    ['next (5)', 'argument-count', 1, 1],
    ['expire_bounce ()', 'argument-count', 1, 1],
    ['expire_bounce (1, 2)', 'argument-count', 1, 1],
    ['chk_cert_expiration (a, 3d, 4d)', 'argument-count', 1, 1],
    ['exec ()', 'argument-count', 1, 1],
    ['/L\nnext (soon, L)', 'argument-kind', 2, 7],
    ['/L\nnext (5, )', 'argument-kind', 2, 10],
    ['/L\nnext (3d, L)', 'argument-kind', 2, 7],
    ['expire_bounce (some)', 'argument-kind', 1, 16],
    ['expire_bounce (-1)', 'argument-kind', 1, 16],
    ['@v = select_subs (old(5))', 'argument-kind', 1, 19],
    ['@v = select_subs (older(5)', 'argument-kind', 1, 19],
    ['@v = select_subs (older(soon))', 'argument-kind', 1, 19],
    ['delete_subs (v)', 'argument-kind', 1, 14],
    ['create (board, remind, monthly)', 'argument-kind', 1, 9],
    ['create (list(board), remind, monthly)', 'argument-kind', 1, 9],
    ['create (global, ../x, monthly)', 'argument-kind', 1, 17],
    ['create (list(a,b@c), remind, monthly)', 'argument-count', 1, 1],
    ['update_crl (/etc/passwd, 1d)', 'argument-kind', 1, 13],
    ['update_crl (CA_list, whenever)', 'argument-kind', 1, 22],
    ['send_msg (@v, remind)', 'variable-unknown', 1, 11],
    ['@v = delete_subs (@v)', 'variable-unknown', 1, 19],
    ['stop ()\nnext (5, LABEL)', 'label-unknown', 2, 10],
    ['expire_bounce ([list.size])', 'reference-unknown', 1, 16],
    ['# fine\n\n  next([execution_date]+1d, x)', 'label-unknown', 3, 29],
  ])('is refused whole, with the place: %j', (text, code, line, column) => {
    expect(faultOf(text)).toBe(`${code} x.daily.task:${line}:${column}`);
  });

  it('names the word that may have been meant', () => {
    expect(() => parse('expire_bounces (10)')).toThrow(
      expect.objectContaining({ hint: 'did you mean expire_bounce?' }),
    );
    expect(() => parse('/RUN\nnext (5, RUM)')).toThrow(
      expect.objectContaining({ hint: 'did you mean RUN?' }),
    );
  });

  it('of the site has no list to speak of', () => {
    const { list: _list, ...site } = values;
    expect(() => parseTaskModel('exec ([list.name])', 'f', site)).toThrow(/stands for nothing here/);
  });

  it('is refused when it is too large', () => {
    expect(faultOf('\n'.repeat(2_000))).toBe('model-too-large x.daily.task:1:1');
    expect(faultOf('#'.repeat(65_537))).toBe('model-too-large x.daily.task:1:1');
    expect(faultOf(`/L\nexec (${'a'.repeat(4_100)})`)).toBe('line-unknown x.daily.task:2:1');
  });

  it.each(readdirSync(join(defaultsDir, 'tasks')))('is shipped without fault: %s', (name) => {
    const text = readFileSync(join(defaultsDir, 'tasks', name), 'utf8');
    const model = parseTaskModel(text, name, values);
    expect(model.titles.get('gettext')).toBeDefined();
    expect(model.commands.at(-1)!.name).toBe('next');
  });
});

describe('whatever is read as a task model', () => {
  const fragments = fc.constantFrom(
    ...Object.keys(commandWords),
    ...[
      '(',
      ')',
      ',',
      ' ',
      '\n',
      '/',
      '@v',
      ' = ',
      '[execution_date]',
      '+3d',
      'L',
      '5',
      '[',
      ']',
      '#',
      'title',
    ],
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fragments).map((some) => some.join('')),
  );

  it('is a value that is right in itself, or a fault with a place in the text', () => {
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const { commands, labels } = parse(text);
          for (const { name, arguments: given } of commands) {
            const { arguments: kinds } = wordOf(name);
            for (const [i, argument] of given.entries())
              expect(argumentKinds[kinds[i] ?? kinds.at(-1)!].fits(argument)).toBe(true);
            if (name === 'next') expect(labels.has(given[1]!)).toBe(true);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(TaskError);
          const { line, column = 0 } = (error as TaskError).place!;
          const lines = text.replace(/^\u{feff}/u, '').split(/\r\n|\n|\r/);
          expect(column).toBeGreaterThan(0);
          expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1);
        }
      }),
    );
  });

  it('is read in a time that grows with its length alone', () => {
    const hostile = [
      `/L\n${`exec (${'['.repeat(2_000)})\n`.repeat(15)}`,
      `exec ${'('.repeat(4_000)}`,
      `@v ${' '.repeat(4_000)}=`,
      `title${' '.repeat(4_000)}\n`.repeat(15),
      `next (${'1y'.repeat(1_500)}, L)`,
    ];
    const start = cpuNow();
    expect(hostile.map(faultOf)).toHaveLength(hostile.length);
    expect(cpuNow() - start).toBeLessThan(500);
  });
});

describe('a moment', () => {
  const nowMs = Date.UTC(2026, 10, 24);
  it.each([
    ['3d', nowMs + 3 * 86_400_000],
    ['execution_date+3d', nowMs + 3 * 86_400_000],
    ['execution_date', nowMs],
    ['1000', 1_000_000],
    ['2y', nowMs + 2 * 365 * 86_400_000],
    ['soon', undefined],
  ])('is a date, or a duration from now on: %s', (text, expected) => {
    expect(parseMoment(text, nowMs)).toBe(expected);
  });

  it('is a year where it has four digits', () => {
    expect(new Date(parseMoment('2030y6m', nowMs)!).getFullYear()).toBe(2030);
  });
});
