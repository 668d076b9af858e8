import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readParameterLines } from './parameter-lines.ts';

const read = (text: string) => readParameterLines(text, 'sympa.conf');

describe('readParameterLines', () => {
  it('reads one parameter a line, with the line it stands in', () => {
    expect(read('# site\n\ndomain  example.org\t\nsendmail_args -oi -odi # all\n').entries).toEqual([
      { name: 'domain', value: 'example.org', line: 3 },
      { name: 'sendmail_args', value: '-oi -odi # all', line: 4 },
    ]);
  });

  it('reads a paragraph up to the next blank line, comments inside left out', () => {
    expect(read('owner\nemail a@example.org\n# her\ngecos Ann\n\nsend private\n').entries).toEqual([
      {
        name: 'owner',
        line: 1,
        members: [
          { name: 'email', value: 'a@example.org', line: 2 },
          { name: 'gecos', value: 'Ann', line: 4 },
        ],
      },
      { name: 'send', value: 'private', line: 6 },
    ]);
  });

  it('takes both line ends and a byte order mark', () => {
    expect(read('\uFEFFdomain example.org\r\nlang fr\r\n').entries.map((entry) => entry.name)).toEqual([
      'domain',
      'lang',
    ]);
  });

  it('names the line that is no parameter', () => {
    expect(read('domain example.org\n= x\n').problems).toMatchObject([
      { code: 'bad-syntax', place: { file: 'sympa.conf', line: 2 } },
    ]);
  });

  it('never repeats the value of a faulty line', () => {
    const { problems } = read('key_passwd se\u0001cret\n');
    expect(problems).toHaveLength(1);
    expect(JSON.stringify(problems)).not.toContain('cret');
  });

  it('bounds lines and their length', () => {
    expect(read(`title ${'x'.repeat(20_000)}`).problems).toMatchObject([{ code: 'config-too-large' }]);
    expect(read('a b\n'.repeat(25_000)).problems).toMatchObject([{ code: 'config-too-large' }]);
  });

  it('reads any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        expect(Array.isArray(read(text).entries)).toBe(true);
      }),
    );
  });
});
