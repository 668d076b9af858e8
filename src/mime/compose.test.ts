import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeEntity, composeMultipart, composeText, formatField } from './compose.ts';
import { decodeEncodedWords } from './encoded-word.ts';
import { bodyBytes, decodedText, entityBytes, parseEntity } from './entity.ts';
import { findField } from './header.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const text = (value: Uint8Array) => Buffer.from(value).toString('latin1');

describe('formatField', () => {
  it.each([
    ['Subject', 'short', 'Subject: short\r\n'],
    ['Bcc', '', 'Bcc:\r\n'],
    ['Subject', 'grün', 'Subject: =?utf-8?b?Z3LDvG4=?=\r\n'],
    [
      'To',
      'Jürgen <j@b.example>, g: x@y.example;',
      'To: =?utf-8?q?J=C3=BCrgen?= <j@b.example>, g: x@y.example;\r\n',
    ],
    ['To', '=?utf-8?q?x?= <j@b.example>', 'To: =?utf-8?q?x?= <j@b.example>\r\n'],
    ['From', 'jürgen@b.example', 'From: jürgen@b.example\r\n'],
  ])('writes %s: %j', (name, body, expected) => {
    expect(formatField(name, body)).toBe(expected);
  });

  it.each([
    ['Subject', 'a\r\nBcc: x'],
    ['Subject', 'a\n b'],
    ['Subject', 'a\rb'],
    ['Subject', 'a\0b'],
    ['Sub ject', 'a'],
    ['Subject:', 'a'],
    ['', 'a'],
    ['Sübject', 'a'],
  ])('refuses %j: %j', (name, body) => {
    expect(() => formatField(name, body)).toThrow(expect.objectContaining({ code: 'bad-field' }));
  });

  it('folds at blanks, keeps them, and is undone by parsing', () => {
    const word = fc.oneof(fc.stringMatching(/^[!-~]{1,30}$/), fc.constantFrom('é', '€uro', '  '));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        const body = words.join(' ').trim();
        fc.pre(!body.includes('=?'));
        const field = formatField('X-Test', body);
        const { header, bodySpan } = parseEntity(Buffer.from(`${field}\r\n`, 'utf8'));
        expect(bodySpan.start).toBe(bodySpan.end);
        expect(header.fields).toHaveLength(1);
        expect(decodeEncodedWords(header.fields[0]!.body)).toBe(body);
        expect(field.split('\r\n').every((line) => line.length <= 110)).toBe(true);
      }),
    );
  });

  it('puts what cannot be folded into encoded words', () => {
    const lines = formatField('Subject', 'x'.repeat(5000)).split('\r\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(100);
  });
});

describe('composeEntity', () => {
  it('puts fields and body together', () => {
    expect(text(composeEntity({ fields: [['Subject', 'a']], body: 'one\ntwo' }))).toBe(
      'Subject: a\r\n\r\none\r\ntwo',
    );
    expect(text(composeEntity({ fields: [], body: bytes('raw\n') }))).toBe('\r\nraw\n');
  });
});

describe('composeText', () => {
  it('leaves ASCII as it is and encodes what is not', () => {
    expect(text(composeText({ text: 'plain\n' }))).toContain('7bit\r\n\r\nplain\r\n');
    for (const long of ['ü', 'x'.repeat(2000)]) {
      const entity = parseEntity(
        composeText({ text: long, subtype: 'html', fields: [['Content-Disposition', 'inline']] }),
      );
      expect([entity.contentType.type, entity.contentTransferEncoding, decodedText(entity)]).toEqual([
        'text/html',
        'quoted-printable',
        long,
      ]);
    }
  });
});

describe('composeMultipart', () => {
  it('gives every part again byte for byte, whatever stands in it', () => {
    const boundaryLike = fc.constantFrom(
      '--=_part_1000',
      '--=_part_1001--\n',
      '--=_part_10000',
      '\r\n',
      '\n',
      'a',
    );
    const body = fc
      .array(fc.oneof(boundaryLike, fc.string({ maxLength: 8 })), { maxLength: 8 })
      .map((pieces) => bytes(`\r\n${pieces.join('')}`));
    fc.assert(
      fc.property(fc.array(body, { minLength: 1, maxLength: 4 }), (parts) => {
        const entity = parseEntity(
          composeMultipart({ subtype: 'mixed', parts, fields: [['MIME-Version', '1.0']] }),
        );
        expect(entity.defects).toEqual([]);
        expect(entity.children.map((child) => text(entityBytes(child)))).toEqual(parts.map(text));
      }),
    );
  });

  it('writes parameters and the boundary that was asked for', () => {
    const composed = composeMultipart({
      subtype: 'signed',
      parts: [bytes('\r\na')],
      boundary: 'my boundary',
      parameters: [
        ['protocol', 'application/pkcs7-signature'],
        ['micalg', 'sha-256'],
      ],
    });
    const { contentType, header } = parseEntity(composed);
    expect(contentType.type).toBe('multipart/signed');
    expect(Object.fromEntries(contentType.parameters)).toEqual({
      protocol: 'application/pkcs7-signature',
      micalg: 'sha-256',
      boundary: 'my boundary',
    });
    expect(findField(header, 'content-type')?.body).toContain('micalg=sha-256');
  });

  it.each([
    '',
    'ends with blank ',
    'a"b',
    'x'.repeat(71),
    'inside',
  ])('refuses the boundary %j', (boundary) => {
    const act = () => composeMultipart({ subtype: 'mixed', parts: [bytes('\r\n--inside')], boundary });
    expect(act).toThrow(expect.objectContaining({ code: 'bad-boundary' }));
  });

  it('nests', () => {
    const inner = composeMultipart({ subtype: 'alternative', parts: [bytes('\r\na'), bytes('\r\nb')] });
    const outer = parseEntity(composeMultipart({ subtype: 'mixed', parts: [inner, bytes('\r\nc')] }));
    expect(outer.children[0]!.children.map((child) => text(bodyBytes(child)))).toEqual(['a', 'b']);
  });
});
