import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatField } from './compose.ts';
import { editHeader } from './edit-header.ts';
import { bodyBytes, parseEntity } from './entity.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const edit = (message: string, change: Parameters<typeof editHeader>[1]) =>
  Buffer.from(editHeader(parseEntity(bytes(message)), change)).toString('latin1');

describe('editHeader', () => {
  it('removes, prepends and appends, and keeps the bytes of all else', () => {
    const message = 'A: 1\r\nb : 2\r\n\tfolded\r\nC: 3\r\n\r\nbody\n--x\r';
    const change = {
      remove: ['c', 'D'],
      prepend: [formatField('X', 'y')],
      append: ['Z: folded\r\n more\r\n'],
    };
    expect(edit(message, change)).toBe(
      'X: y\r\nA: 1\r\nb : 2\r\n\tfolded\r\nZ: folded\r\n more\r\n\r\nbody\n--x\r',
    );
  });

  it('adds fields with the line end of the message', () => {
    expect(edit('A: 1\n\nbody', { append: ['X: y\r\n'] })).toBe('A: 1\nX: y\n\nbody');
    expect(edit('A: 1\r\rbody', { append: ['X: y\r\n'] })).toBe('A: 1\rX: y\r\rbody');
  });

  it('ends a header that had no end', () => {
    expect(edit('A: 1', { append: ['X: y'] })).toBe('A: 1\r\nX: y\r\n\r\n');
    expect(edit('', {})).toBe('\r\n');
    expect(edit('A: 1\nno field\n', {})).toBe('A: 1\n\nno field\n');
  });

  it.each([
    'X: a\r\n\r\nbody',
    'no field',
    'X: a\r\n \r\n b',
    'X: a\0',
    'X: a\rY: b',
    '',
    ' : a',
  ])('refuses to add %j', (field) => {
    expect(() => edit('A: 1\r\n\r\n', { append: [field] })).toThrow(
      expect.objectContaining({ code: 'bad-field' }),
    );
  });

  it('never moves a byte of the body', () => {
    const message = fc
      .string({ unit: fc.constantFrom('A: b', '\r\n', '\n', ' ', 'x', '\r', '--b') })
      .map(bytes);
    fc.assert(
      fc.property(message, (source) => {
        const entity = parseEntity(source);
        const changed = Buffer.from(editHeader(entity, { remove: ['a'], prepend: ['X: y\r\n'] }));
        expect(
          Buffer.compare(changed.subarray(changed.length - bodyBytes(entity).length), bodyBytes(entity)),
        ).toBe(0);
        const names = parseEntity(changed).header.fields.map(({ name }) => name.toLowerCase());
        expect([names[0], names.includes('a')]).toEqual(['x', false]);
      }),
      { numRuns: 500 },
    );
  });
});
