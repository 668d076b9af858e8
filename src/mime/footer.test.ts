import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyBytes, decodedText, type Entity, entityBytes, parseEntity } from './entity.ts';
import { addFooter } from './footer.ts';
import { findField } from './header.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const text = (value: Uint8Array) => Buffer.from(value).toString('latin1');
const footer = { text: 'The footer\n', position: 'end', mode: 'mime' } as const;
const add = (message: string, change: Partial<Parameters<typeof addFooter>[1]> = {}) =>
  parseEntity(addFooter(parseEntity(bytes(message)), { ...footer, ...change }));
const shape = (entity: Entity): unknown =>
  entity.children.length === 0 ? decodedText(entity) : entity.children.map(shape);

const mixed = (lines: string) =>
  `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npre\r\n${lines}`;
const twoParts = mixed('--b\r\n\r\none\r\n--b\r\nContent-Type: text/html\r\n\r\n<b>two\r\n--b--\r\nepilogue');

describe('addFooter', () => {
  it.each([
    'multipart/signed; boundary=b; protocol="application/pgp-signature"',
    'multipart/encrypted; boundary=b',
    'application/pkcs7-mime; smime-type=signed-data',
    'APPLICATION/X-PKCS7-MIME',
    'application/octet-stream; name=smime.p7m',
  ])('refuses %s', (type) => {
    for (const mode of ['mime', 'append'] as const)
      expect(() => add(`Content-Type: ${type}\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n`, { mode })).toThrow(
        expect.objectContaining({ code: 'signed-content' }),
      );
  });

  it('adds nothing where the text is empty', () => {
    const source = bytes('Subject: a\n\nbody');
    expect(addFooter(parseEntity(source), { ...footer, text: ' \n' })).toEqual(source);
  });

  it('adds a part to a multipart/mixed and leaves the others as they are', () => {
    const end = add(twoParts);
    expect(shape(end)).toEqual(['one', '<b>two', 'The footer']);
    expect(text(entityBytes(end))).toContain('pre\r\n--b\r\n\r\none\r\n--b\r\n');
    expect(text(entityBytes(end))).toMatch(/The footer\r\n--b--\r\nepilogue$/);
    expect(shape(add(twoParts, { position: 'start' }))).toEqual(['The footer', 'one', '<b>two']);
  });

  it('closes a multipart that was cut off', () => {
    const entity = add(mixed('--b\r\n\r\none\r\n'));
    expect(shape(entity)).toEqual(['one', 'The footer']);
    expect(entity.defects).toEqual([]);
  });

  it('leaves the bytes of a signed part inside of a multipart/mixed', () => {
    const signed =
      'Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\nsigned \r\n--s\r\n\r\nsig\r\n--s--\r\n';
    for (const mode of ['mime', 'append'] as const) {
      const entity = add(mixed(`--b\r\n${signed}\r\n--b--\r\n`), { mode });
      expect(text(entityBytes(entity.children[0]!))).toBe(signed);
      expect(entity.children).toHaveLength(2);
    }
  });

  it.each([
    ['text/plain', 'Subject: a\r\n\r\nbody', 'body'],
    [
      'multipart/alternative',
      'Subject: a\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\n\r\nbody\r\n--x--\r\n',
      ['body'],
    ],
    [
      'application/pdf',
      'Subject: a\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nYm9keQ==',
      'body',
    ],
  ])('wraps a message of %s', (type, message, before) => {
    const entity = add(message);
    expect(entity.contentType.type).toBe('multipart/mixed');
    expect(entity.children.map((child) => child.contentType.type)).toEqual([type, 'text/plain']);
    expect(shape(entity)).toEqual([before, 'The footer']);
    expect(entity.header.fields.map(({ name }) => name)).toEqual(['Subject', 'MIME-Version', 'Content-Type']);
    expect(text(bodyBytes(entity.children[0]!))).toBe(text(bodyBytes(parseEntity(bytes(message)))));
  });

  it('encodes a footer that is not ASCII', () => {
    expect(shape(add(twoParts, { text: 'Grüße\n€' }))).toEqual(['one', '<b>two', 'Grüße\r\n€']);
  });
});

describe('addFooter that appends', () => {
  const append = (message: string, change: Partial<Parameters<typeof addFooter>[1]> = {}) =>
    add(message, { mode: 'append', ...change });

  it.each([
    ['Subject: a\r\n\r\nbody', 'The footer', 'body\r\n\r\nThe footer\r\n'],
    ['Subject: a\n\nbody\n', 'The\r\nfooter', 'body\n\nThe\nfooter\n'],
    ['Content-Transfer-Encoding: base64\r\n\r\nYm9keQ==', 'The footer', 'body\r\n\r\nThe footer\r\n'],
    [
      'Content-Transfer-Encoding: quoted-printable\r\n\r\nbo=\r\ndy',
      'The footer',
      'body\r\n\r\nThe footer\r\n',
    ],
    ['Content-Type: text/plain; charset=utf-8\r\n\r\nbody', 'Grüße', 'body\r\n\r\nGrüße\r\n'],
    [
      'Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xe9',
      'Grüße',
      'é\r\n\r\nGrüße\r\n',
    ],
    ['Content-Type: text/plain; format=flowed\r\n\r\nbody', 'Grüße', 'body\r\n\r\nGrüße\r\n'],
  ])('writes into the text of %j', (message, added, expected) => {
    expect(shape(append(message, { text: added }))).toBe(expected);
  });

  it('takes the text of a message with bare CR, too', () => {
    const entity = append('Subject: a\r\rbody\r');
    expect(findField(entity.header, 'subject')?.body).toBe('a');
    expect(shape(entity)).toBe('body\r\n\r\nThe footer\r\n');
  });

  it('writes before what stands there', () => {
    expect(shape(append('Subject: a\r\n\r\nbody', { position: 'start' }))).toBe('The footer\r\n\r\nbody');
  });

  it('writes into each alternative, into HTML as HTML', () => {
    const message =
      'Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\n\r\nbody\r\n--x\r\nContent-Type: text/html\r\n\r\n<BODY class="a">body</Body></html>\r\n--x--\r\n';
    expect(shape(append(message, { text: 'a < ü' }))).toEqual([
      'body\r\n\r\na < ü\r\n',
      '<BODY class="a">body\r\n<div>a &lt; &#252;</div>\r\n</Body></html>',
    ]);
    expect(shape(append(message, { position: 'start' }))).toEqual([
      'The footer\r\n\r\nbody',
      '<BODY class="a">\r\n<div>The footer</div>\r\nbody</Body></html>',
    ]);
  });

  it.each([
    ['a charset that cannot say it', 'Content-Type: text/plain; charset=iso-8859-1\r\n\r\nbody', 'あ'],
    ['an unknown charset', 'Content-Type: text/plain; charset=x-what\r\n\r\nbody', 'plain'],
    ['an attachment', 'Content-Disposition: attachment; filename=a.txt\r\n\r\nbody', 'plain'],
    ['a PGP signature in the text', 'Subject: a\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n', 'plain'],
    ['a picture', 'Content-Type: image/png\r\n\r\nbody', 'plain'],
  ])('adds a part instead where there is %s', (_, message, added) => {
    const entity = append(message, { text: added });
    expect(entity.contentType.type).toBe('multipart/mixed');
    expect(text(bodyBytes(entity.children[0]!))).toBe(text(bodyBytes(parseEntity(bytes(message)))));
    expect(decodedText(entity.children[1]!)).toBe(added);
  });

  it('keeps every other part of a multipart/mixed byte for byte', () => {
    const entity = append(twoParts);
    expect(shape(entity)).toEqual(['one\r\n\r\nThe footer\r\n', '<b>two']);
    expect(text(entityBytes(entity.children[1]!))).toBe('Content-Type: text/html\r\n\r\n<b>two');
  });
});

describe('any message', () => {
  it('has the footer once it was added, whatever it was before', () => {
    const piece = fc.constantFrom(
      'Content-Type: multipart/mixed; boundary=b\n',
      'Content-Type: multipart/alternative; boundary=b\n',
      'Content-Transfer-Encoding: base64\n',
      '\n',
      '--b\n',
      '--b--\n',
      'text\r\n',
      'Content-Type: text/html\n',
    );
    const message = fc.array(piece, { maxLength: 12 }).map((pieces) => bytes(pieces.join('')));
    const leaves = (entity: Entity): readonly Entity[] =>
      entity.children.length === 0 ? [entity] : entity.children.flatMap(leaves);
    fc.assert(
      fc.property(
        message,
        fc.constantFrom('mime', 'append'),
        fc.constantFrom('end', 'start'),
        (source, mode, position) => {
          const changed = parseEntity(addFooter(parseEntity(source), { text: 'The footer', position, mode }));
          expect(leaves(changed).some((leaf) => decodedText(leaf).includes('The footer'))).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});
