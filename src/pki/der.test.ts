import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import { maxAsn1Depth } from './asn1.ts';
import {
  type Asn1,
  concatBytes,
  derBitString,
  derBoolean,
  derContext,
  derExplicit,
  derGeneralizedTime,
  derHeader,
  derIa5String,
  derImplicit,
  derInteger,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  derPrintableString,
  derSequence,
  derSet,
  derSetOf,
  derTime,
  derUtf8String,
  derValue,
  isContext,
  readAsn1,
  readBitString,
  readBoolean,
  readExplicit,
  readInteger,
  readNull,
  readOctetString,
  readOid,
  readSequence,
  readSet,
  readSignatureBits,
  readSmallInteger,
  readString,
  readTime,
  tags,
} from './der.ts';
import { PkiError } from './error.ts';

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof PkiError) return error.code;
    throw error;
  }
}

/** Reads everything inside, as a consumer may. */
function walk(node: Asn1): number {
  return 1 + node.children.reduce((sum, child) => sum + walk(child), 0);
}

describe('the reader of ASN.1', () => {
  it('gives views on the bytes it was given', () => {
    const node = readAsn1(hex('30 06 02 01 05 04 01 ff'));
    expect(node).toMatchObject({ class: 0, constructed: true, tag: 16, indefinite: false });
    expect(node.children.map(({ tag }) => tag)).toEqual([2, 4]);
    expect(Buffer.from(node.children[1]!.raw).toString('hex')).toBe('0401ff');
    expect(Buffer.from(node.content).toString('hex')).toBe('0201050401ff');
  });

  it('reads the indefinite form up to its end mark, at every depth', () => {
    const node = readAsn1(hex('30 80 30 80 02 01 05 00 00 04 01 aa 00 00'));
    expect(node.indefinite).toBe(true);
    expect(walk(node)).toBe(4);
    expect(Buffer.from(node.content).toString('hex')).toBe('308002010500000401aa');
    expect(node.raw).toHaveLength(14);
  });

  it('joins the pieces of a constructed string, nested ones too', () => {
    const node = readAsn1(hex('24 80 04 02 01 02 24 06 04 01 03 04 01 04 00 00'));
    expect([...readOctetString(node)]).toEqual([1, 2, 3, 4]);
    const implicit = readAsn1(hex('a0 07 04 02 01 02 04 01 03'));
    expect([...readOctetString(implicit)]).toEqual([1, 2, 3]);
  });

  it.each([
    ['nothing', '', 'asn1-truncated'],
    ['a tag alone', '30', 'asn1-truncated'],
    ['content that is cut off', '04 05 01', 'asn1-truncated'],
    ['a length that is cut off', '04 82 01', 'asn1-truncated'],
    ['an indefinite form without its end', '30 80 02 01 05', 'asn1-truncated'],
    ['trailing bytes', '05 00 00', 'asn1-trailing'],
    ['a primitive value of indefinite length', '04 80 00 00', 'asn1-length'],
    ['a length of more than 32 bits', '04 85 01 00 00 00 00 00', 'asn1-length'],
    ['the reserved tag', '00 01 00', 'asn1-tag'],
    ['an end mark as a value', '00 00', 'asn1-tag'],
    ['a long tag that begins with zeros', '1f 80 1f 00', 'asn1-tag'],
    ['a small tag in the long form', '1f 1e 00', 'asn1-tag'],
    ['a tag of four octets', '1f 81 81 81 01 00', 'asn1-tag'],
  ])('refuses %s', (_what, text, code) => {
    expect(codeOf(() => readAsn1(hex(text)))).toBe(code);
  });

  it.each([
    ['an indefinite length', '30 80 00 00'],
    ['a long length for a short value', '04 81 01 00'],
    ['a length with a leading zero', `04 82 00 80 ${'00'.repeat(128)}`],
    ['a string in pieces', '24 03 04 01 00'],
  ])('refuses %s where DER is asked for', (_what, text) => {
    expect(codeOf(() => readAsn1(hex(text), { strict: true }))).toBe('asn1-not-der');
    expect(codeOf(() => readAsn1(hex(text)))).toBeUndefined();
  });

  it('holds values inside to DER as well', () => {
    const node = readAsn1(hex('30 04 04 81 01 00'), { strict: true });
    expect(codeOf(() => node.children)).toBe('asn1-not-der');
  });

  it('refuses an end mark inside a definite length', () => {
    expect(codeOf(() => readAsn1(hex('30 02 00 00')).children)).toBe('asn1-tag');
  });

  it('refuses what is nested too deep, in both forms, at once', () => {
    const indefinite = concatBytes(...Array.from({ length: 20_000 }, () => hex('30 80')));
    expect(codeOf(() => readAsn1(indefinite))).toBe('asn1-too-deep');
    let definite = derNull();
    for (let depth = 0; depth < maxAsn1Depth; depth += 1) definite = derSequence(definite);
    expect(codeOf(() => walk(readAsn1(definite)))).toBe('asn1-too-deep');
    expect(walk(readAsn1(definite.subarray(2)))).toBe(maxAsn1Depth);
  });

  it('refuses more elements than the size can justify', () => {
    const many = derSequence(concatBytes(...Array.from({ length: 20_000 }, derNull)));
    expect(codeOf(() => readAsn1(many).children)).toBe('asn1-too-many');
  });

  it('reads a million pieces in linear time', () => {
    const piece = hex('04 04 01 02 03 04');
    const pieces = new Uint8Array(1_000_000 * piece.length);
    for (let at = 0; at < pieces.length; at += piece.length) pieces.set(piece, at);
    const started = cpuNow();
    expect(readOctetString(readAsn1(concatBytes(hex('24 80'), pieces, hex('00 00'))))).toHaveLength(
      4_000_000,
    );
    expect(cpuNow() - started).toBeLessThan(10_000);
  });

  it('lets bytes follow where that is asked for', () => {
    expect(readAsn1(hex('05 00 ff'), { allowTrailing: true }).raw).toHaveLength(2);
  });

  it('reads any bytes, or throws the error of the folder', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, strict) => {
        codeOf(() => walk(readAsn1(bytes, { strict })));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the values of ASN.1', () => {
  it.each([
    '2.5.29.15',
    '1.2.840.113549.1.1.11',
    '0.9.2342.19200300.100.1.25',
    '2.999.3',
    '2.25.329800735698586629295641978511506172918',
  ])('writes and reads the object identifier %s', (oid) => {
    expect(readOid(readAsn1(derOid(oid), { strict: true }))).toBe(oid);
  });

  it.each([
    '06 00',
    '06 02 2a 80',
    '06 02 80 01',
    `06 81 82 2a ${'01'.repeat(129)}`,
  ])('refuses the object identifier %s', (text) => {
    expect(codeOf(() => readOid(readAsn1(hex(text))))).toBe('asn1-value');
  });

  it('writes and reads numbers', () => {
    for (const value of [0, 1, 127, 128, 255, 256, 65_535, 2 ** 40]) {
      expect(readSmallInteger(readAsn1(derInteger(value)))).toBe(value);
    }
    expect(readSmallInteger(readAsn1(hex('02 01 ff')))).toBe(-1);
    expect([...readInteger(readAsn1(derInteger(hex('00 00 80'))))]).toEqual([0, 0x80]);
    expect(codeOf(() => readSmallInteger(readAsn1(hex('02 08 01 00 00 00 00 00 00 00'))))).toBe('asn1-value');
  });

  it.each(['02 00', '02 02 00 01', '02 02 ff 80'])('refuses the integer %s', (text) => {
    expect(codeOf(() => readInteger(readAsn1(hex(text))))).toBe('asn1-value');
  });

  it('reads booleans, in DER only the two', () => {
    expect(readBoolean(readAsn1(derBoolean(true), { strict: true }))).toBe(true);
    expect(readBoolean(readAsn1(derBoolean(false)))).toBe(false);
    expect(readBoolean(readAsn1(hex('01 01 01')))).toBe(true);
    expect(codeOf(() => readBoolean(readAsn1(hex('01 01 01'), { strict: true })))).toBe('asn1-not-der');
    expect(codeOf(() => readBoolean(readAsn1(hex('01 02 00 00'))))).toBe('asn1-value');
  });

  it('reads bit strings', () => {
    expect(readBitString(readAsn1(derBitString(Uint8Array.of(0xa0), 5)))).toEqual({
      bytes: Uint8Array.of(0xa0),
      unusedBits: 5,
    });
    expect(Buffer.from(derNamedBits([0, 2])).toString('hex')).toBe('030205a0');
    expect(Buffer.from(derNamedBits([8])).toString('hex')).toBe('0303070080');
    expect(Buffer.from(derNamedBits([])).toString('hex')).toBe('030100');
    expect([...readBitString(readAsn1(hex('23 08 03 02 00 aa 03 02 04 b0'))).bytes]).toEqual([0xaa, 0xb0]);
    for (const text of ['03 00', '03 01 01', '03 02 08 00', '23 08 03 02 01 aa 03 02 00 b0']) {
      expect(
        codeOf(() => readBitString(readAsn1(hex(text)))),
        text,
      ).toBe('asn1-value');
    }
    expect(codeOf(() => readBitString(readAsn1(hex('03 02 04 ff'), { strict: true })))).toBe('asn1-not-der');
  });

  it('takes a signature that is not whole bytes for no bytes', () => {
    expect([...readSignatureBits(readAsn1(hex('03 02 00 aa')))]).toEqual([0xaa]);
    expect(readSignatureBits(readAsn1(hex('03 02 f0 aa')))).toHaveLength(0);
  });

  it.each([
    ['17 0d 32363131323431303030303059', undefined],
    ['17 0d 3236313132343130303030305a', Date.UTC(2026, 10, 24, 10)],
    ['17 0d 3530303130313030303030305a', Date.UTC(1950, 0, 1)],
    ['17 0d 3439313233313233353935395a', Date.UTC(2049, 11, 31, 23, 59, 59)],
    ['18 0f 32303530303130313030303030305a', Date.UTC(2050, 0, 1)],
    ['17 0d 3236303233303030303030305a', undefined],
    ['17 0d 3236303130313234303030305a', undefined],
  ])('reads the time %s', (text, ms) => {
    const read = () => readTime(readAsn1(hex(text), { strict: true }));
    if (ms === undefined) expect(codeOf(read)).toBe('asn1-value');
    else expect(read()).toBe(ms);
  });

  it('reads times without seconds and with an offset in BER alone', () => {
    const bytes = derValue(tags.utcTime, Buffer.from('2601011200+0130', 'latin1'));
    expect(readTime(readAsn1(bytes))).toBe(Date.UTC(2026, 0, 1, 10, 30));
    expect(codeOf(() => readTime(readAsn1(bytes, { strict: true })))).toBe('asn1-value');
  });

  it('writes times as RFC 5280 asks', () => {
    fc.assert(
      fc.property(fc.integer({ min: -2_000_000_000, max: 200_000_000_000 }), (seconds) => {
        const ms = seconds * 1000;
        const node = readAsn1(derTime(ms), { strict: true });
        const year = new Date(ms).getUTCFullYear();
        expect(readTime(node)).toBe(ms);
        expect(node.tag).toBe(year >= 1950 && year < 2050 ? tags.utcTime : tags.generalizedTime);
        expect(readTime(readAsn1(derGeneralizedTime(ms), { strict: true }))).toBe(ms);
      }),
    );
  });

  it('reads every kind of character string', () => {
    expect(readString(readAsn1(derUtf8String('ä☺')))).toBe('ä☺');
    expect(readString(readAsn1(derPrintableString('abc')))).toBe('abc');
    expect(readString(readAsn1(derIa5String('a@b')))).toBe('a@b');
    expect(readString(readAsn1(hex('1e 04 00 e4 26 3a')))).toBe('ä☺');
    expect(readString(readAsn1(hex('1c 04 00 01 f6 00')))).toBe('😀');
    expect(readString(readAsn1(hex('14 01 e4')))).toBe('ä');
    expect(readString(readAsn1(hex('81 01 61')), tags.ia5String)).toBe('a');
    for (const text of ['0c 01 ff', '16 01 80', '1e 01 00', '1e 02 d8 00', '1c 04 00 11 00 00']) {
      expect(
        codeOf(() => readString(readAsn1(hex(text)))),
        text,
      ).toBe('asn1-value');
    }
    expect(codeOf(() => readString(readAsn1(derNull())))).toBe('asn1-type');
    expect(codeOf(() => derIa5String('ä'))).toBe('asn1-value');
  });

  it('tells a wrong or missing type', () => {
    const nothing = readAsn1(derNull());
    expect(codeOf(() => readSequence(nothing))).toBe('asn1-type');
    expect(codeOf(() => readSet(undefined))).toBe('asn1-type');
    expect(codeOf(() => readOid(nothing))).toBe('asn1-type');
    expect(codeOf(() => readOctetString(nothing))).toBe('asn1-type');
    expect(codeOf(() => readExplicit(readAsn1(derSequence())))).toBe('asn1-type');
    expect(codeOf(() => readNull(readAsn1(hex('05 01 00'))))).toBe('asn1-value');
    expect(codeOf(() => readNull(nothing))).toBeUndefined();
  });

  it('writes tags of one own, explicit and implicit', () => {
    const explicit = readAsn1(derExplicit(3, derInteger(5)));
    expect(isContext(explicit, 3) && readSmallInteger(readExplicit(explicit))).toBe(5);
    const implicit = readAsn1(derImplicit(1, derSequence(derNull())));
    expect(isContext(implicit, 1) && implicit.constructed).toBe(true);
    expect(Buffer.from(derContext(2, Uint8Array.of(1), false)).toString('hex')).toBe('820101');
  });

  it('sorts a SET OF and leaves a SET as it is', () => {
    const [five, two] = [derInteger(5), derInteger(2)];
    expect(readSet(readAsn1(derSetOf(five, two))).map((node) => readSmallInteger(node))).toEqual([2, 5]);
    expect(readSet(readAsn1(derSet(five, two))).map((node) => readSmallInteger(node))).toEqual([5, 2]);
  });

  it('writes the shortest length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 70_000 }), (length) => {
        const bytes = derOctetString(new Uint8Array(length));
        expect(readOctetString(readAsn1(bytes, { strict: true }))).toHaveLength(length);
        expect(derHeader(4, length)).toHaveLength(bytes.length - length);
      }),
      { numRuns: 50 },
    );
  });
});
