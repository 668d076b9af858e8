import { describe, expect, it } from 'vitest';
import {
  type IssueOptions,
  makeKeys,
  makeTestCa,
  type TestCa,
  type TestCaOptions,
} from '../../test/kit/ca.ts';
import type { Certificate } from './certificate.ts';
import { derBitString, derNull, derOid, derSequence } from './der.ts';
import { makeName, type Name } from './name.ts';
import { oids } from './oid.ts';
import { type PathInput, validatePath } from './path.ts';

const nowMs = Date.UTC(2026, 0, 1);
const root = makeTestCa({ name: 'Root', nowMs });
const keys = makeKeys('ec-p256');
const nameOf = (text: string): Name => makeName([[oids.commonName, text]]);

/** Validates a certificate that the last of some authorities issued, each below the one before it. */
function codeOf(
  authorities: readonly TestCa[],
  leaf: Partial<IssueOptions> = {},
  input: Partial<PathInput> = {},
): string {
  const { certificate } = authorities
    .at(-1)!
    .issue({ address: 'a@example.org', algorithm: 'ec-p256', keys, ...leaf });
  const untrusted = authorities.map((each) => each.certificate);
  return validate(certificate, { untrusted, ...input });
}

function validate(certificate: Certificate, input: Partial<PathInput>): string {
  const base = { untrusted: [], trustAnchors: [root.certificate], atMs: nowMs, purpose: 'any' } as const;
  const verdict = validatePath({ certificate, ...base, ...input });
  return verdict.status === 'valid' ? 'valid' : verdict.code;
}

/** A certificate that says something else, whose signature is taken for good as it was. */
function altered(certificate: Certificate, changes: Partial<Certificate>): Certificate {
  const { serial, sha256 } = certificate;
  return { ...certificate, serial, sha256, ...changes };
}

describe('an anchor', () => {
  it('of version 3 is no authority where it does not say so', () => {
    const silent = makeTestCa({ nowMs, extensions: { basicConstraints: undefined } });
    expect(codeOf([silent], {}, { trustAnchors: [silent.certificate] })).toBe('not-a-ca');
  });

  it('of version 1 cannot say so, and is one; an authority below it must say so', () => {
    const silent = { version: 1, basicConstraints: undefined, extensions: [] };
    const anchor = altered(root.certificate, silent);
    expect(codeOf([root], {}, { untrusted: [], trustAnchors: [anchor] })).toBe('valid');
    const sub = root.subCa({ name: 'Sub' });
    expect(codeOf([sub], {}, { untrusted: [sub.certificate] })).toBe('valid');
    expect(codeOf([sub], {}, { untrusted: [altered(sub.certificate, silent)] })).toBe('not-a-ca');
  });

  it('whose key cannot be read gives no path', () => {
    const algorithm = derSequence(derOid(oids.rsaEncryption), derNull());
    const spki = derSequence(algorithm, derBitString(derNull()));
    const broken = altered(root.certificate, { spki });
    expect(validate(broken, { trustAnchors: [broken] })).toBe('bad-key');
  });
});

describe('names that an authority excludes', () => {
  const excluding = (text: string): TestCaOptions => ({
    name: 'Top',
    extensions: { nameConstraints: { excluded: [{ directoryName: nameOf(text) }] } },
  });

  it('are excluded for authorities as well', () => {
    const top = root.subCa(excluding('Bad'));
    expect(codeOf([top, top.subCa({ name: 'Bad' })])).toBe('name-excluded');
    expect(codeOf([top, top.subCa({ name: 'Good' })])).toBe('valid');
  });

  it('may be its own in a certificate of its next key, and not in one of anybody else', () => {
    const top = root.subCa(excluding('Top'));
    expect(codeOf([top, top.subCa({ name: 'Top' })])).toBe('valid');
    expect(codeOf([top], { subject: nameOf('Top') })).toBe('name-excluded');
    expect(codeOf([top], { subject: nameOf('Other') })).toBe('valid');
  });
});

describe('certificate policies', () => {
  const [here, there] = ['1.3.6.1.4.1.99999.1', '1.3.6.1.4.1.99999.2'];
  const sub = (extensions: TestCaOptions['extensions']) => [root.subCa({ name: 'Sub', extensions })];
  const leaf = (...certificatePolicies: string[]) => ({ extensions: { certificatePolicies } });
  const explicit = { explicitPolicy: true };

  it('must hold along the path where one is asked for, and count for nothing else', () => {
    const path = sub({ certificatePolicies: [here] });
    expect(codeOf(path, leaf(here), { ...explicit, policies: [here] })).toBe('valid');
    expect(codeOf(path, leaf(here), { ...explicit, policies: [there] })).toBe('no-explicit-policy');
    expect(codeOf(path, leaf(there), { ...explicit })).toBe('no-explicit-policy');
    expect(codeOf(path, leaf(here), { ...explicit, policies: [] })).toBe('valid');
    expect(codeOf(path, leaf(there), { policies: [here] })).toBe('valid');
  });

  it('may be given by the policy that stands for all, but where the caller inhibits it', () => {
    const path = sub({ certificatePolicies: [oids.anyPolicy] });
    expect(codeOf(path, leaf(here), explicit)).toBe('valid');
    expect(codeOf(path, leaf(here), { ...explicit, inhibitAnyPolicy: true })).toBe('no-explicit-policy');
  });

  it('may be mapped, but where the caller inhibits it', () => {
    const policyMappings = [{ issuerDomainPolicy: here, subjectDomainPolicy: there }];
    const path = sub({ certificatePolicies: [here], policyMappings });
    const input = { ...explicit, policies: [here] };
    expect(codeOf(path, leaf(there), input)).toBe('valid');
    expect(codeOf(path, leaf(there), { ...input, inhibitPolicyMapping: true })).toBe('no-explicit-policy');
  });
});
