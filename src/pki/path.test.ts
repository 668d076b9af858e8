import { describe, expect, it } from 'vitest';
import {
  type IssueOptions,
  makeKeys,
  makeTestCa,
  type TestCa,
  type TestCaOptions,
  type TestIdentity,
} from '../../test/kit/ca.ts';
import { cpuNow } from '../../test/kit/cpu-time.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { derBitString, derInteger, derNull, derOid, derSequence } from './der.ts';
import { issueCertificate } from './issue.ts';
import { oids } from './oid.ts';
import { type PathInput, pathCodes, validatePath } from './path.ts';

const nowMs = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;
const root = makeTestCa({ name: 'Root', nowMs });
const keys = makeKeys('ec-p256');

function leafOf(ca: TestCa, options: Partial<IssueOptions> = {}): TestIdentity {
  return ca.issue({ address: 'alice@example.org', algorithm: 'ec-p256', keys, ...options });
}

function codeOf(leaf: TestIdentity | Certificate, input: Partial<PathInput> = {}): string {
  const certificate = 'certificate' in leaf ? leaf.certificate : leaf;
  const verdict = validatePath({
    certificate,
    untrusted: [],
    trustAnchors: [root.certificate],
    atMs: nowMs,
    purpose: 'smimesign',
    ...input,
  });
  return verdict.status === 'valid' ? 'valid' : verdict.code;
}

function under(
  options: TestCaOptions,
  input: Partial<PathInput> = {},
  leaf: Partial<IssueOptions> = {},
): string {
  const sub = root.subCa(options);
  return codeOf(leafOf(sub, leaf), { untrusted: [sub.certificate], ...input });
}

/** A self-signed or cross certificate with names and keys as one likes. */
function cross(subject: string, issuer: string, subjectCa: TestCa, issuerCa: TestCa): Certificate {
  return parseCertificate(
    issueCertificate({
      subject,
      issuer,
      serialNumber: 7,
      notBeforeMs: nowMs - dayMs,
      notAfterMs: nowMs + dayMs,
      publicKey: subjectCa.publicKey,
      signingKey: issuerCa.privateKey,
      extensions: { basicConstraints: { ca: true }, keyUsage: ['keyCertSign'] },
    }),
  );
}

describe('a path', () => {
  it('leads from the certificate to the anchor', () => {
    const sub = root.subCa({ name: 'Sub' });
    const leaf = leafOf(sub);
    const verdict = validatePath({
      certificate: leaf.certificate,
      untrusted: [sub.certificate],
      trustAnchors: [root.certificate],
      atMs: nowMs,
      purpose: 'smimesign',
    });
    expect(verdict).toEqual({ status: 'valid', path: [leaf.certificate, sub.certificate, root.certificate] });
  });

  it('leads nowhere when nobody is trusted', () => {
    expect(codeOf(leafOf(root), { trustAnchors: [] })).toBe('no-trust-anchors');
  });

  it('ends in an anchor that is not self-signed, and in the certificate itself where that is one', () => {
    const sub = root.subCa();
    const leaf = leafOf(sub);
    expect(codeOf(leaf, { trustAnchors: [sub.certificate] })).toBe('valid');
    expect(codeOf(leaf, { trustAnchors: [leaf.certificate] })).toBe('valid');
    expect(codeOf(leaf, { trustAnchors: [leaf.certificate], atMs: nowMs + 1000 * dayMs })).toBe('expired');
  });

  it('needs every certificate between', () => {
    const sub = root.subCa();
    expect(codeOf(leafOf(sub))).toBe('no-path');
  });

  it('does not begin with a stranger who signed for himself', () => {
    const other = makeTestCa({ name: 'Other', nowMs });
    expect(codeOf(other.certificate, { purpose: 'any' })).toBe('self-signed');
    expect(codeOf(leafOf(other), { untrusted: [other.certificate] })).toBe('no-path');
  });

  it('does not lead over an authority of the same name with another key', () => {
    const impostor = makeTestCa({ name: 'Root', nowMs });
    expect(codeOf(leafOf(impostor), { untrusted: [impostor.certificate] })).toBe('bad-certificate-signature');
  });

  it('leads over a cross certificate where the direct way does not hold', () => {
    const sub = root.subCa({ name: 'Sub', notAfterMs: nowMs - 1 });
    const crossed = cross('CN=Sub', 'CN=Root', sub, root);
    expect(codeOf(leafOf(sub), { untrusted: [sub.certificate] })).toBe('expired');
    expect(codeOf(leafOf(sub), { untrusted: [sub.certificate, crossed] })).toBe('valid');
  });

  it.each([
    ['the certificate', {}, { notAfterMs: nowMs - 1 }, 'expired'],
    ['the certificate', {}, { notBeforeMs: nowMs + 1000 }, 'not-yet-valid'],
    ['the authority', { notAfterMs: nowMs - 1 }, {}, 'expired'],
    ['the authority', { notBeforeMs: nowMs + 1000 }, {}, 'not-yet-valid'],
  ])('does not hold out of the time of %s', (_what, ca, leaf, code) => {
    expect(under(ca, {}, leaf)).toBe(code);
  });

  it('does not hold out of the time of the anchor', () => {
    const old = makeTestCa({ nowMs, notAfterMs: nowMs - 1 });
    expect(codeOf(leafOf(old), { trustAnchors: [old.certificate] })).toBe('expired');
  });

  it('holds in the first and the last second', () => {
    const leaf = leafOf(root, { notBeforeMs: nowMs, notAfterMs: nowMs + 1000 });
    expect(codeOf(leaf, { atMs: nowMs })).toBe('valid');
    expect(codeOf(leaf, { atMs: nowMs + 1000 })).toBe('valid');
    expect(codeOf(leaf, { atMs: nowMs + 1001 })).toBe('expired');
  });

  it.each([
    ['no authority', { extensions: { basicConstraints: undefined } }, 'not-a-ca'],
    ['an authority that says it is none', { extensions: { basicConstraints: { ca: false } } }, 'not-a-ca'],
    [
      'an authority that may not sign certificates',
      { extensions: { keyUsage: ['cRLSign'] } },
      'issuer-may-not-sign',
    ],
    [
      'an authority for other purposes',
      { extensions: { extendedKeyUsage: [oids.serverAuth] } },
      'wrong-purpose',
    ],
    ['an authority without a key usage', { extensions: { keyUsage: undefined } }, 'valid'],
    [
      'an authority for every purpose',
      { extensions: { extendedKeyUsage: [oids.anyExtendedKeyUsage] } },
      'valid',
    ],
    [
      'an authority with a critical extension that nobody knows',
      { extensions: { others: [{ oid: '1.2.3', critical: true, value: derNull() }] } },
      'unknown-critical-extension',
    ],
    [
      'an authority with an extension that nobody knows',
      { extensions: { others: [{ oid: '1.2.3', critical: false, value: derNull() }] } },
      'valid',
    ],
  ] as const)('over %s', (_what, options, code) => {
    expect(under(options as TestCaOptions)).toBe(code);
  });

  it('is no longer than an authority allows', () => {
    const sub = root.subCa({ name: 'Sub', pathLength: 0 });
    const below = sub.subCa({ name: 'Below' });
    const untrusted = [sub.certificate, below.certificate];
    expect(codeOf(leafOf(sub), { untrusted })).toBe('valid');
    expect(codeOf(leafOf(below), { untrusted })).toBe('path-length-exceeded');
  });

  it('is no longer than the anchor allows', () => {
    const short = makeTestCa({ nowMs, pathLength: 0 });
    const sub = short.subCa();
    const input = { untrusted: [sub.certificate], trustAnchors: [short.certificate] };
    expect(codeOf(leafOf(sub), input)).toBe('path-length-exceeded');
    expect(codeOf(leafOf(short), input)).toBe('valid');
  });

  it('does not count an authority that certified its own next key', () => {
    const sub = root.subCa({ name: 'Sub', pathLength: 0 });
    const next = sub.subCa({ name: 'Sub' });
    expect(codeOf(leafOf(next), { untrusted: [sub.certificate, next.certificate] })).toBe('valid');
  });
});

describe('the purpose', () => {
  it.each([
    ['smimesign', {}, 'valid'],
    ['smimesign', { use: 'encrypt' }, 'wrong-key-usage'],
    ['smimeencrypt', { use: 'encrypt' }, 'valid'],
    ['smimeencrypt', { use: 'sign' }, 'wrong-key-usage'],
    ['smimesign', { eku: [oids.serverAuth] }, 'wrong-purpose'],
    ['smimesign', { eku: [] }, 'valid'],
    ['smimesign', { eku: [oids.anyExtendedKeyUsage] }, 'valid'],
    ['clientauth', { eku: [oids.clientAuth] }, 'valid'],
    ['clientauth', { eku: [oids.emailProtection] }, 'wrong-purpose'],
    ['clientauth', { eku: [], keyUsage: ['keyEncipherment'] }, 'wrong-key-usage'],
    ['any', { eku: [oids.serverAuth], keyUsage: ['keyEncipherment'] }, 'valid'],
  ] as const)('%s of a certificate with %j', (purpose, options, code) => {
    expect(codeOf(leafOf(root, options), { purpose })).toBe(code);
  });
});

describe('weak keys and hashes', () => {
  it('are refused, but for old mail', () => {
    const short = root.issue({ address: 'a@example.org', algorithm: 'rsa-1024' });
    expect(codeOf(short)).toBe('weak-key');
    expect(codeOf(short, { legacy: true })).toBe('valid');
    const old = leafOf(root, { hash: 'sha1' });
    expect(codeOf(old)).toBe('weak-signature');
    expect(codeOf(old, { legacy: true })).toBe('valid');
  });

  it('are refused in an authority', () => {
    const weak = makeTestCa({ nowMs, algorithm: 'rsa-1024' });
    expect(codeOf(leafOf(weak), { trustAnchors: [weak.certificate] })).toBe('weak-key');
  });

  it.each([
    'rsa-2048',
    'rsa-pss-2048',
    'ec-p256',
    'ec-p384',
    'ec-p521',
    'ed25519',
    'ed448',
  ] as const)('are not those of %s', (algorithm) => {
    const ca = makeTestCa({ nowMs, algorithm, ...(algorithm === 'rsa-2048' && { pss: true }) });
    const leaf = ca.issue({ address: 'a@example.org', algorithm, pss: true });
    expect(codeOf(leaf, { trustAnchors: [ca.certificate] })).toBe('valid');
  });

  it('do not keep the validator busy', () => {
    // A modulus of 16,392 bits, of which only the size is looked at.
    const modulus = new Uint8Array(2049).fill(0xff);
    const der = derSequence(
      derSequence(derOid(oids.rsaEncryption), derNull()),
      derBitString(derSequence(derInteger(modulus), derInteger(65_537))),
    );
    const huge = replaceKey(root.subCa({ name: 'Huge' }).certificate, der);
    const leaf = parseCertificate(
      issueCertificate({
        subject: 'CN=x',
        issuer: 'CN=Huge',
        serialNumber: 1,
        notBeforeMs: nowMs,
        notAfterMs: nowMs,
        publicKey: keys.publicKey,
        signingKey: keys.privateKey,
      }),
    );
    expect(codeOf(leaf, { untrusted: [huge] })).toBe('weak-key');
  });
});

/** Puts another key into a certificate, whose signature is then no longer good. */
function replaceKey(certificate: Certificate, spki: Uint8Array): Certificate {
  return { ...certificate, subject: certificate.subject, sha256: 'f'.repeat(64), spki } as Certificate;
}

describe('what a stranger sends', () => {
  it('leads to an end when two authorities sign each other', () => {
    const [one, two] = [makeTestCa({ name: 'A', nowMs }), makeTestCa({ name: 'B', nowMs })];
    const untrusted = [cross('CN=A', 'CN=B', one, two), cross('CN=B', 'CN=A', two, one)];
    expect(codeOf(leafOf(one), { untrusted })).toBe('no-path');
  });

  it('leads to an end when twelve authorities all sign each other', () => {
    const all = Array.from({ length: 12 }, (_, n) => makeTestCa({ name: `CA ${n}`, nowMs }));
    const untrusted = all.flatMap((subject, s) =>
      all.flatMap((issuer, i) => (s === i ? [] : [cross(`CN=CA ${s}`, `CN=CA ${i}`, subject, issuer)])),
    );
    const started = cpuNow();
    expect(codeOf(leafOf(all[0]!), { untrusted })).toBe('path-too-complex');
    expect(cpuNow() - started).toBeLessThan(5000);
  });

  it('leads to an end with ten thousand authorities of one name', () => {
    const fake = makeTestCa({ name: 'Root', nowMs });
    const der = fake.certificate.der;
    const untrusted = Array.from({ length: 10_000 }, (_, n) => {
      const copy = Uint8Array.from(der);
      // The last bytes are the signature: each is another certificate, and none is what it seems.
      copy.set([n & 0xff, n >> 8], copy.length - 2);
      return parseCertificate(copy);
    });
    const started = cpuNow();
    const stranger = leafOf(makeTestCa({ name: 'Root', nowMs }));
    expect(codeOf(stranger, { untrusted })).toBe('path-too-complex');
    // Whoever really has a path is not harmed: anchors are tried first.
    expect(codeOf(leafOf(root), { untrusted })).toBe('valid');
    expect(cpuNow() - started).toBeLessThan(10_000);
  });

  it('leads nowhere over an endless chain', () => {
    const subs: TestCa[] = [root];
    for (let n = 0; n < 20; n += 1)
      subs.push(subs.at(-1)!.subCa({ name: `Sub ${n}`, keys: makeKeys('ec-p256') }));
    const untrusted = subs.map(({ certificate }) => certificate);
    expect(codeOf(leafOf(subs[10]!), { untrusted })).toBe('valid');
    expect(codeOf(leafOf(subs[20]!), { untrusted })).toBe('no-path');
  });

  it('is not trusted for a name with a zero in it', () => {
    const constrained = root.subCa({
      name: 'Example',
      extensions: { nameConstraints: { permitted: [{ rfc822Name: 'example.org' }] } },
    });
    const leaf = leafOf(constrained, { address: 'boss@bank.example\0@example.org' });
    expect(codeOf(leaf, { untrusted: [constrained.certificate] })).toBe('name-not-permitted');
  });
});

describe('the codes of a path', () => {
  it('have one sentence each', () => {
    for (const { meaning } of Object.values(pathCodes)) expect(meaning).toMatch(/^[A-Z].*\.$/);
  });

  it('come with a sentence and the certificate that is at fault', () => {
    const sub = root.subCa({ name: 'Sub', notAfterMs: nowMs - 1 });
    const verdict = validatePath({
      certificate: leafOf(sub).certificate,
      untrusted: [sub.certificate],
      trustAnchors: [root.certificate],
      atMs: nowMs,
      purpose: 'any',
    });
    expect(verdict).toMatchObject({
      code: 'expired',
      certificate: sub.certificate,
      reason: 'A certificate has expired.',
    });
  });
});
