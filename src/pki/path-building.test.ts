import { describe, expect, it } from 'vitest';
import {
  makeKeys,
  makeTestCa,
  type TestCa,
  type TestCaOptions,
  type TestIdentity,
} from '../../test/kit/ca.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { type PathInput, type PathVerdict, validatePath } from './path.ts';

const nowMs = Date.UTC(2026, 0, 1);
const root = makeTestCa({ name: 'Root', nowMs });
const keys = makeKeys('ec-p256');
const subKeys = makeKeys('ec-p256');

function verdictOn(certificate: Certificate, input: Partial<PathInput>): PathVerdict {
  const base = { untrusted: [], trustAnchors: [root.certificate], atMs: nowMs, purpose: 'any' } as const;
  return validatePath({ certificate, ...base, ...input });
}

function codeOf({ certificate }: TestIdentity, input: Partial<PathInput>): string {
  const verdict = verdictOn(certificate, input);
  return verdict.status === 'valid' ? 'valid' : verdict.code;
}

function leafOf(ca: TestCa): TestIdentity {
  return ca.issue({ address: 'a@example.org', algorithm: 'ec-p256', keys });
}

/** The same certificate with other bytes at its end, where its signature is. */
function forgeries({ der }: Certificate, count: number): readonly Certificate[] {
  return Array.from({ length: count }, (_, n) => {
    const copy = Uint8Array.from(der);
    copy.set([n & 0xff, n >> 8], copy.length - 2);
    return parseCertificate(copy);
  });
}

describe('of two authorities with one name and one key', () => {
  const unfit = { extensions: { keyUsage: ['cRLSign'] } } as const;
  const otherIdentifier = { subjectKeyIdentifier: Uint8Array.of(1, 2, 3) };

  it.each<[string, TestCaOptions, TestCaOptions, string]>([
    ['is valid now', unfit, { notAfterMs: nowMs - 1000 }, 'issuer-may-not-sign'],
    ['is valid now', unfit, { notBeforeMs: nowMs + 1000 }, 'issuer-may-not-sign'],
    [
      'is valid since now',
      { ...unfit, notBeforeMs: nowMs },
      { notAfterMs: nowMs - 1000 },
      'issuer-may-not-sign',
    ],
    [
      'is valid until now',
      { ...unfit, notAfterMs: nowMs },
      { notAfterMs: nowMs - 1000 },
      'issuer-may-not-sign',
    ],
    ['says that it is one', unfit, { extensions: { basicConstraints: undefined } }, 'issuer-may-not-sign'],
    [
      'has the key identifier that is asked for',
      { notAfterMs: nowMs - 1 },
      { extensions: { ...unfit.extensions, ...otherIdentifier } },
      'expired',
    ],
    [
      'has no key identifier at all',
      { ...unfit, extensions: { ...unfit.extensions, subjectKeyIdentifier: undefined } },
      { notAfterMs: nowMs - 1000, extensions: otherIdentifier },
      'issuer-may-not-sign',
    ],
  ])('the one that %s is tried first, and its fault told', (_what, likely, other, code) => {
    const [one, two] = [likely, other].map((options) =>
      root.subCa({ ...options, name: 'Sub', keys: subKeys }),
    );
    const untrusted = [one!.certificate, two!.certificate];
    for (const order of [untrusted, untrusted.toReversed()])
      expect(codeOf(leafOf(one!), { untrusted: order })).toBe(code);
  });

  it('the anchor is tried first', () => {
    const [anchor, other] = ['Sub', 'Sub'].map((name) => root.subCa({ name, keys: subKeys }));
    const trustAnchors = [anchor!.certificate, root.certificate];
    const leaf = leafOf(anchor!);
    expect(verdictOn(leaf.certificate, { untrusted: [other!.certificate], trustAnchors })).toMatchObject({
      status: 'valid',
      path: [leaf.certificate, anchor!.certificate],
    });
  });
});

describe('a search', () => {
  it('finds the authority whose key is named among more of that name than it may try', () => {
    const sub = root.subCa({ name: 'Sub' });
    const impostor = makeTestCa({ name: 'Sub', nowMs });
    const untrusted = [...forgeries(impostor.certificate, 600), sub.certificate];
    expect(codeOf(leafOf(sub), { untrusted })).toBe('valid');
  });

  it('goes over sixteen certificates and no more', () => {
    const subs: TestCa[] = [root];
    for (let n = 1; n <= 15; n += 1)
      subs.push(subs.at(-1)!.subCa({ name: `Sub ${n}`, keys: makeKeys('ec-p256') }));
    const untrusted = subs.map(({ certificate }) => certificate);
    expect(codeOf(leafOf(subs[14]!), { untrusted })).toBe('valid');
    expect(codeOf(leafOf(subs[15]!), { untrusted })).toBe('no-path');
  });

  it('takes no signature for good that it could not afford to check', () => {
    const impostor = makeTestCa({ name: 'Root', nowMs }).subCa({ name: 'Sub' });
    const stranger = leafOf(makeTestCa({ name: 'Sub', nowMs }));
    const untrusted = forgeries(impostor.certificate, 600);
    for (const crlCheck of ['off', 'present'] as const)
      expect(codeOf(stranger, { untrusted, crlCheck })).toBe('path-too-complex');
  });

  it('is given up where certificates of one key keep it busy, of which none is worth a signature', () => {
    const self = makeTestCa({ name: 'Self', nowMs });
    expect(codeOf(self, { untrusted: forgeries(self.certificate, 3000) })).toBe('self-signed');
    expect(codeOf(self, { untrusted: forgeries(self.certificate, 5000) })).toBe('path-too-complex');
  });
});

describe('what is wrong with a signature', () => {
  const faultOf = (ca: TestCa, leaf: Certificate, input: Partial<PathInput> = {}) =>
    verdictOn(leaf, { untrusted: [ca.certificate], ...input });

  it('is laid to the certificate where it lies in the signature', () => {
    const sub = root.subCa({ name: 'Sub' });
    const [forged] = forgeries(leafOf(sub).certificate, 1);
    expect(faultOf(sub, forged!)).toMatchObject({
      code: 'bad-certificate-signature',
      certificate: forged,
      reason: expect.not.stringContaining('('),
    });
    const old = sub.issue({ address: 'a@example.org', algorithm: 'ec-p256', keys, hash: 'sha1' }).certificate;
    expect(faultOf(sub, old)).toMatchObject({
      code: 'weak-signature',
      certificate: old,
      reason: expect.stringContaining('(signatures over SHA-1 are not accepted)'),
    });
  });

  it('is laid to the authority where it lies in the key', () => {
    const weak = root.subCa({ name: 'Weak', algorithm: 'rsa-1024' });
    expect(faultOf(weak, leafOf(weak).certificate)).toMatchObject({
      code: 'weak-key',
      certificate: weak.certificate,
      reason: expect.stringContaining('1024 bits'),
    });
    const sub = root.subCa({ name: 'Sub' });
    const { serial, sha256, spki } = sub.certificate;
    const cut = { ...sub.certificate, serial, sha256: `${sha256} cut`, spki: spki.subarray(0, -1) };
    expect(verdictOn(leafOf(sub).certificate, { untrusted: [cut as Certificate] })).toMatchObject({
      code: 'bad-key',
      certificate: cut,
    });
  });
});
