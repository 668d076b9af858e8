import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import { decodeTransferEncoding, encodeBase64Lines, encodeQuotedPrintable } from './transfer-encoding.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const decode = (text: string, encoding: string) =>
  Buffer.from(decodeTransferEncoding(bytes(text), encoding)).toString('latin1');

/** What base64 looks like after it was through many hands. */
function oddBase64(maxLength: number): fc.Arbitrary<Buffer> {
  const pieces = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('QUJD', 'AbCd+/==', '09+/', 'QUJDREVGR0hJSktMTU5P') },
    { weight: 3, arbitrary: fc.constantFrom('\r\n', '\n', ' ', '\t', '\r') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('Q', 'QU', '=', '==', '-', '_', '!', '\0', '\x0b', '\x0c', '\xa0', '\xff'),
    },
  );
  return fc.array(pieces, { minLength: 1, maxLength }).map((texts) => bytes(texts.join('')));
}

describe('decodeTransferEncoding', () => {
  it.each([
    ['QUJD\r\nREVG', 'ABCDEF'],
    ['QUI=', 'AB'],
    ['QQ==\r\nText that a list added', 'A'],
    ['Q!U*J-D', 'ABC'],
    ['QUJ', 'AB'],
    ['Q', ''],
    ['=QUJD', 'ABC'],
    ['', ''],
  ])('decodes base64 %j', (encoded, decoded) => {
    expect(decode(encoded, 'BASE64')).toBe(decoded);
  });

  it.each([
    ['a=3Db=\r\nc', 'a=bc'],
    ['a= \t\nb', 'ab'],
    ['=e9=E', '\xe9=E'],
    ['a==41', 'a=A'],
    ['end=', 'end'],
    ['=zz', '=zz'],
  ])('decodes quoted-printable %j', (encoded, decoded) => {
    expect(decode(encoded, 'quoted-printable')).toBe(decoded);
  });

  it('decodes what uuencode wrote, and leaves what it did not', () => {
    expect(decode('intro\nbegin 644 x\n#0V%T\n`\nend\nafter', 'x-uuencode')).toBe('Cat');
    expect(decode('no begin line', 'uuencode')).toBe('no begin line');
  });

  it.each(['7bit', '8bit', 'binary', 'constructor', 'x-none'])('leaves %s as it is', (encoding) => {
    expect(decode('a=3D\0', encoding)).toBe('a=3D\0');
  });

  it.each([
    ['lines of 76', 76, '\r\n'],
    ['lines that cut groups of four', 75, '\n'],
    ['lines longer than a piece', 70_001, '\r\n'],
    ['blanks and no line end', 61, ' \t'],
    ['one line', Number.POSITIVE_INFINITY, ''],
  ])('decodes a large body of %s', (_lines, columns, between) => {
    for (const length of [300_000, 300_001, 300_002]) {
      const raw = Buffer.from(Uint8Array.from({ length }, (_, i) => i * 7 + (i >> 8)));
      const digits = raw.toString('base64');
      const lines: string[] = [];
      for (let at = 0; at < digits.length; at += columns) lines.push(digits.slice(at, at + columns));
      const decoded = decodeTransferEncoding(bytes(lines.join(between)), 'base64');
      expect(raw.equals(decoded)).toBe(true);
    }
  });

  /** Behind padding that ends the data nothing counts, but this keeps the built-in decoder from being used. */
  const forcesCarefulReading = bytes('====_');

  it.each([
    ['bytes of all kinds', fc.uint8Array({ maxLength: 80 })],
    ['digits with odd bytes between', oddBase64(80)],
    ['more than a piece', oddBase64(80).map((line) => Buffer.from(Buffer.alloc(140_000, line)))],
  ])('decodes base64 by the built-in decoder as by its own: %s', (_kind, bodies) => {
    fc.assert(
      fc.property(bodies, (body) => {
        const careful = decodeTransferEncoding(Buffer.concat([body, forcesCarefulReading]), 'base64');
        expect(Buffer.compare(decodeTransferEncoding(body, 'base64'), careful)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('never gives more than it may', () => {
    expect(() => decodeTransferEncoding(bytes('QUJD'), 'base64', 2)).toThrow(
      expect.objectContaining({ code: 'decoded-too-big' }),
    );
  });

  it.each([
    '=',
    '= ',
    '=\r',
    '!QUJD',
    `=${' '.repeat(997)}`,
  ])('decodes 4 MB of %j in linear time', (piece) => {
    const start = cpuNow();
    const body = bytes(piece.repeat(4_000_000 / piece.length));
    for (const encoding of ['base64', 'quoted-printable', 'uuencode']) decodeTransferEncoding(body, encoding);
    expect(cpuNow() - start).toBeLessThan(5000);
  });
});

describe('the encoders', () => {
  it('write base64 in lines of 76 columns, each ended by CRLF', () => {
    const encoded = Buffer.from(encodeBase64Lines(Buffer.alloc(58))).toString('latin1');
    expect(encoded).toBe(`${'A'.repeat(76)}\r\nAA==\r\n`);
    expect(encodeBase64Lines(new Uint8Array())).toHaveLength(0);
  });

  it('give any bytes again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (raw) => {
        expect([...decodeTransferEncoding(encodeBase64Lines(raw), 'base64')]).toEqual([...raw]);
        const canonical = Buffer.from(
          Buffer.from(raw)
            .toString('latin1')
            .replace(/\r\n|\n/g, '\r\n'),
          'latin1',
        );
        const encoded = encodeQuotedPrintable(raw);
        expect([...decodeTransferEncoding(encoded, 'quoted-printable')]).toEqual([...canonical]);
        const lines = Buffer.from(encoded).toString('latin1').split('\r\n');
        expect(
          lines.every((line) => line.length <= 76 && /^[\x20-\x7e\t]*$/.test(line) && !/[ \t]$/.test(line)),
        ).toBe(true);
        expect(lines.some((line) => line.startsWith('.') || line.startsWith('From '))).toBe(false);
      }),
    );
  });
});
