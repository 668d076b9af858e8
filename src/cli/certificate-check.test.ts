import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { runCli } from '../../test/kit/cli.ts';

const ca = makeTestCa({ name: 'Root' });
const sub = ca.subCa({ name: 'Sub' });
const alice = sub.issue({ address: 'alice@example.org', algorithm: 'ec-p256' });
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssympa-check-'));
  writeFileSync(join(folder, 'root.pem'), ca.pem);
  writeFileSync(join(folder, 'sub.der'), sub.certificate.der);
  writeFileSync(join(folder, 'alice.pem'), alice.certificatePem);
  writeFileSync(join(folder, 'chain.pem'), alice.certificatePem + sub.pem);
  writeFileSync(join(folder, 'good.crl'), ca.crl());
  writeFileSync(join(folder, 'revoked.crl'), sub.crlPem({ revoked: [alice] }));
  writeFileSync(join(folder, 'current.crl'), sub.crlPem());
});

afterAll(() => rmSync(folder, { recursive: true }));

function check(...args: readonly string[]) {
  return runCli(['certificate', 'check', ...args], { cwd: folder });
}

const trusted = ['--cafile', 'root.pem', '--untrusted', 'sub.der'] as const;

describe('certificate check', () => {
  it('says that a path holds, and what the certificate is for', async () => {
    const { code, stdout } = await check('alice.pem', '--json', ...trusted);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      status: 'valid',
      code: null,
      reason: null,
      path: ['CN=alice', 'CN=Sub', 'CN=Root'],
      addresses: ['alice@example.org'],
      purposes: ['sign', 'encrypt'],
      notAfter: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
  });

  it('takes the other certificates of the file for its path', async () => {
    expect((await check('chain.pem', '--cafile', 'root.pem')).code).toBe(0);
    expect((await check('alice.pem', '--cafile', 'root.pem')).code).toBe(1);
  });

  it('says in one sentence why a path does not hold', async () => {
    const { code, stdout } = await check('alice.pem', '--json', ...trusted, '--at', '2050-01-01');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'invalid',
      code: 'expired',
      reason: 'A certificate has expired.',
    });
    const text = await check('alice.pem', ...trusted, '--at', '2050-01-01');
    expect(text.stdout).toContain('invalid (expired)');
    expect(text.code).toBe(1);
  });

  it.each([
    [['--crl', 'revoked.crl'], 'revoked'],
    [['--crl', 'current.crl'], null],
    [['--crl-check'], 'no-usable-crl'],
    [['--crl-check', '--crl', 'good.crl', '--crl', 'current.crl'], null],
    [['--purpose', 'clientauth'], 'wrong-purpose'],
    [['--purpose', 'smimeencrypt'], null],
    [['--explicit-policy'], 'no-explicit-policy'],
    [
      ['--policy', '1.2.3', '--explicit-policy', '--inhibit-policy-mapping', '--inhibit-any-policy'],
      'no-explicit-policy',
    ],
    [['--legacy'], null],
  ])('with %j answers %s', async (args, expected) => {
    const { code, stdout } = await check('alice.pem', '--json', ...trusted, ...args);
    expect(JSON.parse(stdout).code).toBe(expected);
    expect(code).toBe(expected === null ? 0 : 1);
  });

  it('trusts nobody by itself', async () => {
    const { code, stdout } = await check('alice.pem', '--json', '--untrusted', 'root.pem');
    expect(JSON.parse(stdout).code).toBe('no-trust-anchors');
    expect(code).toBe(1);
  });

  it.each([
    [['good.crl', ...trusted], 65],
    [['missing.pem', ...trusted], 66],
    [['alice.pem', '--purpose', 'fun'], 64],
    [['alice.pem', '--policy', 'x'], 64],
    [['alice.pem', '--at', 'soon'], 64],
    [[], 64],
  ])('with %j ends with %s', async (args, expected) => {
    const { code, stderr, stdout } = await check(...args);
    expect(code).toBe(expected);
    expect(stderr).toContain('ssympa: error: ');
    expect(stdout).toBe('');
  });
});
