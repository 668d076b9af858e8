import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { hasProgram, requireProgram } from '../../test/kit/programs.ts';
import { PkiError } from './error.ts';
import { createPkcs12, openPkcs12 } from './pkcs12.ts';
import { bmpPassword, derivePkcs12, pkcs12Purposes } from './pkcs12-kdf.ts';

const ca = makeTestCa();
const alice = ca.issue({ address: 'alice@example.org', algorithm: 'ec-p256' });
const made = createPkcs12({
  key: alice.privateKey,
  certificates: [alice.certificate, ca.certificate],
  friendlyName: 'Älice ☺',
  password: 'päss',
});

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof PkiError) return error.code;
    throw error;
  }
}

describe('a PKCS#12 file', () => {
  it('opens with what was put in', () => {
    const opened = openPkcs12(made, 'päss');
    expect(opened.certificates.map(({ sha256 }) => sha256)).toEqual([
      alice.certificate.sha256,
      ca.certificate.sha256,
    ]);
    expect(opened.keys).toHaveLength(1);
    expect(opened.keys[0]!.key.equals(alice.privateKey)).toBe(true);
    expect(opened.keys[0]!.friendlyName).toBe('Älice ☺');
    expect(opened.keys[0]!.localKeyId).toBe(opened.certificateBags[0]!.localKeyId);
    expect(opened.certificateBags[1]!.localKeyId).toBeUndefined();
  });

  it('may hold certificates alone', () => {
    const file = createPkcs12({ certificates: [ca.certificate], password: '' });
    expect(openPkcs12(file, '')).toMatchObject({
      keys: [],
      certificates: [{ sha256: ca.certificate.sha256 }],
    });
    expect(openPkcs12(file, undefined).certificates).toHaveLength(1);
  });

  it('does not open with another password, or without one', () => {
    expect(codeOf(() => openPkcs12(made, 'pass'))).toBe('wrong-password');
    expect(codeOf(() => openPkcs12(made, ''))).toBe('wrong-password');
    expect(codeOf(() => openPkcs12(made, undefined))).toBe('password-needed');
  });

  it.each([
    ['nothing', new Uint8Array(), 'asn1-truncated'],
    ['a certificate', ca.certificate.der, 'asn1-type'],
    ['a key', Uint8Array.of(0x30, 3, 2, 1, 0), 'bad-pkcs12'],
  ])('is not %s', (_what, bytes, code) => {
    expect(codeOf(() => openPkcs12(bytes, 'x'))).toBe(code);
  });

  it('with any byte changed opens or is refused with a code', () => {
    // One round of derivation, so that many can be tried: what is changed is not the strength but the structure.
    fc.assert(
      fc.property(fc.nat(Math.min(made.length, 120)), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const copy = Uint8Array.from(made);
        copy[at]! ^= change;
        codeOf(() => openPkcs12(copy, 'päss'));
      }),
      { numRuns: 100 },
    );
  });
});

describe('the derivation of PKCS#12', () => {
  it('gives keys that a second block depends on', () => {
    const salt = Uint8Array.from(Buffer.from('0a58cf64530d823f', 'hex'));
    const key = derivePkcs12('sha1', pkcs12Purposes.key, bmpPassword('smeg'), salt, 1, 24);
    expect(Buffer.from(key).toString('hex')).toBe('8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3');
    const iv = derivePkcs12('sha1', pkcs12Purposes.iv, bmpPassword('smeg'), salt, 1, 8);
    expect(Buffer.from(iv).toString('hex')).toBe('79993dfe048d3b76');
  });
});

describe.skipIf(!hasProgram('openssl'))('PKCS#12 between us and openssl', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ssympa-p12-'));
    writeFileSync(join(folder, 'key.pem'), alice.privateKeyPem);
    writeFileSync(join(folder, 'cert.pem'), alice.certificatePem);
    writeFileSync(join(folder, 'made.p12'), made);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  function openssl(...args: string[]): string {
    return execFileSync(requireProgram('openssl'), args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  it('opens there what we make', () => {
    const text = openssl('pkcs12', '-in', 'made.p12', '-passin', 'pass:päss', '-nodes');
    expect(text).toContain('BEGIN PRIVATE KEY');
    expect(text.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  });

  it.each([
    ['as it is by default', [], false],
    [
      'with SHA-512 and another cipher',
      ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-192-CBC', '-macalg', 'sha512'],
      false,
    ],
    ['with 3DES', ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'], true],
    ['with 3DES of two keys', ['-keypbe', 'PBE-SHA1-2DES', '-certpbe', 'PBE-SHA1-2DES'], true],
    ['without encryption', ['-keypbe', 'NONE', '-certpbe', 'NONE'], false],
    ['without a MAC', ['-nomac'], false],
  ])('opens here what it makes %s', (_what, args, isLegacy) => {
    openssl(
      'pkcs12',
      '-export',
      '-inkey',
      'key.pem',
      '-in',
      'cert.pem',
      '-out',
      'x.p12',
      '-passout',
      'pass:päss',
      ...args,
    );
    const bytes = readFileSync(join(folder, 'x.p12'));
    expect(openPkcs12(bytes, 'päss', { legacy: true }).keys[0]!.key.equals(alice.privateKey)).toBe(true);
    expect(codeOf(() => openPkcs12(bytes, 'päss'))).toBe(isLegacy ? 'weak-encryption' : undefined);
  });

  it('opens here what old programs make: RC2 of 40 bits', () => {
    openssl(
      ...[
        'pkcs12',
        '-export',
        '-inkey',
        'key.pem',
        '-in',
        'cert.pem',
        '-out',
        'rc2.p12',
        '-passout',
        'pass:päss',
        '-legacy',
      ],
    );
    const bytes = readFileSync(join(folder, 'rc2.p12'));
    expect(openPkcs12(bytes, 'päss', { legacy: true }).certificates[0]!.sha256).toBe(
      alice.certificate.sha256,
    );
  });
});
