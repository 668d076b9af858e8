import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type KeyAlgorithm, makeKeys, makeTestCa } from '../../test/kit/ca.ts';
import { hasProgram, requireProgram } from '../../test/kit/programs.ts';
import { PkiError } from './error.ts';
import { formatPem } from './pem.ts';
import {
  encryptPrivateKey,
  exportPrivateKey,
  keyMatchesCertificate,
  parsePrivateKey,
} from './private-key.ts';

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
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

const { privateKey } = makeKeys('rsa-2048');
const ec = makeKeys('ec-p256').privateKey;

describe('a private key', () => {
  it.each([
    ['PKCS#8 in PEM', utf8(formatPem('PRIVATE KEY', exportPrivateKey(privateKey)))],
    ['PKCS#8 in DER', exportPrivateKey(privateKey)],
    ['PKCS#1 in PEM', utf8(privateKey.export({ format: 'pem', type: 'pkcs1' }) as string)],
    ['PKCS#1 in DER', new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs1' }))],
    [
      'text around it',
      utf8(`Key Attributes: <none>\n${formatPem('PRIVATE KEY', exportPrivateKey(privateKey))}x`),
    ],
    ['a password that is not needed', utf8(formatPem('PRIVATE KEY', exportPrivateKey(privateKey))), 'x'],
  ])('is read: %s', (_what, bytes, password?: string) => {
    expect(parsePrivateKey(bytes, password).equals(privateKey)).toBe(true);
  });

  it.each(['pem', 'der'] as const)('is read: SEC 1 in %s', (format) => {
    const bytes = ec.export({ format: format as 'der', type: 'sec1' });
    expect(parsePrivateKey(typeof bytes === 'string' ? utf8(bytes) : new Uint8Array(bytes)).equals(ec)).toBe(
      true,
    );
  });

  it.each([
    ['PKCS#8 by us', utf8(encryptPrivateKey(privateKey, 'päss'))],
    [
      'PKCS#8 in DER',
      new Uint8Array(
        privateKey.export({ format: 'der', type: 'pkcs8', cipher: 'aes-128-cbc', passphrase: 'päss' }),
      ),
    ],
    [
      'the old form',
      utf8(
        privateKey.export({
          format: 'pem',
          type: 'pkcs1',
          cipher: 'aes-256-cbc',
          passphrase: 'päss',
        }) as string,
      ),
    ],
  ])('is decrypted: %s', (_what, bytes) => {
    expect(parsePrivateKey(bytes, 'päss').equals(privateKey)).toBe(true);
    expect(codeOf(() => parsePrivateKey(bytes, 'wrong'))).toBe('wrong-password');
    expect(codeOf(() => parsePrivateKey(bytes, ''))).toBe('wrong-password');
    expect(codeOf(() => parsePrivateKey(bytes))).toBe('password-needed');
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['a text', utf8('no key')],
    ['a certificate', utf8(makeTestCa().pem)],
    ['rubbish in PEM', utf8(formatPem('PRIVATE KEY', Uint8Array.of(1, 2, 3)))],
    ['rubbish in DER', Uint8Array.of(0x30, 3, 2, 1, 0)],
    ['too many bytes', new Uint8Array(1_048_577).fill(0x30)],
  ])('is not: %s', (_what, bytes) => {
    expect(codeOf(() => parsePrivateKey(bytes))).toBe('bad-key');
  });

  it('never shows itself or its password in an error', () => {
    const bytes = utf8(encryptPrivateKey(privateKey, 'päss'));
    try {
      parsePrivateKey(bytes, 'the wrong secret');
      expect.unreachable();
    } catch (error) {
      expect(String(error) + JSON.stringify(error)).not.toContain('secret');
    }
  });

  it.each<KeyAlgorithm>([
    'rsa-2048',
    'rsa-pss-2048',
    'ec-p256',
    'ec-p384',
    'ec-p521',
    'ed25519',
    'ed448',
    'x25519',
  ])('of the kind %s belongs to its certificate and to no other', (algorithm) => {
    const ca = makeTestCa();
    const one = ca.issue({ address: 'a@example.org', algorithm, fresh: true });
    const other = ca.issue({ address: 'a@example.org', algorithm, fresh: true });
    expect(keyMatchesCertificate(one.privateKey, one.certificate)).toBe(true);
    expect(keyMatchesCertificate(other.privateKey, one.certificate)).toBe(false);
    expect(keyMatchesCertificate(one.publicKey, one.certificate)).toBe(false);
    expect(
      keyMatchesCertificate(ec, ca.issue({ address: 'a@example.org', algorithm: 'rsa-2048' }).certificate),
    ).toBe(false);
    // What the comparison leaves behind must not harm the next call.
    expect(parsePrivateKey(utf8(one.privateKeyPem)).equals(one.privateKey)).toBe(true);
  });
});

describe.skipIf(!hasProgram('openssl'))('a private key that we encrypt', () => {
  it('opens with openssl', () => {
    const args = ['pkcs8', '-passin', 'pass:secret', '-topk8', '-nocrypt'];
    const input = encryptPrivateKey(ec, 'secret');
    const output = execFileSync(requireProgram('openssl'), args, { input, encoding: 'utf8' });
    expect(parsePrivateKey(utf8(output)).equals(ec)).toBe(true);
  });
});
