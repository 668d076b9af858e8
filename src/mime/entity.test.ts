import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import {
  bodyBytes,
  decodedBody,
  decodedText,
  type Entity,
  entityBytes,
  mimeDefects,
  parseEntity,
} from './entity.ts';
import { MimeError } from './error.ts';
import { findField, findFields } from './header.ts';
import { defaultMimeLimits } from './limits.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const text = (value: Uint8Array) => Buffer.from(value).toString('latin1');
const parse = (message: string) => parseEntity(bytes(message));
const partTexts = (entity: Entity) => entity.children.map((child) => text(entityBytes(child)));

const signed = [
  'From: a@example.org',
  'Content-Type: multipart/signed; boundary=outer; protocol="application/pkcs7-signature"',
  '',
  'preamble',
  '--outer',
  'Content-Type: multipart/mixed; boundary=inner',
  '',
  '--inner',
  '',
  'one ',
  '',
  '--inner',
  'Content-Type: text/html',
  '',
  '<p>two',
  '--inner--',
  'epilogue of inner',
  '',
  '--outer',
  'Content-Type: application/pkcs7-signature',
  '',
  'c2ln',
  '--outer--',
  'epilogue',
  '',
];

describe('parseEntity', () => {
  it.each(['\r\n', '\n', '\r'])('cuts the signed part out byte for byte with line end %j', (lineEnd) => {
    const entity = parse(signed.join(lineEnd));
    const inner = signed.slice(5, 18).join(lineEnd);
    expect(partTexts(entity)[0]).toBe(inner);
    expect(entity.children[0]!.children.map((child) => text(bodyBytes(child)))).toEqual([
      `one ${lineEnd}`,
      '<p>two',
    ]);
    expect(entity.children[1]!.contentType.type).toBe('application/pkcs7-signature');
    expect(text(entityBytes(entity))).toBe(signed.join(lineEnd));
  });

  it('keeps a bare CR inside of a message that has line feeds as part of its line', () => {
    const entity = parse('Subject: a\rBcc: x@example.org\r\n\r\nbody\r--x\r\n');
    expect(entity.header.fields.map(({ name }) => name)).toEqual(['Subject']);
    expect(text(bodyBytes(entity))).toBe('body\r--x\r\n');
  });

  it('reads mixed line ends, and strips one line end before a boundary at most', () => {
    const entity = parse(
      'Content-Type: multipart/mixed; boundary=b\n\r\n--b\r\n\nA\n\r\n--b\n\r\nB\r\n--b--\n',
    );
    expect(entity.children.map((child) => text(bodyBytes(child)))).toEqual(['A\n', 'B']);
  });

  it('gives the parts of a digest as messages', () => {
    const entity = parse(
      'Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\nbody\n--b--\n',
    );
    expect(entity.children[0]!.contentType.type).toBe('message/rfc822');
    expect(findField(entity.children[0]!.children[0]!.header, 'subject')?.body).toBe('one');
  });

  it('gives the one message of a message/rfc822, but not of an encoded one', () => {
    const entity = parse('Content-Type: message/rfc822\n\nSubject: in\n\nbody');
    expect(entity.children[0]!.span).toEqual({ start: 30, end: 47 });
    const encoded = parse(
      'Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogYQoKYg==',
    );
    expect(encoded.children).toEqual([]);
    expect(encoded.defects).toEqual(['encoded-multipart']);
  });

  it('ends an inner multipart at the boundary of the outer one', () => {
    const entity = parse(
      'Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n--o\n\ny\n--o--\n',
    );
    expect(entity.children).toHaveLength(2);
    expect(entity.children[0]!.defects).toEqual(['no-close-boundary']);
    expect(text(bodyBytes(entity.children[0]!.children[0]!))).toBe('x');
  });

  it('does not take a line for a boundary that only begins like one', () => {
    const entity = parse(
      'Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--bb\n--b--x\n --b\n--b -- \n--b--  \n',
    );
    expect(entity.children.map((child) => text(bodyBytes(child)))).toEqual(['--bb\n--b--x\n --b\n--b -- ']);
  });

  it('finds boundaries that are not ASCII, in either encoding', () => {
    for (const raw of ['gr\xfcn', 'gr\xc3\xbcn']) {
      const entity = parse(`Content-Type: multipart/mixed; boundary="${raw}"\n\n--${raw}\n\nx\n--${raw}--\n`);
      expect(entity.children).toHaveLength(1);
    }
  });

  it.each([
    ['no-blank-line', 'Subject: a\nno field\nTo: b\n', 'no field\nTo: b\n'],
    ['stray-continuation', ' stray\nSubject: a\n\nbody', 'body'],
    ['mbox-line', 'From a@example.org Mon Jan  1\nSubject: a\n\nbody', 'body'],
    ['nameless-field', ': x\nSubject: a\n\nbody', 'body'],
    ['no-boundary', 'Subject: a\nContent-Type: multipart/mixed\n\nbody', 'body'],
    ['no-start-boundary', 'Subject: a\nContent-Type: multipart/mixed; boundary=b\n\nbody', 'body'],
  ] as const)('reads on with the defect %s', (defect, message, body) => {
    const entity = parse(message);
    expect(entity.defects).toEqual([defect]);
    expect(mimeDefects[defect]).toMatch(/\.$/);
    expect(findField(entity.header, 'SUBJECT')?.body).toBe('a');
    expect(text(bodyBytes(entity))).toBe(body);
  });

  it('keeps the bytes of folded fields and unfolds their bodies', () => {
    const entity = parse(
      'Received: one\r\n\ttwo \r\nreceived : three\r\nX-Latin: \xe9\r\nX-Utf8: \xc3\xa9\r\n\r\n',
    );
    expect(findFields(entity.header, 'Received').map(({ body }) => body)).toEqual(['one\ttwo', 'three']);
    expect(text(entity.header.fields[0]!.raw)).toBe('Received: one\r\n\ttwo \r\n');
    expect(['x-latin', 'x-utf8'].map((name) => findField(entity.header, name)?.body)).toEqual(['é', 'é']);
    expect(text(Buffer.concat(entity.header.fields.map(({ raw }) => raw)))).toBe(
      text(entity.source.subarray(0, entity.headerSpan.end - 2)),
    );
  });

  it('takes the line end from a part that is header alone', () => {
    const entity = parse('Content-Type: multipart/mixed; boundary=b\n\n--b\nX-A: 1\n--b\n--b\n\n--b--\n');
    expect(partTexts(entity)).toEqual(['X-A: 1', '']);
    expect(entity.children[0]!.header.fields[0]).toMatchObject({ name: 'X-A', body: '1' });
  });

  it('decodes bodies by transfer encoding and charset', () => {
    const entity = parse(
      'Content-Type: text/plain; charset=iso-8859-15\nContent-Transfer-Encoding: Quoted-Printable \n\n=A4 =\n5',
    );
    expect(text(decodedBody(entity))).toBe('\xa4 5');
    expect(decodedText(entity)).toBe('€ 5');
    expect(() => decodedBody(entity, 2)).toThrow(expect.objectContaining({ code: 'decoded-too-big' }));
  });

  it('gives nothing for nothing', () => {
    expect(parse('')).toMatchObject({
      span: { start: 0, end: 0 },
      children: [],
      contentTransferEncoding: '7bit',
    });
  });
});

describe('the limits of parseEntity', () => {
  const codeOf = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      return (error as MimeError).code;
    }
    return undefined;
  };
  const multipart = 'Content-Type: multipart/mixed; boundary=x\n\n--x\n';
  const nested = (depth: number) =>
    Array.from(
      { length: depth },
      (_, level) => `Content-Type: multipart/mixed; boundary=b${level}\n\n--b${level}\n`,
    ).join('');

  it.each([
    ['message-too-big', () => parseEntity(bytes('abc'), { ...defaultMimeLimits, maxMessageBytes: 2 })],
    ['header-too-big', () => parse(`X: ${'a'.repeat(10_000_000)}`)],
    ['header-too-big', () => parse(`X: a\n${' a\n'.repeat(3_000_000)}`)],
    ['too-many-fields', () => parse('X: a\n'.repeat(2_000_000))],
    ['too-many-parts', () => parse(multipart + '\nhi\n--x\n'.repeat(10_000))],
    ['too-deep', () => parse(nested(1000))],
    ['too-deep', () => parse('Content-Type: message/rfc822\n\n'.repeat(1000))],
    [
      'too-many-parameters',
      () =>
        parse(`Content-Type: a/b${Array.from({ length: 1000 }, (_, index) => `;a*${index}=b`).join('')}\n\n`),
    ],
  ] as const)('answer %s', (code, act) => {
    expect(codeOf(act)).toBe(code);
  });

  it.each([
    ['two dashes', '--\n'],
    ['other boundaries', '--yyyyyyyy\n'],
    ['its own boundary', '--x\n'],
    ['line feeds', '\n'],
    ['dashes', '-'.repeat(70)],
  ])('let 4 MB of %s pass in linear time', (_, line) => {
    const message = bytes(`${nested(90)}--x\n\n${line.repeat(4_000_000 / line.length)}`);
    const start = cpuNow();
    parseEntity(message);
    expect(cpuNow() - start).toBeLessThan(5000);
  });

  it('let a message of 60 MB pass without a copy', () => {
    const message = Buffer.concat([
      bytes(multipart),
      bytes('\n'),
      Buffer.alloc(60_000_000, `${'QUJD'.repeat(19)}\r\n`),
    ]);
    const entity = parseEntity(message);
    expect(bodyBytes(entity.children[0]!).buffer).toBe(message.buffer);
    expect(entity.children[0]!.span.end).toBeGreaterThan(59_999_000);
  });
});

/** Lines of which a message may be made, good and bad. */
const line = fc.oneof(
  fc.constantFrom(
    '--a',
    '--a--',
    '--b',
    '--b--',
    '',
    ' ',
    'Content-Type: multipart/mixed; boundary=a',
    'Content-Type: multipart/signed; boundary="b"',
    'Content-Type: message/rfc822',
    'Content-Type: multipart/digest; boundary=a',
    'Content-Transfer-Encoding: base64',
    'From x',
    ': x',
    'X-A: b',
  ),
  fc.string({ maxLength: 12 }),
);
const message = fc
  .array(fc.tuple(line, fc.constantFrom('\r\n', '\n', '\r')), { maxLength: 40 })
  .map((lines) => bytes(lines.flat().join('')));
const mimeLike = fc.oneof(
  message,
  fc.uint8Array({ maxLength: 300 }).map((raw) => Buffer.from(raw)),
);

function checkSpans(entity: Entity): void {
  const { span, headerSpan, bodySpan } = entity;
  expect([headerSpan.start, headerSpan.end, bodySpan.end]).toEqual([span.start, bodySpan.start, span.end]);
  expect(span.start).toBeLessThanOrEqual(headerSpan.end);
  expect(headerSpan.end).toBeLessThanOrEqual(span.end);
  let floor = bodySpan.start;
  for (const child of entity.children) {
    expect(child.span.start).toBeGreaterThanOrEqual(floor);
    floor = child.span.end;
    checkSpans(child);
  }
  expect(floor).toBeLessThanOrEqual(bodySpan.end);
  for (const field of entity.header.fields)
    expect(field.raw.length).toBeLessThanOrEqual(headerSpan.end - headerSpan.start);
}

/** A bare CR ends a line only where no LF stands: a part without LF, cut out of a message with some, has other lines. */
function lineEndOf(bytes: Uint8Array): 'CR' | 'LF' {
  return bytes.includes(0x0a) || !bytes.includes(0x0d) ? 'LF' : 'CR';
}

describe('any message', () => {
  it('has spans that nest and make up the source', () => {
    fc.assert(
      fc.property(mimeLike, (source) => {
        const entity = parseEntity(source);
        checkSpans(entity);
        expect(Buffer.compare(entityBytes(entity), source)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('parses, or fails with a MimeError', () => {
    const tight = {
      ...defaultMimeLimits,
      maxDepth: 2,
      maxParts: 3,
      maxHeaderBytes: 60,
      maxHeaderFields: 2,
      maxParameters: 1,
    };
    fc.assert(
      fc.property(mimeLike, (source) => {
        try {
          parseEntity(source, tight);
        } catch (error) {
          expect(error).toBeInstanceOf(MimeError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('reads a part that it cut out as it read it in its place', () => {
    fc.assert(
      fc.property(message, (source) => {
        for (const child of parseEntity(source).children) {
          if (lineEndOf(entityBytes(child)) !== lineEndOf(source)) continue;
          const alone = parseEntity(Buffer.from(entityBytes(child)));
          expect(text(bodyBytes(alone))).toBe(text(bodyBytes(child)));
        }
      }),
      { numRuns: 300 },
    );
  });
});
