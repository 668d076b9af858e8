import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derOid, derPrintableString, derSequence, derSet, derUtf8String, readAsn1 } from './der.ts';
import { PkiError } from './error.ts';
import { isEmptyName, isWithinName, makeMultiName, makeName, nameTexts, readName, sameName } from './name.ts';
import { formatName, parseNameText } from './name-text.ts';
import { oids } from './oid.ts';

const alice = makeName([
  [oids.countryName, 'DE'],
  [oids.organizationName, 'Example'],
  [oids.commonName, 'Alice'],
]);

describe('a distinguished name', () => {
  it('matches whatever the case, the white space and the kind of string', () => {
    const common = (value: Uint8Array) =>
      readName(readAsn1(derSequence(derSet(derSequence(derOid(oids.commonName), value)))));
    const plain = common(derUtf8String('Test Name'));
    expect(sameName(plain, common(derPrintableString('  test   NAME ')))).toBe(true);
    expect(sameName(plain, common(derUtf8String('Test Nam')))).toBe(false);
    expect(sameName(plain, common(derUtf8String('TestName')))).toBe(false);
  });

  it('does not mistake two attributes for one that holds both', () => {
    const two = makeName([
      [oids.commonName, 'a'],
      [oids.commonName, 'b'],
    ]);
    const one = makeName([[oids.commonName, 'a"|2.5.4.3=1:"b']]);
    const multi = makeMultiName([
      [
        [oids.commonName, 'a'],
        [oids.commonName, 'b'],
      ],
    ]);
    expect(new Set([two.key, one.key, multi.key]).size).toBe(3);
  });

  it('compares a value that is no text by its bytes', () => {
    const strange = (octet: number) =>
      readName(
        readAsn1(derSequence(derSet(derSequence(derOid(oids.commonName), Uint8Array.of(0x0c, 1, octet))))),
      );
    expect(sameName(strange(0xff), strange(0xff))).toBe(true);
    expect(sameName(strange(0xff), strange(0xfe))).toBe(false);
    expect(strange(0xff).rdns[0]![0]!.text).toBeUndefined();
  });

  it('lies within a name that is its beginning', () => {
    const base = makeName([
      [oids.countryName, 'de'],
      [oids.organizationName, 'EXAMPLE'],
    ]);
    expect(isWithinName(alice, base)).toBe(true);
    expect(isWithinName(base, alice)).toBe(false);
    expect(isWithinName(alice, makeName([]))).toBe(true);
    expect(isEmptyName(makeName([]))).toBe(true);
  });

  it('gives the texts of one kind of attribute', () => {
    expect(nameTexts(alice, oids.commonName)).toEqual(['Alice']);
    expect(nameTexts(alice, oids.emailAddress)).toEqual([]);
  });

  it.each([
    ['an empty relative name', derSequence(derSet())],
    ['no sequence', derSet()],
    ['an attribute without a value', derSequence(derSet(derSequence(derOid('2.5.4.3'))))],
    ['too many relative names', derSequence(...Array.from({ length: 65 }, () => alice.der.subarray(2, 15)))],
  ])('is refused with %s', (_what, der) => {
    expect(() => readName(readAsn1(der))).toThrow(PkiError);
  });
});

describe('the text of a distinguished name', () => {
  it('begins with the last relative name', () => {
    expect(formatName(alice)).toBe('CN=Alice,O=Example,C=DE');
    expect(formatName(makeName([]))).toBe('');
  });

  it('escapes what has a meaning, and what cannot be seen', () => {
    const name = makeName([[oids.commonName, ' #a,b+c="d"\\;\n\0\u202e ']]);
    expect(formatName(name)).toBe('CN=\\ #a\\,b\\+c=\\"d\\"\\\\\\;\\0a\\00\\e2\\80\\ae\\ ');
    expect(formatName(makeName([[oids.commonName, '#x']]))).toBe('CN=\\#x');
  });

  it('writes a kind that it has no name for in hex', () => {
    expect(formatName(makeName([['1.2.3', 'a']]))).toBe('1.2.3=#0c0161');
  });

  it('joins the attributes of one relative name', () => {
    const name = makeMultiName([
      [
        [oids.commonName, 'Alice'],
        [oids.userId, 'a'],
      ],
    ]);
    expect(formatName(name).split('+').sort()).toEqual(['CN=Alice', 'UID=a']);
    expect(sameName(parseNameText('UID=a+CN=Alice'), name)).toBe(true);
  });

  it('is read back as it was', () => {
    const value = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      .filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), (texts) => {
        const name = makeName(texts.map((text) => [oids.commonName, text]));
        expect(nameTexts(parseNameText(formatName(name)), oids.commonName)).toEqual(texts);
      }),
    );
  });

  it.each(['nonsense', 'X=a', '=a', 'CN=a\\', 'CN=a,', `CN=${'a'.repeat(5000)}`])('refuses %s', (text) => {
    expect(() => parseNameText(text)).toThrow(PkiError);
  });
});
