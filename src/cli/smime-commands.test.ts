import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { runCli } from '../../test/kit/cli.ts';
import { makeFolderSite } from '../../test/kit/folder-site.ts';
import { encryptPrivateKey } from '../pki/private-key.ts';

const ca = makeTestCa();
const alice = ca.issue({ address: 'alice@example.org' });
const bob = ca.issue({ address: 'bob@example.org', algorithm: 'ec-p256' });
const message = 'From: alice@example.org\nSubject: plans\nContent-Type: text/plain\n\nThe canary sings.\n';
const content = 'Content-Type: text/plain\r\n\r\nThe canary sings.\r\n';
const aliceKey = ['--key', 'alice.key', '--cert', 'alice.pem'];
const bobKey = ['--key', 'bob.key', '--cert', 'bob.pem'];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssympa-smime-'));
  const files: Readonly<Record<string, string | Uint8Array>> = {
    'mail.eml': message,
    'ca.pem': ca.pem,
    'ca.der': ca.certificate.der,
    'alice.pem': `${alice.certificatePem}${ca.pem}`,
    'alice.key': alice.privateKeyPem,
    'locked.key': encryptPrivateKey(alice.privateKey, 'open sesame'),
    password: 'open sesame\nand more\n',
    'wrong-password': 'sesame\n',
    'bob.pem': bob.certificatePem,
    'bob.key': bob.privateKeyPem,
    'both.pem': `${alice.privateKeyPem}${alice.certificatePem}${bob.privateKeyPem}${bob.certificatePem}`,
    'crl.pem': ca.crlPem({ revoked: [alice] }),
    'words.txt': 'no message\n',
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  await save('signed.eml', ['smime', 'sign', 'mail.eml', ...aliceKey]);
  await save('sealed.eml', [
    'smime',
    'seal',
    'signed.eml',
    '--recipient',
    'bob.pem',
    '--cipher',
    'aes-256-gcm',
  ]);
});

afterAll(() => rm(folder, { recursive: true }));

const ssympa = (...args: readonly string[]) => runCli(args, { cwd: folder });

async function save(name: string, args: readonly string[]): Promise<void> {
  const { code, bytes, stderr } = await ssympa(...args);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  await writeFile(join(folder, name), bytes);
}

async function inspect(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await ssympa('smime', 'inspect', ...args, '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('ssympa smime sign and seal', () => {
  it('leave the fields of the message outside and put its content inside', async () => {
    const { stdout } = await ssympa('smime', 'seal', 'mail.eml', '--recipient', 'alice.pem');
    expect(stdout).toMatch(
      /^From: alice@example.org\r\nSubject: plans\r\nMIME-Version: 1.0\r\nContent-Type: application\/pkcs7-mime;/,
    );
    expect(stdout).not.toContain('text/plain');
    expect(stdout.split('\r\n').every((line) => line.length <= 76)).toBe(true);
  });

  it('seal with AES-256-CBC unless told otherwise, to several at once', async () => {
    await save('two.eml', [
      'smime',
      'seal',
      'mail.eml',
      '--recipient',
      'alice.pem',
      '--recipient',
      'bob.pem',
    ]);
    for (const key of [aliceKey, bobKey]) {
      expect((await inspect('two.eml', ...key)).decryption).toMatchObject({
        status: 'opened',
        contentEncryption: 'aes-256-cbc',
      });
      expect((await ssympa('smime', 'open', 'two.eml', ...key)).stdout).toBe(content);
    }
  });

  it('find the file behind the recipients', async () => {
    const { code } = await ssympa('smime', 'seal', '--recipient', 'alice.pem', 'bob.pem', 'mail.eml');
    expect(code).toBe(0);
  });

  it('sign in clear or opaque form', async () => {
    await save('opaque.eml', ['smime', 'sign', 'mail.eml', ...aliceKey, '--opaque']);
    expect(await inspect('opaque.eml', '--cafile', 'ca.pem')).toMatchObject({ kind: 'opaque-signed' });
    expect(await inspect('signed.eml', '--cafile', 'ca.pem')).toMatchObject({ kind: 'clear-signed' });
  });

  it.each([
    [['seal', 'mail.eml'], 64],
    [['seal', 'mail.eml', '--recipient', 'missing.pem'], 66],
    [['seal', 'mail.eml', '--recipient', 'words.txt'], 65],
    [['seal', 'mail.eml', '--recipient', 'ca.pem'], 65],
    [['seal', 'mail.eml', '--recipient', 'bob.pem', '--cipher', 'rot13'], 64],
    [['seal', 'words.txt', '--recipient', 'bob.pem'], 65],
    [['sign', 'mail.eml'], 64],
    [['sign', 'mail.eml', '--key', 'alice.key', '--cert', 'bob.pem'], 65],
    [['sign', 'mail.eml', '--key', 'locked.key', '--cert', 'alice.pem'], 65],
  ])('answer smime %j with %i', async (args, code) => {
    const result = await ssympa('smime', ...args);
    expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(/^ssympa: error: /) });
  });
});

describe('ssympa smime inspect', () => {
  it('judges by the anchors named, PEM or DER', async () => {
    for (const file of ['ca.pem', 'ca.der'])
      expect(await inspect('sealed.eml', ...bobKey, '--cafile', file)).toMatchObject({
        kind: 'auth-enveloped',
        signature: { status: 'valid', code: null, reason: null },
        senderMatches: true,
        authenticationMethod: 'smime',
      });
  });

  it('trusts nobody without anchors and without a site', async () => {
    expect(await inspect('signed.eml')).toMatchObject({
      signature: { status: 'untrusted', code: 'no-trust-anchors' },
      authenticationMethod: 'smtp',
    });
  });

  it('takes lists of revoked certificates, and another time', async () => {
    expect(await inspect('signed.eml', '--cafile', 'ca.pem', '--crl', 'crl.pem')).toMatchObject({
      signature: { status: 'untrusted', code: 'revoked' },
    });
    expect(await inspect('signed.eml', '--cafile', 'ca.pem', '--at', '2001-01-01T00:00:00Z')).toMatchObject({
      signature: { status: 'untrusted', code: 'not-yet-valid' },
    });
  });

  it('opens keys with the first line of a password file', async () => {
    await save('to-alice.eml', ['smime', 'seal', 'mail.eml', '--recipient', 'alice.pem']);
    const locked = ['to-alice.eml', '--key', 'locked.key', '--cert', 'alice.pem'];
    expect((await inspect(...locked, '--password-file', 'password')).decryption).toMatchObject({
      status: 'opened',
    });
    expect(await ssympa('smime', 'inspect', ...locked, '--password-file', 'wrong-password')).toMatchObject({
      code: 65,
    });
  });

  it('takes several pairs out of one file', async () => {
    expect((await inspect('sealed.eml', '--key', 'both.pem')).decryption).toMatchObject({ status: 'opened' });
  });

  it('reads standard input, and prints words for people', async () => {
    const { stdout, code } = await runCli(['smime', 'inspect', '-'], { cwd: folder, stdin: message });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^kind +none$/m);
  });

  it.each([
    [['words.txt'], 65],
    [['missing.eml'], 66],
    [['mail.eml', '--cafile', 'missing.pem'], 66],
    [['mail.eml', '--cafile', 'words.txt'], 65],
    [['mail.eml', '--at', 'yesterday'], 64],
    [[], 64],
  ])('answers %j with %i', async (args, code) => {
    expect((await ssympa('smime', 'inspect', ...args)).code).toBe(code);
  });
});

describe('ssympa smime open', () => {
  it('writes the innermost content, through all layers', async () => {
    expect(await ssympa('smime', 'open', 'sealed.eml', ...bobKey)).toMatchObject({
      code: 0,
      stdout: content,
    });
    expect(await ssympa('smime', 'open', 'signed.eml')).toMatchObject({ code: 0, stdout: content });
  });

  it('writes nothing and answers 1 where the message cannot be decrypted', async () => {
    expect(await ssympa('smime', 'open', 'sealed.eml')).toMatchObject({ code: 1, stdout: '' });
    expect(await ssympa('smime', 'open', 'sealed.eml', ...aliceKey)).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('the keys of a list', () => {
  it('open its mail, and the anchors of the site judge it', async () => {
    const site = await makeFolderSite([`cafile ${join(folder, 'ca.pem')}`]);
    try {
      const list = await site.lists.create({
        name: 'plans',
        owners: ['ann@example.org'],
        subject: 'Our plans',
      });
      await writeFile(join(list.directory, 'cert.pem'), bob.certificatePem);
      await writeFile(join(list.directory, 'private_key'), bob.privateKeyPem, { mode: 0o600 });
      const file = join(folder, 'sealed.eml');
      const inside = (...args: readonly string[]) => runCli(args, { cwd: site.dir });
      const { stdout } = await inside('smime', 'inspect', file, '--list', 'plans', '--json');
      expect(JSON.parse(stdout)).toMatchObject({
        decryption: { status: 'opened' },
        authenticationMethod: 'smime',
      });
      expect(await inside('smime', 'open', file, '--list', 'plans')).toMatchObject({
        code: 0,
        stdout: content,
      });
      expect(await inside('smime', 'open', file, '--list', 'other')).toMatchObject({ code: 67, stdout: '' });
    } finally {
      await site.dispose();
    }
  });
});
