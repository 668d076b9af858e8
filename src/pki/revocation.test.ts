import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  makeKeys,
  makeTestCa,
  type TestCa,
  type TestCrlOptions,
  type TestIdentity,
} from '../../test/kit/ca.ts';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { type CertificateList, compareCrlNumbers, parseCertificateList } from './crl.ts';
import { derInteger, derNull } from './der.ts';
import { allReasons } from './distribution-point.ts';
import { PkiError } from './error.ts';
import type { DistributionPointInput, GeneralNameInput } from './extension-writers.ts';
import { createCrl, keyIdentifierOf } from './issue.ts';
import { makeName } from './name.ts';
import { oids } from './oid.ts';
import { validatePath } from './path.ts';

const nowMs = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;
const root = makeTestCa({ name: 'Root', nowMs });
const keys = makeKeys('ec-p256');
const uri = (text: string): readonly GeneralNameInput[] => [{ uri: `http://crl.example/${text}` }];

function leafOf(ca: TestCa, crlDistributionPoints?: readonly DistributionPointInput[]): TestIdentity {
  return ca.issue({
    address: 'a@example.org',
    algorithm: 'ec-p256',
    keys,
    extensions: { crlDistributionPoints },
  });
}

const leaf = leafOf(root);

interface Check {
  readonly crls: readonly Uint8Array[];
  readonly crlCheck?: 'off' | 'present' | 'require';
  readonly untrusted?: readonly Certificate[];
  readonly legacy?: boolean;
}

function codeOf(
  { certificate }: TestIdentity,
  { crls, crlCheck = 'require', untrusted = [], legacy = false }: Check,
): string {
  const verdict = validatePath({
    certificate,
    untrusted,
    trustAnchors: [root.certificate],
    crls: crls.map(parseCertificateList),
    crlCheck,
    atMs: nowMs,
    purpose: 'smimesign',
    legacy,
  });
  return verdict.status === 'valid' ? 'valid' : verdict.code;
}

function crl(options: TestCrlOptions = {}): Uint8Array {
  return root.crl(options);
}

const revoked = { revoked: [leaf] };
const onHold = { revoked: [{ serialNumber: leaf.certificate.serialNumber, revokedAtMs: nowMs, reason: 6 }] };

describe('revocation', () => {
  it('is found', () => {
    expect(codeOf(leaf, { crls: [crl(revoked)] })).toBe('revoked');
    expect(codeOf(leaf, { crls: [crl(revoked)], crlCheck: 'present' })).toBe('revoked');
    expect(codeOf(leaf, { crls: [crl(revoked)], crlCheck: 'off' })).toBe('valid');
    expect(codeOf(leaf, { crls: [crl(onHold)] })).toBe('revoked');
  });

  it('is not found where the list holds others', () => {
    expect(codeOf(leaf, { crls: [crl({ revoked: [leafOf(root)] })] })).toBe('valid');
  });

  it('must be told where that is asked for, and else need not', () => {
    expect(codeOf(leaf, { crls: [] })).toBe('no-usable-crl');
    expect(codeOf(leaf, { crls: [], crlCheck: 'present' })).toBe('valid');
  });

  it('of an authority is found, and must be told, too', () => {
    const sub = root.subCa({ name: 'Sub' });
    const below = leafOf(sub);
    const untrusted = [sub.certificate];
    expect(codeOf(below, { crls: [crl(), sub.crl()], untrusted })).toBe('valid');
    expect(codeOf(below, { crls: [crl({ revoked: [sub] }), sub.crl()], untrusted })).toBe('revoked');
    expect(codeOf(below, { crls: [sub.crl()], untrusted })).toBe('no-usable-crl');
  });
});

describe('a list of no use', () => {
  it.each<[string, TestCrlOptions, string]>([
    ['that is not valid yet', { thisUpdateMs: nowMs + 1000 }, 'crl-not-yet-valid'],
    ['out of date', { nextUpdateMs: nowMs - 1000 }, 'crl-expired'],
    [
      'with a critical extension that nobody knows',
      { others: [{ oid: '1.2.3', critical: true, value: derNull() }] },
      'unknown-critical-crl-extension',
    ],
    [
      'with such an extension at an entry',
      {
        revoked: [
          {
            serialNumber: 1,
            revokedAtMs: nowMs,
            others: [{ oid: '1.2.3', critical: true, value: derNull() }],
          },
        ],
      },
      'unknown-critical-crl-extension',
    ],
    [
      'for attribute certificates',
      { issuingDistributionPoint: { onlyContainsAttributeCerts: true } },
      'crl-scope-differs',
    ],
    ['for authorities', { issuingDistributionPoint: { onlyContainsCaCerts: true } }, 'crl-scope-differs'],
    [
      'for another distribution point',
      { issuingDistributionPoint: { fullName: uri('x') } },
      'crl-scope-differs',
    ],
    ['for some reasons', { issuingDistributionPoint: { onlySomeReasons: 0b10 } }, 'crl-scope-differs'],
    ['signed over SHA-1', { hash: 'sha1' }, 'weak-crl-signature'],
    ['that is a delta without its base', { deltaCrlIndicator: 1, crlNumber: 2 }, 'no-usable-crl'],
  ])('%s tells nothing', (_what, options, code) => {
    expect(codeOf(leaf, { crls: [crl(options)] })).toBe(code);
    expect(codeOf(leaf, { crls: [crl(options)], crlCheck: 'present' })).toBe('valid');
    expect(codeOf(leaf, { crls: [crl(options), crl()] })).toBe('valid');
  });

  it('signed by somebody else tells nothing', () => {
    const impostor = makeTestCa({ name: 'Root', nowMs });
    const forged = impostor.crl(revoked);
    expect(codeOf(leaf, { crls: [forged] })).toBe('bad-crl-signature');
    expect(codeOf(leaf, { crls: [forged, crl()] })).toBe('valid');
    expect(codeOf(leaf, { crls: [forged], untrusted: [impostor.certificate] })).toBe(
      'crl-issuer-not-trusted',
    );
  });

  it('of an authority that may not sign lists tells nothing', () => {
    const sub = root.subCa({ name: 'Sub', extensions: { keyUsage: ['keyCertSign'] } });
    expect(codeOf(leafOf(sub), { crls: [crl(), sub.crl()], untrusted: [sub.certificate] })).toBe(
      'issuer-may-not-sign-crls',
    );
  });

  it('with many lists that are forged leads to an end', () => {
    const impostor = makeTestCa({ name: 'Root', nowMs });
    const crls = Array.from({ length: 600 }, (_, n) => impostor.crl({ crlNumber: n, thisUpdateMs: nowMs }));
    // Nor does it hide the list that revokes.
    for (const crlCheck of ['require', 'present'] as const) {
      expect(codeOf(leaf, { crls: [...crls, crl(revoked)], crlCheck })).toBe('path-too-complex');
    }
  });

  it('out of date is set aside before its signature costs anything', () => {
    const impostor = makeTestCa({ name: 'Root', nowMs });
    const old = { thisUpdateMs: nowMs - 48 * hourMs, nextUpdateMs: nowMs - 24 * hourMs };
    const crls = Array.from({ length: 600 }, (_, n) => impostor.crl({ crlNumber: n, ...old }));
    expect(codeOf(leaf, { crls: [...crls, crl({ ...old, crlNumber: 600 })] })).toBe('crl-expired');
    expect(codeOf(leaf, { crls: [...crls, crl()] })).toBe('valid');
  });

  it('out of date still tells what is revoked for good', () => {
    const old = { thisUpdateMs: nowMs - 48 * hourMs, nextUpdateMs: nowMs - 24 * hourMs };
    expect(codeOf(leaf, { crls: [crl({ ...old, ...revoked })], crlCheck: 'present' })).toBe('revoked');
    expect(codeOf(leaf, { crls: [crl({ ...old, ...onHold })], crlCheck: 'present' })).toBe('valid');
  });
});

describe('a list counts', () => {
  it('from its first moment to its last', () => {
    expect(codeOf(leaf, { crls: [crl({ thisUpdateMs: nowMs, nextUpdateMs: nowMs })] })).toBe('valid');
    expect(codeOf(leaf, { crls: [crl({ thisUpdateMs: nowMs + 1000 })] })).toBe('crl-not-yet-valid');
    expect(codeOf(leaf, { crls: [crl({ nextUpdateMs: nowMs - 1000 })] })).toBe('crl-expired');
  });
});

describe('several lists', () => {
  it('are believed by their age: an old one does not hide a newer', () => {
    const older = { thisUpdateMs: nowMs - 2 * hourMs, crlNumber: 1 };
    const newer = { thisUpdateMs: nowMs - hourMs, crlNumber: 2 };
    for (const swap of [false, true]) {
      const order = (crls: Uint8Array[]) => (swap ? crls.reverse() : crls);
      expect(codeOf(leaf, { crls: order([crl(older), crl({ ...newer, ...revoked })]) })).toBe('revoked');
      expect(codeOf(leaf, { crls: order([crl({ ...older, ...onHold }), crl(newer)]) })).toBe('valid');
    }
  });

  it('of two keys of one authority both count', () => {
    const sub = root.subCa({ name: 'Sub' });
    const next = sub.subCa({ name: 'Sub' });
    const here = leafOf(sub);
    const check = (crls: readonly Uint8Array[]) =>
      codeOf(here, { crls: [crl(), ...crls], untrusted: [sub.certificate, next.certificate] });
    expect(check([next.crl(), sub.crl({ revoked: [here] })])).toBe('revoked');
    expect(check([sub.crl(), next.crl({ revoked: [here] })])).toBe('revoked');
    expect(check([sub.crl(), next.crl()])).toBe('valid');
  });

  it('may each tell some reasons', () => {
    const some = 0b10;
    const one = crl({ issuingDistributionPoint: { onlySomeReasons: some } });
    const rest = { issuingDistributionPoint: { onlySomeReasons: allReasons & ~some } };
    expect(codeOf(leaf, { crls: [one, crl(rest)] })).toBe('valid');
    expect(codeOf(leaf, { crls: [one, crl({ ...rest, ...revoked })] })).toBe('revoked');
  });
});

describe('distribution points', () => {
  it('name the list that covers a certificate', () => {
    const here = leafOf(root, [{ fullName: uri('here') }]);
    const scope = (name: string, more: TestCrlOptions = {}) =>
      crl({ issuingDistributionPoint: { fullName: uri(name) }, ...more });
    expect(codeOf(here, { crls: [scope('here')] })).toBe('valid');
    expect(codeOf(here, { crls: [scope('there')] })).toBe('crl-scope-differs');
    expect(codeOf(here, { crls: [scope('there', { revoked: [here] }), scope('here')] })).toBe('valid');
    expect(codeOf(here, { crls: [scope('here', { revoked: [here] })] })).toBe('revoked');
  });

  it('may name another issuer of lists, which must say that it lists for others', () => {
    const issuer = root.subCa({
      name: 'Lists',
      extensions: { keyUsage: ['cRLSign'], basicConstraints: undefined },
    });
    const name: readonly GeneralNameInput[] = [{ directoryName: makeName([[oids.commonName, 'Lists']]) }];
    const here = leafOf(root, [{ fullName: uri('x'), crlIssuer: name }]);
    const untrusted = [issuer.certificate];
    const idp = { fullName: uri('x'), indirectCrl: true };
    const entry = { serialNumber: here.certificate.serialNumber, revokedAtMs: nowMs };
    const rootName: readonly GeneralNameInput[] = [{ directoryName: makeName([[oids.commonName, 'Root']]) }];
    const list = (options: TestCrlOptions) => [crl(), issuer.crl(options)];
    expect(codeOf(here, { crls: [issuer.crl({ issuingDistributionPoint: idp }), crl()], untrusted })).toBe(
      'valid',
    );
    const mine = { issuingDistributionPoint: idp, revoked: [{ ...entry, certificateIssuer: rootName }] };
    expect(codeOf(here, { crls: list(mine), untrusted })).toBe('revoked');
    // The number alone says nothing: it is that of a certificate of the list's own issuer.
    expect(codeOf(here, { crls: list({ issuingDistributionPoint: idp, revoked: [entry] }), untrusted })).toBe(
      'valid',
    );
    const direct = {
      issuingDistributionPoint: { fullName: uri('x') },
      revoked: [{ ...entry, certificateIssuer: rootName }],
    };
    expect(codeOf(here, { crls: list(direct), untrusted })).toBe('valid');
  });

  it('hold an issuer for the entries behind it as well', () => {
    const issuer = root.subCa({ name: 'Lists' });
    const name: readonly GeneralNameInput[] = [{ directoryName: makeName([[oids.commonName, 'Lists']]) }];
    const here = leafOf(root, [{ fullName: uri('x'), crlIssuer: name }]);
    const rootName: readonly GeneralNameInput[] = [{ directoryName: makeName([[oids.commonName, 'Root']]) }];
    const indirect = issuer.crl({
      issuingDistributionPoint: { fullName: uri('x'), indirectCrl: true },
      revoked: [
        { serialNumber: 1, revokedAtMs: nowMs, certificateIssuer: rootName },
        { serialNumber: here.certificate.serialNumber, revokedAtMs: nowMs },
      ],
    });
    expect(codeOf(here, { crls: [crl(), indirect], untrusted: [issuer.certificate] })).toBe('revoked');
  });

  it('cannot lead to a signer that vouches for itself alone', () => {
    const issuer = root.subCa({
      name: 'Root',
      extensions: { keyUsage: ['cRLSign'], basicConstraints: undefined },
    });
    // The root's own list is missing, and the second signer's list covers the second signer's own certificate.
    expect(codeOf(leaf, { crls: [issuer.crl()], untrusted: [issuer.certificate] })).toBe(
      'crl-issuer-not-trusted',
    );
    expect(codeOf(leaf, { crls: [issuer.crl()], untrusted: [issuer.certificate], crlCheck: 'present' })).toBe(
      'valid',
    );
  });

  it('may be signed by a second key of the same authority', () => {
    const issuer = root.subCa({
      name: 'Root',
      extensions: {
        keyUsage: ['cRLSign'],
        basicConstraints: undefined,
        crlDistributionPoints: [{ fullName: uri('signers') }],
      },
    });
    const signers = crl({ issuingDistributionPoint: { fullName: uri('signers') } });
    const untrusted = [issuer.certificate];
    expect(codeOf(leaf, { crls: [issuer.crl(), signers], untrusted })).toBe('valid');
    expect(codeOf(leaf, { crls: [issuer.crl(revoked), signers], untrusted })).toBe('revoked');
  });
});

describe('a delta', () => {
  const base = { crlNumber: 5 };
  const delta = { crlNumber: 6, deltaCrlIndicator: 5 };
  const removed = {
    revoked: [{ serialNumber: leaf.certificate.serialNumber, revokedAtMs: nowMs, reason: 8 }],
  };

  it.each<[string, readonly TestCrlOptions[], string]>([
    ['adds to its base', [base, { ...delta, ...revoked }], 'revoked'],
    [
      'lifts a hold',
      [
        { ...base, ...onHold },
        { ...delta, ...removed },
      ],
      'valid',
    ],
    ['that says nothing leaves its base as it is', [{ ...base, ...revoked }, delta], 'revoked'],
    [
      'of a later base does not count',
      [base, { ...delta, deltaCrlIndicator: 6, crlNumber: 7, ...revoked }],
      'valid',
    ],
    [
      'older than its base does not count',
      [base, { ...delta, crlNumber: 5, deltaCrlIndicator: 4, ...revoked }],
      'valid',
    ],
    ['counts from its first moment', [base, { ...delta, thisUpdateMs: nowMs, ...revoked }], 'revoked'],
    ['does not count before it', [base, { ...delta, thisUpdateMs: nowMs + 1000, ...revoked }], 'valid'],
    [
      'with a critical extension that nobody knows does not count',
      [base, { ...delta, ...revoked, others: [{ oid: '1.2.3', critical: true, value: derNull() }] }],
      'valid',
    ],
    ['out of date does not count', [base, { ...delta, nextUpdateMs: nowMs - 1000, ...revoked }], 'valid'],
    [
      'of another scope does not count',
      [base, { ...delta, issuingDistributionPoint: { onlyContainsUserCerts: true }, ...revoked }],
      'valid',
    ],
    [
      'of another key does not count',
      [base, { ...delta, authorityKeyIdentifier: Uint8Array.of(1), ...revoked }],
      'valid',
    ],
  ])('%s', (_what, lists, code) => {
    expect(codeOf(leaf, { crls: lists.map(crl) })).toBe(code);
  });

  const forged = createCrl({
    issuer: root.name,
    thisUpdateMs: nowMs,
    revoked: [{ serialNumber: leaf.certificate.serialNumber, revokedAtMs: nowMs }],
    crlNumber: 6,
    deltaCrlIndicator: 5,
    authorityKeyIdentifier: keyIdentifierOf(root.publicKey),
    signingKey: keys.privateKey,
  });

  it('forged does not count', () => {
    expect(codeOf(leaf, { crls: [crl(base), forged] })).toBe('valid');
  });

  it('that is current brings an older list up to date, and a forged one does not', () => {
    const old = crl({ ...base, thisUpdateMs: nowMs - 48 * hourMs, nextUpdateMs: nowMs - 24 * hourMs });
    expect(codeOf(leaf, { crls: [old] })).toBe('crl-expired');
    expect(codeOf(leaf, { crls: [old, crl(delta)] })).toBe('valid');
    expect(codeOf(leaf, { crls: [old, crl({ ...delta, ...revoked })] })).toBe('revoked');
    expect(codeOf(leaf, { crls: [old, forged] })).toBe('crl-expired');
  });
});

describe('a CRL', () => {
  function parse(options: TestCrlOptions = {}): CertificateList {
    return parseCertificateList(crl(options));
  }

  it('is read with all that it says', () => {
    const list = parse({
      revoked: [leaf],
      crlNumber: 300,
      issuingDistributionPoint: { onlyContainsUserCerts: true },
    });
    expect(list).toMatchObject({ thisUpdateMs: nowMs - hourMs, nextUpdateMs: nowMs + 168 * hourMs, size: 1 });
    expect(compareCrlNumbers(list.crlNumber!, derInteger(300).subarray(2))).toBe(0);
    expect(list.issuingDistributionPoint?.onlyContainsUserCerts).toBe(true);
    expect(list.find(root.name, leaf.certificate.serialNumber)).toEqual({
      revokedAtMs: nowMs - 2 * hourMs,
      reason: 0,
    });
    expect(list.find(makeName([]), leaf.certificate.serialNumber)).toBeUndefined();
  });

  it('of a hundred thousand entries is read and asked in a moment', () => {
    const entries = Array.from({ length: 100_000 }, (_, n) => ({
      serialNumber: n + 1,
      revokedAtMs: nowMs,
      reason: 1,
    }));
    const der = crl({ revoked: entries });
    const started = cpuNow();
    const list = parseCertificateList(der);
    expect(list.size).toBe(100_000);
    expect(list.find(root.name, Uint8Array.of(1, 0, 0))?.reason).toBe(1);
    expect(cpuNow() - started).toBeLessThan(5000);
  });

  it('with two scopes that exclude each other is none', () => {
    const scope = { onlyContainsUserCerts: true, onlyContainsCaCerts: true };
    expect(() => parse({ issuingDistributionPoint: scope })).toThrowError(
      expect.objectContaining({ code: 'bad-extension' }),
    );
  });

  it('with any byte changed is read or refused with a code', () => {
    const der = crl({ revoked: [leaf], issuingDistributionPoint: { fullName: uri('x'), indirectCrl: true } });
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const copy = Uint8Array.from(der);
        copy[at]! ^= change;
        try {
          parseCertificateList(copy).find(root.name, Uint8Array.of(1));
        } catch (error) {
          expect(error).toBeInstanceOf(PkiError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is no certificate, and a certificate no CRL', () => {
    expect(() => parseCertificate(crl())).toThrow(PkiError);
    expect(() => parseCertificateList(root.certificate.der)).toThrow(PkiError);
  });

  it('counts its numbers as numbers', () => {
    const number = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
    expect(compareCrlNumbers(number('00ff'), number('0100'))).toBeLessThan(0);
    expect(compareCrlNumbers(number('02'), number('01ff'))).toBeLessThan(0);
    expect(compareCrlNumbers(number('0002'), number('02'))).toBe(0);
  });
});
