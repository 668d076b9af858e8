import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dotStuff } from './dot-stuffing.ts';
import { WireEncoder } from './wire-encoder.ts';

const anyBytes = fc
  .array(fc.constantFrom(...Buffer.from('\r\n.ab')), { maxLength: 60 })
  .map((all) => Buffer.from(all));

function stuffed(text: string): string {
  return Buffer.from(dotStuff(Buffer.from(text))).toString();
}

describe('dotStuff', () => {
  it('gives the same array when there is nothing to change', () => {
    const bytes = Buffer.from('Subject: x\r\n\r\na.b.\r\n');
    expect(dotStuff(bytes)).toBe(bytes);
    const large = Buffer.from(`${'A'.repeat(76)}\r\n`.repeat(20_000));
    expect(dotStuff(large)).toBe(large);
  });

  it.each([
    ['.', '..'],
    ['.\r\n', '..\r\n'],
    ['a\r\n.\r\n..b\r\n', 'a\r\n..\r\n...b\r\n'],
    ['a\nb', 'a\r\nb'],
    ['a\rb', 'a\r\nb'],
    ['a\n.\r\nb', 'a\r\n..\r\nb'],
    ['a\r.\rb', 'a\r\n..\r\nb'],
    ['a\r\r\nb', 'a\r\n\r\nb'],
    ['', ''],
  ])('makes %j of it', (text, expected) => {
    expect(stuffed(text)).toBe(expected);
  });

  it('leaves no bare CR or LF and no single dot on a line, whatever it gets', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const out = Buffer.from(dotStuff(bytes)).toString('latin1');
        expect(out).not.toMatch(/\r(?!\n)|(?<!\r)\n/);
        expect(`\r\n${out}\r\n`).not.toContain('\r\n.\r\n');
      }),
    );
  });

  it('is undone by taking one dot off each line that starts with one', () => {
    const crlfLines = fc.array(fc.constantFrom('', '.', '..', 'a', '.a', 'a.'), { maxLength: 20 });
    fc.assert(
      fc.property(crlfLines, (lines) => {
        const text = lines.map((line) => `${line}\r\n`).join('');
        const undone = stuffed(text)
          .split('\r\n')
          .map((line) => (line.startsWith('.') ? line.slice(1) : line));
        expect(undone.join('\r\n')).toBe(text);
      }),
    );
  });
});

describe('WireEncoder', () => {
  it('gives the same bytes however a message is cut', () => {
    fc.assert(
      fc.property(anyBytes, fc.array(fc.nat({ max: 7 }), { maxLength: 20 }), (bytes, cuts) => {
        const whole = new WireEncoder();
        const expected = Buffer.concat([whole.encode(bytes), Buffer.from(whole.end())]);
        const encoder = new WireEncoder();
        const out: Uint8Array[] = [];
        let from = 0;
        for (const cut of [...cuts, bytes.length]) {
          out.push(Buffer.from(encoder.encode(bytes.subarray(from, from + cut))));
          from += cut;
        }
        expect(Buffer.concat([...out, Buffer.from(encoder.end())])).toEqual(expected);
        expect(encoder.size).toBe(whole.size);
      }),
    );
  });

  it('ends the message once and only at its end', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const encoder = new WireEncoder();
        const wire = `\r\n${Buffer.from(encoder.encode(bytes)).toString('latin1')}${encoder.end()}`;
        expect(wire.indexOf('\r\n.\r\n')).toBe(wire.length - 5);
        expect(wire).not.toMatch(/(?<!\r)\n/);
      }),
    );
  });
});
