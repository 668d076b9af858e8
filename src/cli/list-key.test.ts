import { createPublicKey } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { runCli } from '../../test/kit/cli.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { Openssl } from '../../test/kit/openssl.ts';
import { hasProgram } from '../../test/kit/programs.ts';
import { silentLog } from '../log.ts';
import type { Certificate } from '../pki/certificate.ts';
import { readCertificates } from '../pki/pem.ts';
import { parsePrivateKey } from '../pki/private-key.ts';
import { sha256Hex } from '../secrets.ts';
import { sealEntity } from '../smime/seal-entity.ts';
import { encryptionIdentity, ListKeyring, signingIdentity } from '../trust/list-keys.ts';

const board = 'board@example.org';

type PrivateKey = ReturnType<typeof parsePrivateKey>;

const pairOf = (privateKey: PrivateKey) => ({ privateKey, publicKey: createPublicKey(privateKey) });

function sealed(certificate: Certificate): Uint8Array {
  const sealer = sealEntity(Buffer.from('Content-Type: text/plain\r\n\r\nwords\r\n'), 'aes-256-cbc');
  const { head, tail } = sealer.copyFor(certificate);
  return Buffer.concat([Buffer.from(`From: ann@example.org\r\n${sealer.fields}\r\n`), head, tail]);
}

describe('ssympa list key', () => {
  let made: FolderSite;
  const ca = makeTestCa();

  beforeEach(async () => {
    made = await makeFolderSite(['cafile root.pem', 'key_passwd open sesame']);
    made.write('root.pem', ca.pem);
    await made.lists.create({ name: 'board', owners: ['ann@example.org'] });
  });
  afterEach(() => made.dispose());

  const key = (...args: readonly string[]) => runCli(['list', 'key', ...args], { cwd: made.dir });
  const folder = () => join(made.dir, 'expl/board');
  const names = () =>
    readdirSync(folder())
      .filter((name) => /cert|key|request/.test(name))
      .sort();
  const keys = () => new ListKeyring(() => 'open sesame', silentLog).keysOf(folder());

  /** What a CA does with a request: it certifies the public key. */
  function certify(more: object = {}) {
    const privateKey = parsePrivateKey(readFileSync(join(folder(), 'private_key.pending')), 'open sesame');
    const issued = ca.issue({ address: board, keys: pairOf(privateKey), ...more });
    writeFileSync(join(made.dir, 'issued.pem'), issued.certificatePem);
    return issued;
  }

  it('smimea writes the record of the certificate that is given out, as a line of a zone', async () => {
    await key('generate', 'board', '--self-signed', '--algorithm', 'p-256');
    const { certificate } = encryptionIdentity(await keys())!;
    const name = `${sha256Hex('board').slice(0, 56)}._smimecert.example.org`;
    const line = `${name}. IN SMIMEA 3 0 0 ${Buffer.from(certificate.der).toString('hex')}`;
    expect((await key('smimea', 'board')).stdout).toBe(`${line}\n`);
    const { stdout } = await key('smimea', 'board', '--json');
    expect(JSON.parse(stdout)).toEqual({ address: board, name, records: [line] });
  });

  it('smimea writes both records where one certificate encrypts and another signs', async () => {
    const uses = { enc: 'encrypt', sign: 'sign' } as const;
    const pairs = Object.entries(uses).map(([suffix, use]) => {
      const pair = ca.issue({ address: board, algorithm: 'ec-p256', use });
      made.write(`expl/board/cert.pem.${suffix}`, pair.certificatePem);
      writeFileSync(join(folder(), `private_key.${suffix}`), pair.privateKeyPem, { mode: 0o600 });
      return Buffer.from(pair.certificate.der).toString('hex');
    });
    const lines = (await key('smimea', 'board')).stdout.split('\n').slice(0, -1);
    expect(lines.map((line) => line.split(' ').at(-1))).toEqual(pairs);
  });

  it('smimea has nothing to write for a list without a key', async () => {
    expect(await key('smimea', 'board')).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('no key'),
    });
  });

  it('generate makes a key that waits and a request; install pairs the certificate with it', async () => {
    const generated = await key('generate', 'board', '--algorithm', 'p-256');
    expect(generated.stdout).toMatch(/^-----BEGIN CERTIFICATE REQUEST-----/);
    expect((await key('csr', 'board')).stdout).toBe(generated.stdout);
    expect(names()).toEqual(['private_key.pending', 'request.pem']);
    expect((await keys()).identities).toEqual([]);
    const issued = certify({ algorithm: 'ec-p256' });
    expect(await key('install', 'board', 'issued.pem')).toMatchObject({ code: 0, stderr: '' });
    expect(names()).toEqual(['cert.pem', 'private_key']);
    expect((await keys()).identities[0]!.certificate.sha256).toBe(issued.certificate.sha256);
  });

  it.skipIf(!hasProgram('openssl'))(
    'the request asks for the address and for mail, signed by its key',
    async () => {
      using openssl = new Openssl();
      const { stdout } = await key('generate', 'board', '--algorithm', 'p-384');
      const shown = openssl
        .must(['req', '-noout', '-verify', '-text', '-in', openssl.write(stdout)])
        .toString();
      expect(shown).toContain(`email:${board}`);
      expect(shown).toContain('E-mail Protection');
      expect(shown).toContain('secp384r1');
    },
  );

  it('generate writes over no key that waits, unless it is told to', async () => {
    const first = await key('generate', 'board', '--algorithm', 'p-256');
    expect((await key('generate', 'board', '--algorithm', 'p-256')).code).toBe(1);
    expect((await key('csr', 'board')).stdout).toBe(first.stdout);
    const again = await key('generate', 'board', '--algorithm', 'p-256', '--replace');
    expect((await key('csr', 'board')).stdout).toBe(again.stdout);
    expect((await key('generate', 'board', '--algorithm', 'rsa-512')).code).toBe(64);
  });

  it('install refuses what fails a check, or is of no key, and keeps the key waiting', async () => {
    expect((await key('install', 'board', 'root.pem')).code).toBe(1);
    await key('generate', 'board', '--algorithm', 'p-256');
    expect((await key('install', 'board', 'root.pem')).code).toBe(1);
    certify({ address: 'ann@example.org', algorithm: 'ec-p256' });
    expect((await key('install', 'board', 'issued.pem')).code).toBe(1);
    expect(names()).toEqual(['private_key.pending', 'request.pem']);
    expect((await key('install', 'board', 'issued.pem', '--accept', 'address-differs')).code).toBe(0);
  });

  it('install takes a renewed certificate of the key in use, and keeps the old one', async () => {
    await key('generate', 'board', '--self-signed', '--algorithm', 'p-256');
    const privateKey = parsePrivateKey(readFileSync(join(folder(), 'private_key')), 'open sesame');
    const issued = ca.issue({ address: board, keys: pairOf(privateKey), algorithm: 'ec-p256' });
    writeFileSync(join(made.dir, 'issued.pem'), issued.certificatePem);
    expect((await key('install', 'board', 'issued.pem')).code).toBe(1);
    expect((await key('install', 'board', 'issued.pem', '--replace')).code).toBe(0);
    const { identities, problems } = await keys();
    expect(problems).toEqual([]);
    expect(identities).toHaveLength(2);
    expect(identities[0]!.certificate.sha256).toBe(issued.certificate.sha256);
  });

  it('generate --self-signed installs at once what can sign and decrypt', async () => {
    expect(
      (await key('generate', 'board', '--self-signed', '--algorithm', 'p-256', '--days', '10')).code,
    ).toBe(0);
    const [certificate] = readCertificates(readFileSync(join(folder(), 'cert.pem')));
    expect(certificate!.notAfterMs - Date.now()).toBeLessThan(10 * 86_400_000 + 1_000);
    const found = await keys();
    expect(encryptionIdentity(found)).toBe(found.identities[0]);
    expect(signingIdentity(found)).toBe(found.identities[0]);
    expect((await key('generate', 'board', '--self-signed', '--algorithm', 'p-256')).code).toBe(1);
  });

  it('show tells what each key does, of a list and of the address that takes commands', async () => {
    await key('generate', 'board', '--self-signed', '--algorithm', 'p-256');
    await key('generate', 'board', '--self-signed', '--algorithm', 'p-256', '--replace');
    await key('generate', 'board', '--algorithm', 'p-256');
    const day = new Date().toISOString().slice(0, 10);
    expect(JSON.parse((await key('show', 'board', '--json')).stdout)).toMatchObject({
      address: board,
      keys: [
        { generation: 'current', roles: ['given out', 'signs', 'decrypts'], addresses: [board] },
        { generation: day, roles: ['decrypts'] },
      ],
      problems: [],
      pending: true,
    });
    expect((await key('show', 'board')).stdout).toMatch(/^current {5,}given out/m);
    expect((await key('generate', 'sympa', '--self-signed', '--algorithm', 'p-256')).code).toBe(0);
    expect(JSON.parse((await key('show', 'sympa@example.org', '--json')).stdout).keys).toHaveLength(1);
    expect((await key('show', 'sympa@other.example')).stdout).toBe('sympa@other.example has no key\n');
  });

  it('retire leaves a key that decrypts and does nothing else', async () => {
    await key('generate', 'board', '--self-signed', '--algorithm', 'p-256');
    expect((await key('retire', 'board', 'current')).code).toBe(0);
    const found = await keys();
    expect(found.problems).toEqual([]);
    expect(found.identities).toHaveLength(1);
    expect(encryptionIdentity(found)).toBeUndefined();
    expect(signingIdentity(found)).toBeUndefined();
    expect((await key('retire', 'board', 'current')).code).toBe(67);
    expect((await key('retire', 'board', '../x')).code).toBe(64);
  });

  it('retire says which replaced key comes back into service, or that none does', async () => {
    await key('generate', 'board', '--self-signed', '--algorithm', 'p-256');
    await key('generate', 'board', '--self-signed', '--algorithm', 'p-256', '--replace');
    const day = new Date().toISOString().slice(0, 10);
    const first = await key('retire', 'board', 'current');
    expect(first.stdout).toMatch(new RegExp(`^${day} \\(until [\\d-]+\\) is given out$`, 'm'));
    expect(first.stdout).toContain(`${day} came back into service: `);
    const second = await key('retire', 'board', day);
    expect(second.stdout).toContain('no certificate is given out');
    expect(second.stdout).toContain('no key signs');
    expect(second.stdout).not.toContain('came back');
  });

  it('retire --move-aside asks for a yes, and keeps a key that a stored message needs', async () => {
    await key('generate', 'board', '--self-signed', '--algorithm', 'rsa-2048');
    await key('generate', 'board', '--self-signed', '--algorithm', 'p-256', '--replace');
    const day = new Date().toISOString().slice(0, 10);
    const old = (await keys()).identities.find(({ generation }) => generation === `.${day}`)!;
    const raw = sealed(old.certificate);
    await made.store.messages.insert({
      id: '0001',
      kind: 'post',
      list: board,
      recipient: board,
      envelopeSender: 'ann@example.org',
      raw,
      size: raw.length,
      sha256: sha256Hex(raw),
      receivedAt: 1,
    });
    const aside = (...more: readonly string[]) => key('retire', 'board', day, '--move-aside', ...more);
    expect((await aside()).code).toBe(64);
    expect(await aside('--yes')).toMatchObject({ code: 1, stderr: expect.stringContaining('0001') });
    await made.store.messages.dropRaw('0001');
    expect((await aside('--yes')).code).toBe(0);
    expect(readdirSync(join(folder(), 'old-keys')).sort()).toEqual([`cert.pem.${day}`, `private_key.${day}`]);
    expect((await keys()).identities).toHaveLength(1);
  });
});
