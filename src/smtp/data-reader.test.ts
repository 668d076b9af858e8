import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataReader } from './data-reader.ts';
import { dotStuff } from './dot-stuffing.ts';

/** Reads pieces to the end; gives the message and how much of all pieces was left. */
function read(
  pieces: readonly Uint8Array[],
): { readonly message: string; readonly left: string } | undefined {
  const reader = new DataReader();
  const out: Buffer[] = [];
  for (const [i, piece] of pieces.entries()) {
    const { bytes, end } = reader.push(piece);
    out.push(bytes);
    if (end === undefined) continue;
    const left = [Buffer.from(piece).subarray(end), ...pieces.slice(i + 1)];
    return { message: Buffer.concat(out).toString('latin1'), left: Buffer.concat(left).toString('latin1') };
  }
  return undefined;
}

function cut(bytes: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] {
  let from = 0;
  const pieces = sizes.map((size) => {
    from += size;
    return bytes.subarray(from - size, from);
  });
  return [...pieces, bytes.subarray(Math.min(from, bytes.length))];
}

const sizes = fc.array(fc.nat({ max: 5 }), { maxLength: 40 });

describe('DataReader', () => {
  it.each([
    ['.\r\nQUIT\r\n', '', 'QUIT\r\n'],
    ['a\r\n.\r\nQUIT\r\n', 'a\r\n', 'QUIT\r\n'],
    ['..\r\n...\r\n..a\r\n.\r\n', '.\r\n..\r\n.a\r\n', ''],
    ['a\n.\n.\r\n\r\n.\r\n', 'a\n.\n.\r\n\r\n', ''],
    ['a\r.\r\n\r\n.\r\n', 'a\r.\r\n\r\n', ''],
    ['..\rx\r\n.\rx\r\n.x\r\n.\n\r\n.\r\n', '.\rx\r\n.\rx\r\n.x\r\n.\n\r\n', ''],
    ['a\r\r\n.\r\n', 'a\r\r\n', ''],
  ])('of %j takes %j', (wire, message, left) => {
    expect(read([Buffer.from(wire)])).toEqual({ message, left });
  });

  it.each([
    'a\r\n.',
    'a\r\n.\r',
    'a\n.\n',
    'a\n.\r\n',
    'a\r.\r\n',
    '.\n',
    '.\r.\n',
    'a\r\n.\r\r\n',
    'a\r\n\0.\r\n',
  ])('sees no end in %j', (wire) => {
    expect(read([Buffer.from(wire)])).toBeUndefined();
  });

  it('gives the same however the data is cut', () => {
    const wires = fc.array(fc.constantFrom('\r', '\n', '.', 'a', '\r\n', '\r\n.\r\n'), { maxLength: 40 });
    fc.assert(
      fc.property(wires, sizes, (parts, some) => {
        const wire = Buffer.from(parts.join(''));
        expect(read(cut(wire, some))).toEqual(read([wire]));
      }),
    );
  });

  it('undoes dot-stuffing', () => {
    const lines = fc.array(fc.constantFrom('', '.', '..', '.a', 'a.', 'a', '\0'), { maxLength: 30 });
    fc.assert(
      fc.property(lines, sizes, (some, pieces) => {
        const message = some.map((line) => `${line}\r\n`).join('');
        const wire = Buffer.concat([dotStuff(Buffer.from(message)), Buffer.from('.\r\nQUIT\r\n')]);
        expect(read(cut(wire, pieces))).toEqual({ message, left: 'QUIT\r\n' });
      }),
    );
  });
});
