import { describe, expect, it } from 'vitest';
import {
  makeKeys,
  makeTestCa,
  type TestCa,
  type TestCaOptions,
  type TestCrlOptions,
  type TestIdentity,
} from '../../test/kit/ca.ts';
import { parseCertificateList } from './crl.ts';
import { allReasons } from './distribution-point.ts';
import type { DistributionPointInput, GeneralNameInput } from './extension-writers.ts';
import { type PathInput, validatePath } from './path.ts';

const nowMs = Date.UTC(2026, 0, 1);
const root = makeTestCa({ name: 'Root', nowMs });
const keys = makeKeys('ec-p256');
const uri = (text: string): readonly GeneralNameInput[] => [{ uri: `http://crl.example/${text}` }];

function leafOf(crlDistributionPoints?: readonly DistributionPointInput[]): TestIdentity {
  const extensions = { crlDistributionPoints };
  return root.issue({ address: 'a@example.org', algorithm: 'ec-p256', keys, extensions });
}

const leaf = leafOf();
const revoked = { revoked: [leaf] };

function codeOf(
  { certificate }: TestIdentity,
  { crls, ...input }: Partial<Omit<PathInput, 'crls'>> & { readonly crls: readonly Uint8Array[] },
): string {
  const verdict = validatePath({
    certificate,
    untrusted: [],
    trustAnchors: [root.certificate],
    crls: crls.map(parseCertificateList),
    crlCheck: 'require',
    atMs: nowMs,
    purpose: 'smimesign',
    ...input,
  });
  return verdict.status === 'valid' ? 'valid' : verdict.code;
}

describe('a second key of an authority that signs lists', () => {
  const signerOf = (ca: TestCa, name: string, options: TestCaOptions = {}) =>
    ca.subCa({
      ...options,
      name: 'Root',
      extensions: {
        keyUsage: ['cRLSign'],
        basicConstraints: undefined,
        crlDistributionPoints: [{ fullName: uri(name) }],
      },
    });
  const scope = (name: string): TestCrlOptions => ({ issuingDistributionPoint: { fullName: uri(name) } });

  it('must lead to the anchor of the certificate, not just to any', () => {
    const other = makeTestCa({ name: 'Other', nowMs });
    const signer = signerOf(other, 'signer');
    const crls = [signer.crl(revoked), other.crl(scope('signer'))];
    const untrusted = [signer.certificate];
    const both = [root.certificate, other.certificate];
    for (const trustAnchors of [both, both.toReversed()])
      expect(codeOf(leaf, { crls, untrusted, trustAnchors })).toBe('crl-issuer-not-trusted');
  });

  it('must not be revoked itself, and where statuses are asked for its own must be told', () => {
    const signer = signerOf(root, 'signer');
    const untrusted = [signer.certificate];
    const its = (options: TestCrlOptions = {}) => root.crl({ ...scope('signer'), ...options });
    expect(codeOf(leaf, { crls: [signer.crl(), its()], untrusted })).toBe('valid');
    expect(codeOf(leaf, { crls: [signer.crl()], untrusted })).toBe('crl-issuer-not-trusted');
    for (const [crlCheck, code] of [
      ['require', 'crl-issuer-not-trusted'],
      ['present', 'valid'],
    ] as const) {
      const crls = [signer.crl(revoked), its({ revoked: [signer] })];
      expect(codeOf(leaf, { crls, untrusted, crlCheck })).toBe(code);
    }
    expect(codeOf(leaf, { crls: [signer.crl(revoked)], untrusted, crlCheck: 'present' })).toBe('revoked');
  });

  it('is judged once for all its lists, and alike for each', () => {
    const some = 0b10;
    const lists = (signer: TestCa, last: TestCrlOptions = {}) => [
      signer.crl({ issuingDistributionPoint: { onlySomeReasons: some } }),
      signer.crl({ issuingDistributionPoint: { onlySomeReasons: allReasons & ~some }, ...last }),
    ];
    const signer = signerOf(root, 'signer');
    const its = root.crl(scope('signer'));
    const untrusted = [signer.certificate];
    expect(codeOf(leaf, { crls: [...lists(signer), its], untrusted })).toBe('valid');
    expect(codeOf(leaf, { crls: [...lists(signer, revoked), its], untrusted })).toBe('revoked');
    const stranger = signerOf(makeTestCa({ name: 'Other', nowMs }), 'signer');
    const check = { crls: lists(stranger, revoked), untrusted: [stranger.certificate] };
    expect(codeOf(leaf, check)).toBe('crl-issuer-not-trusted');
    expect(codeOf(leaf, { ...check, crlCheck: 'present' })).toBe('valid');
  });

  it('may be certified by an old algorithm where old mail is read', () => {
    const signer = signerOf(root, 'signer', { hash: 'sha1' });
    const check = { crls: [signer.crl(revoked), root.crl(scope('signer'))], untrusted: [signer.certificate] };
    expect(codeOf(leaf, check)).toBe('crl-issuer-not-trusted');
    expect(codeOf(leaf, { ...check, legacy: true })).toBe('revoked');
  });

  it('may need lists of other keys, but not without end', () => {
    const signers = Array.from({ length: 5 }, (_, n) => signerOf(root, `signer ${n}`));
    const here = leafOf([{ fullName: uri('here') }]);
    const check = (depth: number) => {
      const used = [...signers.slice(0, depth), root];
      const crls = used.map((by, n) => by.crl(scope(n === 0 ? 'here' : `signer ${n - 1}`)));
      return codeOf(here, { crls, untrusted: signers.map(({ certificate }) => certificate) });
    };
    expect([0, 1, 2, 3, 4].map(check)).toEqual(Array.from({ length: 5 }, () => 'valid'));
    expect(check(5)).toBe('crl-issuer-not-trusted');
  });
});
