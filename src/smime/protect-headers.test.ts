import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entityBytes, parseEntity } from '../mime/entity.ts';
import { findField, findFields } from '../mime/header.ts';
import { readHeaderProtection } from './header-protection.ts';
import { readMainText } from './legacy-display.ts';
import { obscuredSubject, openPolicy, protectHeaders } from './protect-headers.ts';

const fields = [
  ['From', 'Team <team@lists.example.org>'],
  ['Subject', 'Grüße an alle'],
  ['Date', 'Tue, 24 Nov 2026 10:00:00 +0000'],
  ['Keywords', 'secret'],
] as const;

function entityOf(type: string, body: string): Uint8Array {
  return new TextEncoder().encode(`Content-Type: ${type}\r\n\r\n${body}`);
}

const text = entityOf('text/plain; charset=us-ascii', 'words\r\n');

describe('a protected message', () => {
  it('hides the Subject and drops Keywords outside, and says inside what is shown', () => {
    const { payload, outerFields } = protectHeaders({ fields, entity: text, mode: 'cipher' });
    const outer = new Map(outerFields);
    expect(outer.get('Subject')).toBe(obscuredSubject);
    expect(outer.has('Keywords')).toBe(false);
    const inner = parseEntity(payload);
    expect(inner.contentType.parameters.get('hp')).toBe('cipher');
    expect(findFields(inner.header, 'HP-Outer').map(({ body }) => body)).toContain(
      `Subject: ${obscuredSubject}`,
    );
    const outerHeader = parseEntity(
      new TextEncoder().encode(`${outerFields.map(([name, body]) => `${name}: ${body}\r\n`).join('')}\r\n`),
    ).header;
    const read = readHeaderProtection({
      outer: outerHeader,
      payload: inner,
      decrypted: true,
      validlySigned: true,
    });
    expect(read).toMatchObject({
      mode: 'cipher',
      subject: 'Grüße an alle',
      confidential: ['Subject', 'Keywords'],
    });
  });

  it('shows everything outside when it is only signed', () => {
    const { payload, outerFields } = protectHeaders({ fields, entity: text, mode: 'clear' });
    expect(outerFields).toEqual(fields);
    const inner = parseEntity(payload);
    expect(inner.contentType.parameters.get('hp')).toBe('clear');
    expect(findField(inner.header, 'HP-Outer')).toBeUndefined();
    expect(Buffer.from(entityBytes(inner)).toString()).toMatch(/\r\n\r\nwords\r\n$/);
  });

  it('repeats what is hidden in the text, and the reader takes it off again', () => {
    const { payload } = protectHeaders({ fields, entity: text, mode: 'cipher' });
    const { contentType, contentTransferEncoding } = parseEntity(payload);
    expect(contentType.parameters.get('hp-legacy-display')).toBe('1');
    expect(contentType.parameters.get('charset')).toBe('utf-8');
    expect(contentTransferEncoding).toBe('quoted-printable');
    expect(readMainText(payload, true)!.text).toBe('words\r\n');
    expect(readMainText(payload, false)!.text).toBe('Subject: Grüße an alle\r\n\r\nwords\r\n');
  });

  it('repeats nothing where nothing is hidden, or where it is not wanted', () => {
    for (const more of [{ policy: openPolicy }, { legacyDisplay: false }]) {
      const { payload } = protectHeaders({ fields, entity: text, mode: 'cipher', ...more });
      expect(readMainText(payload, false)!.text).toBe('words\r\n');
    }
  });

  it('decorates each alternative, and no attachment', () => {
    const body = [
      '--m',
      'Content-Type: multipart/alternative; boundary=a',
      '',
      '--a',
      'Content-Type: text/plain',
      '',
      'words',
      '--a',
      'Content-Type: text/html',
      '',
      '<html><body><p>words</p></body></html>',
      '--a--',
      '--m',
      'Content-Type: text/plain',
      '',
      'a note',
      '--m--',
      '',
    ].join('\r\n');
    const entity = entityOf('multipart/mixed; boundary=m', body);
    const { payload } = protectHeaders({ fields, entity, mode: 'cipher' });
    const [alternative, note] = parseEntity(payload).children;
    const marks = [...alternative!.children, note!].map((part) =>
      part.contentType.parameters.get('hp-legacy-display'),
    );
    expect(marks).toEqual(['1', '1', undefined]);
    expect(Buffer.from(payload).toString()).toContain(
      '<body><div class=3D"header-protection-legacy-display">',
    );
    expect(parseEntity(payload).contentType.parameters.get('hp')).toBe('cipher');
  });

  it('refuses structural fields and line ends', () => {
    const with_ = (name: string, body: string) => () =>
      protectHeaders({ fields: [[name, body]], entity: text, mode: 'clear' });
    expect(with_('Content-Type', 'text/html')).toThrow(expect.objectContaining({ code: 'structural-field' }));
    expect(with_('Subject', 'a\r\nBcc: b')).toThrow(expect.objectContaining({ code: 'bad-field' }));
  });

  it('shows outside nothing of a Subject, whatever it is', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-zäöü ]{12,60}$/), (words) => {
        fc.pre(words.trim().length >= 12);
        const { outerFields } = protectHeaders({
          fields: [['Subject', words]],
          entity: text,
          mode: 'cipher',
        });
        expect(JSON.stringify(outerFields)).not.toContain(words.trim());
      }),
    );
  });
});
