import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IssueOptions, type KeyAlgorithm, makeTestCa, type TestIdentity } from '../../test/kit/ca.ts';
import {
  type Certificate,
  certificateUses,
  isSelfIssued,
  parseCertificate,
  publicKeyOf,
} from './certificate.ts';
import {
  concatBytes,
  derBoolean,
  derExplicit,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  readAsn1,
} from './der.ts';
import { PkiError } from './error.ts';
import type { KeyUsageBit } from './key-usage.ts';
import { oids } from './oid.ts';

const ca = makeTestCa({ nowMs: Date.UTC(2026, 0, 1) });
const keys = ca.issue({ address: 'a@example.org', algorithm: 'ec-p256' });

function issue(options: Partial<IssueOptions>): TestIdentity {
  return ca.issue({ address: 'a@example.org', keys, algorithm: 'ec-p256', ...options });
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

/** A certificate with one more extension, whose value is given. */
function withExtension(oid: string, value: Uint8Array): () => Certificate {
  return () => issue({ extensions: { others: [{ oid, critical: false, value }] } }).certificate;
}

/** The members of a certificate's signed part, changed and put together again; the signature is no longer good. */
function rebuilt(change: (members: Uint8Array[]) => Uint8Array[]): Uint8Array {
  const [tbs, algorithm, signature] = readAsn1(keys.certificate.der).children;
  const members = tbs!.children.map(({ raw }) => raw);
  return derSequence(derSequence(...change(members)), algorithm!.raw, signature!.raw);
}

describe('a certificate', () => {
  it('is read with all that it says', () => {
    const { certificate } = issue({ serialNumber: 0x80, notAfterMs: Date.UTC(2051, 0, 1) });
    expect(certificate).toMatchObject({ version: 3, serial: '80', notAfterMs: Date.UTC(2051, 0, 1) });
    expect([...certificate.serialNumber]).toEqual([0, 0x80]);
    expect([...certificate.keyUsage!]).toEqual(['digitalSignature', 'nonRepudiation', 'keyAgreement']);
    expect(certificate.extendedKeyUsage).toEqual([oids.emailProtection]);
    expect(certificate.basicConstraints).toBeUndefined();
    expect(certificate.subjectAltName).toEqual([{ type: 'rfc822Name', text: 'a@example.org' }]);
    expect(certificate.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(isSelfIssued(certificate)).toBe(false);
    expect(isSelfIssued(ca.certificate)).toBe(true);
    expect(ca.certificate.basicConstraints).toEqual({ ca: true });
  });

  it('gives its key, the same object for the same key', () => {
    const [one, two] = [issue({}).certificate, issue({ serialNumber: 2 }).certificate];
    expect(publicKeyOf(one)).toBe(publicKeyOf(two));
    expect(publicKeyOf(one).equals(keys.publicKey)).toBe(true);
  });

  it('has no key where the bytes are none', () => {
    const der = rebuilt((members) => {
      const spki = readAsn1(members[6]!).children;
      return [
        ...members.slice(0, 6),
        derSequence(spki[0]!.raw, Uint8Array.of(3, 2, 0, 5)),
        ...members.slice(7),
      ];
    });
    expect(codeOf(() => publicKeyOf(parseCertificate(der)))).toBe('bad-key');
  });

  it.each([
    [
      'of an unknown version',
      (members: Uint8Array[]) => [derExplicit(0, derInteger(3)), ...members.slice(1)],
    ],
    ['of version 1 with extensions', (members: Uint8Array[]) => members.slice(1)],
    ['without a key', (members: Uint8Array[]) => members.slice(0, 6)],
    ['with something behind its extensions', (members: Uint8Array[]) => [...members, derNull()]],
    ['with two lists of extensions', (members: Uint8Array[]) => [...members, members.at(-1)!]],
    [
      'with a serial number of 65 octets',
      (members: Uint8Array[]) => [members[0]!, derInteger(new Uint8Array(65).fill(1)), ...members.slice(2)],
    ],
    [
      'with another algorithm inside',
      (members: Uint8Array[]) => [
        ...members.slice(0, 2),
        derSequence(derOid(oids.ed25519)),
        ...members.slice(3),
      ],
    ],
  ])('%s is none', (_what, change) => {
    expect(codeOf(() => parseCertificate(rebuilt(change)))).toBe('bad-certificate');
  });

  it('is none with something behind it', () => {
    expect(codeOf(() => parseCertificate(concatBytes(keys.certificate.der, Uint8Array.of(0))))).toBe(
      'asn1-trailing',
    );
  });

  it.each([
    ['key usage without a bit', oids.keyUsage, Uint8Array.of(3, 1, 0), true],
    ['empty extended key usage', oids.extendedKeyUsage, derSequence(), true],
    ['empty alternative names', oids.subjectAltName, derSequence(), true],
    ['alternative names that are none', oids.subjectAltName, derSequence(derNull()), true],
    ['an rfc822Name beyond ASCII', oids.subjectAltName, derSequence(Uint8Array.of(0x81, 1, 0xe4)), true],
    [
      'a negative path length',
      oids.basicConstraints,
      derSequence(derBoolean(true), Uint8Array.of(2, 1, 0xff)),
      false,
    ],
    ['basic constraints in BER', oids.basicConstraints, Uint8Array.of(0x30, 3, 1, 1, 1), false],
    ['empty name constraints', oids.nameConstraints, derSequence(), false],
    ['empty policies', oids.certificatePolicies, derSequence(), false],
    [
      'a policy that stands twice',
      oids.certificatePolicies,
      derSequence(derSequence(derOid('1.2.3')), derSequence(derOid('1.2.3'))),
      false,
    ],
    ['empty policy constraints', oids.policyConstraints, derSequence(), false],
    ['a mapping of one policy', oids.policyMappings, derSequence(derSequence(derOid('1.2.3'))), false],
    ['a negative inhibitAnyPolicy', oids.inhibitAnyPolicy, Uint8Array.of(2, 1, 0xff), false],
    [
      'an issuer without a serial number',
      oids.authorityKeyIdentifier,
      derSequence(Uint8Array.of(0x82, 1, 1)),
      true,
    ],
    [
      'a distribution point of reasons alone',
      oids.crlDistributionPoints,
      derSequence(derSequence(Uint8Array.of(0x81, 2, 1, 6))),
      false,
    ],
    ['bytes behind an extension', oids.inhibitAnyPolicy, concatBytes(derInteger(1), derNull()), false],
    ['a key identifier that is no string', oids.subjectKeyIdentifier, derNull(), true],
  ])('is none with %s', (_what, oid, value, isDouble) => {
    const omitted: Readonly<Record<string, string>> = {
      [oids.keyUsage]: 'keyUsage',
      [oids.extendedKeyUsage]: 'extendedKeyUsage',
      [oids.subjectAltName]: 'subjectAltName',
      [oids.authorityKeyIdentifier]: 'authorityKeyIdentifier',
      [oids.subjectKeyIdentifier]: 'subjectKeyIdentifier',
    };
    const others = [{ oid, critical: false, value }];
    const extensions = isDouble ? { [omitted[oid]!]: undefined, others } : { others };
    expect(codeOf(() => issue({ extensions }))).toBe('bad-extension');
  });

  it('is none with one extension twice', () => {
    expect(codeOf(withExtension(oids.keyUsage, Uint8Array.of(3, 2, 7, 0x80)))).toBe('bad-extension');
    const others = [1, 2].map(() => ({ oid: '1.2.3', critical: false, value: derNull() }));
    expect(codeOf(() => issue({ extensions: { others } }))).toBe('bad-extension');
  });

  it('keeps an extension that is not understood as it is', () => {
    const { certificate } = issue({
      extensions: { others: [{ oid: '1.2.3', critical: true, value: Uint8Array.of(1) }] },
    });
    expect(certificate.extensions.at(-1)).toEqual({ oid: '1.2.3', critical: true, value: Uint8Array.of(1) });
  });

  it('of a thousand names is read, of more it is none', () => {
    const names = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ rfc822Name: `a${n}@example.org` }));
    expect(issue({ extensions: { subjectAltName: names(1000) } }).certificate.subjectAltName).toHaveLength(
      1000,
    );
    expect(codeOf(() => issue({ extensions: { subjectAltName: names(1025) } }))).toBe('bad-extension');
  });

  it('larger than a megabyte is not read', () => {
    expect(codeOf(() => parseCertificate(derSequence(derOctetString(new Uint8Array(1_048_577)))))).toBe(
      'too-big',
    );
  });

  it('with any byte changed is read or refused with a code', () => {
    const { der } = issue({ extensions: { certificatePolicies: ['1.2.3'] } }).certificate;
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const copy = Uint8Array.from(der);
        copy[at]! ^= change;
        codeOf(() => certificateUses(parseCertificate(copy)));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the uses of a certificate', () => {
  const cases: readonly (readonly [KeyAlgorithm, readonly KeyUsageBit[], boolean, boolean])[] = [
    ['rsa-2048', [], true, true],
    ['rsa-2048', ['digitalSignature'], true, false],
    ['rsa-2048', ['nonRepudiation'], true, false],
    ['rsa-2048', ['keyEncipherment'], false, true],
    ['rsa-2048', ['dataEncipherment'], false, false],
    ['rsa-2048', ['keyAgreement'], false, false],
    ['rsa-2048', ['keyCertSign'], false, false],
    ['rsa-pss-2048', [], true, false],
    ['ec-p256', [], true, true],
    ['ec-p256', ['keyAgreement'], false, true],
    ['ec-p256', ['keyAgreement', 'encipherOnly'], false, false],
    ['ec-p256', ['keyAgreement', 'decipherOnly'], false, true],
    ['ec-p256', ['keyEncipherment'], false, false],
    ['ed25519', [], true, false],
    ['ed25519', ['keyAgreement'], false, false],
    ['x25519', [], false, true],
    ['x25519', ['keyAgreement'], false, true],
    ['x25519', ['digitalSignature'], false, false],
  ];

  it.each(cases)('with a key %s and the usage %j', (algorithm, keyUsage, sign, encrypt) => {
    const { certificate } = ca.issue({ address: 'a@example.org', algorithm, keyUsage });
    expect(certificateUses(certificate)).toEqual({ sign, encrypt });
  });

  it.each([
    [[], true],
    [[oids.emailProtection], true],
    [[oids.anyExtendedKeyUsage], true],
    [[oids.clientAuth, oids.emailProtection], true],
    [[oids.serverAuth, oids.clientAuth], false],
  ])('with the extended key usage %j', (eku, isForMail) => {
    expect(certificateUses(issue({ eku }).certificate)).toEqual({ sign: isForMail, encrypt: isForMail });
  });

  it('do not depend on a name', () => {
    const { certificate } = issue({ extensions: { subjectAltName: undefined } });
    expect(certificateUses(certificate)).toEqual({ sign: true, encrypt: true });
  });
});
