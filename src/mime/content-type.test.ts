import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import { formatParameter } from './compose.ts';
import { parseContentDisposition, parseContentType } from './content-type.ts';

const parameters = (body: string) => Object.fromEntries(parseContentType(body).parameters);

describe('parseContentType', () => {
  it.each([
    ['text/html', 'text/html'],
    [' TEXT / (a (b)) Plain ; x=y', 'text/plain'],
    ['', 'text/plain'],
    ['text', 'text/plain'],
    ['/plain', 'text/plain'],
    ['multipart/signed; boundary=x', 'multipart/signed'],
  ])('reads the type of %j', (body, type) => {
    expect(parseContentType(body).type).toBe(type);
  });

  it.each([
    ['a/b; X="a \\"b\\" c"', { x: 'a "b" c' }],
    ['a/b; x=y (comment); z=1', { x: 'y', z: '1' }],
    ['a/b; x="unclosed; y=1', { x: 'unclosed; y=1' }],
    ['a/b x=1 y=2', { x: '1', y: '2' }],
    ['a/b; name=my file.pdf; z="1"', { name: 'my file.pdf', z: '1' }],
    ['a/b; name="C:\\temp\\x.txt"', { name: 'C:\\temp\\x.txt' }],
    ['a/b; x=1; X=2', { x: '1' }],
    ['a/b; boundary="=?utf-8?q?a?="', { boundary: '=?utf-8?q?a?=' }],
    ['a/b; name="=?utf-8?q?=C3=A9?="', { name: 'é' }],
    ['a/b; empty=""', { empty: '' }],
    ['a/b; __proto__=x', Object.fromEntries([['__proto__', 'x']])],
  ])('reads the parameters of %j', (body, expected) => {
    expect(parameters(body)).toEqual(expected);
  });

  it.each([
    ["a/b; t*=iso-8859-1'en'%A3%20rates", '£ rates'],
    ["a/b; t*1*=%C3; t*0*=utf-8''%E2%82%AC; t*2*=%A9", '€é'],
    ["a/b; t*0*=utf-8''%C3%A9; t*1=%C3%A9; t*2*=%C3%A9", 'é%C3%A9é'],
    ['a/b; t*0=a; t*2=c', 'ac'],
    ["a/b; t=plain; t*=utf-8''ext", 'ext'],
    ['a/b; t*=no-quotes%20here', 'no-quotes here'],
  ])('joins and decodes the RFC 2231 parameter of %j', (body, value) => {
    expect(parseContentType(body).parameters.get('t')).toBe(value);
  });

  it('refuses a field with endless continuations', () => {
    const body = `a/b${Array.from({ length: 20_000 }, (_, index) => `; t*${index}=x`).join('')}`;
    expect(() => parseContentType(body)).toThrow(expect.objectContaining({ code: 'too-many-parameters' }));
  });

  it.each([
    '(',
    '( ',
    ';',
    ' ',
    '"',
    '\\',
    "'",
    'a ',
    'a=',
    'b (a ',
  ])('reads 300 KB of %j in linear time', (piece) => {
    const start = cpuNow();
    const body = piece.repeat(300_000 / piece.length);
    for (const text of [body, `a/b; x=${body}`, `a/b; x*=${body}`]) parseContentType(text);
    expect(cpuNow() - start).toBeLessThan(5000);
  });

  it('gives back every parameter that formatParameter wrote', () => {
    const value = fc
      .string({ unit: 'grapheme' })
      .filter((text) => !/[\x00-\x1f\x7f]/.test(text) && text.isWellFormed());
    fc.assert(
      fc.property(value, (text) => {
        const field = `a/b; ${formatParameter('t', text)}; z=1`;
        fc.pre(!text.includes('=?') && !/\\[A-Za-z0-9_]/.test(text));
        expect(parameters(field)).toEqual({ t: text, z: '1' });
      }),
    );
  });

  it('reads any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'a=;"\\(*\'% ?0') })),
        (text) => {
          expect(parseContentType(text).type).toMatch(/./);
          parseContentDisposition(text);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('parseContentDisposition', () => {
  it('reads word and parameters', () => {
    const { disposition, parameters: found } = parseContentDisposition('Attachment; filename="smime.p7m"');
    expect([disposition, found.get('filename')]).toEqual(['attachment', 'smime.p7m']);
  });
});
