import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { runCli } from '../../test/kit/cli.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { Openssl } from '../../test/kit/openssl.ts';
import { hasProgram } from '../../test/kit/programs.ts';
import { silentLog } from '../log.ts';
import type { Certificate } from '../pki/certificate.ts';
import { oids } from '../pki/oid.ts';
import { readCertificates } from '../pki/pem.ts';
import { createPkcs12 } from '../pki/pkcs12.ts';
import { parsePrivateKey } from '../pki/private-key.ts';
import { ListKeyring } from '../trust/list-keys.ts';

const board = 'board@example.org';

describe('ssympa p12topem', () => {
  let made: FolderSite;
  const ca = makeTestCa();
  const middle = ca.subCa({ name: 'Middle CA' });
  const issue = (more: object = {}) => middle.issue({ address: board, algorithm: 'rsa-2048', ...more });

  beforeEach(async () => {
    made = await makeFolderSite(['cafile root.pem', 'key_passwd open sesame']);
    made.write('root.pem', ca.pem);
    made.write('password', 'secret\n');
    await made.lists.create({ name: 'board', owners: ['ann@example.org'] });
  });
  afterEach(() => made.dispose());

  function file(pair: TestIdentity, chain: readonly Certificate[] = [middle.certificate, ca.certificate]) {
    const certificates = [pair.certificate, ...chain];
    writeFileSync(
      join(made.dir, 'pair.p12'),
      createPkcs12({ key: pair.privateKey, certificates, password: 'secret' }),
    );
    return 'pair.p12';
  }
  const run = (...args: readonly string[]) =>
    runCli(['p12topem', '--password-file', 'password', ...args], { cwd: made.dir });
  const install = (...args: readonly string[]) => run('--listname', 'board', ...args);
  const folder = () => join(made.dir, 'expl/board');
  const names = () =>
    readdirSync(folder())
      .filter((name) => /cert|key/.test(name))
      .sort();
  const text = (name: string) => readFileSync(join(folder(), name));
  const keysOf = (directory = folder()) =>
    new ListKeyring(() => made.site.conf.key_passwd, silentLog).keysOf(directory);

  it('writes the certificate, the intermediates behind it, and the key under key_passwd for its owner alone', async () => {
    const pair = issue();
    expect(await install(file(pair))).toMatchObject({ code: 0, stderr: '' });
    expect(readCertificates(text('cert.pem')).map(({ sha256 }) => sha256)).toEqual([
      pair.certificate.sha256,
      middle.certificate.sha256,
    ]);
    expect(statSync(join(folder(), 'private_key')).mode & 0o777).toBe(0o600);
    expect(text('private_key').toString()).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    expect(parsePrivateKey(text('private_key'), 'open sesame').equals(pair.privateKey)).toBe(true);
    expect(await keysOf()).toMatchObject({ identities: [{ generation: '' }], problems: [] });
  });

  it('takes the file by --pkcs12 as well, and shows its help for -help', async () => {
    expect((await install('--pkcs12', file(issue()))).code).toBe(0);
    const help = await runCli(['p12topem', '-help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('--listname');
  });

  it.each<[string, () => TestIdentity]>([
    ['address-differs', () => issue({ address: 'ann@example.org' })],
    ['not-for-mail', () => issue({ eku: [oids.serverAuth] })],
    ['not-for-mail', () => issue({ use: 'sign' })],
    ['not-in-time', () => issue({ notAfterMs: Date.now() - 60_000 })],
    ['weak-key', () => issue({ algorithm: 'rsa-1024' })],
    ['not-trusted', () => makeTestCa({ name: 'Stranger' }).issue({ address: board })],
  ])('refuses a pair with the fault %s and writes nothing, unless the fault is accepted', async (code, make) => {
    const p12 = file(make());
    const refused = await install(p12);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(`ssympa: error: ${code}: `);
    expect(refused.stderr).toContain(`--accept ${code}`);
    expect(names()).toEqual([]);
    expect((await install(p12, '--accept', code)).code).toBe(0);
    expect(names()).toEqual(['cert.pem', 'private_key']);
  });

  it('accepts no fault but the one that was named', async () => {
    const p12 = file(makeTestCa().issue({ address: 'ann@example.org' }));
    expect(await install(p12, '--accept', 'not-trusted')).toMatchObject({
      code: 1,
      stderr: expect.not.stringContaining('not-trusted'),
    });
    expect((await install(p12, '--accept', 'nonsense')).code).toBe(64);
    expect(names()).toEqual([]);
  });

  it('refuses a key without its certificate', async () => {
    const other = issue({ fresh: true });
    const bytes = createPkcs12({
      key: issue().privateKey,
      certificates: [other.certificate],
      password: 'secret',
    });
    writeFileSync(join(made.dir, 'pair.p12'), bytes);
    expect((await install('pair.p12')).code).toBe(1);
    expect(names()).toEqual([]);
  });

  it('asks for no chain while the site has no anchors', async () => {
    made.write('sympa.conf', 'domain example.org\nlistmaster root@example.org\n');
    const p12 = file(makeTestCa().issue({ address: board }), []);
    expect((await install(p12)).code).toBe(0);
    expect(text('private_key').toString()).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });

  it('never writes over a pair, and makes it a generation with --replace, so that old mail stays readable', async () => {
    const [first, second, third] = [issue(), issue({ fresh: true }), issue({ fresh: true })];
    await install(file(first));
    const before = text('private_key');
    expect((await install(file(second))).code).toBe(1);
    expect(text('private_key')).toEqual(before);
    const replaced = await install(file(second), '--replace', '--json');
    const day = new Date().toISOString().slice(0, 10);
    expect(JSON.parse(replaced.stdout)).toMatchObject({
      address: board,
      sha256: second.certificate.sha256,
      generation: `.${day}`,
    });
    await install(file(third), '--replace');
    const { identities, problems } = await keysOf();
    expect(problems).toEqual([]);
    expect(identities.map(({ certificate, generation }) => [generation, certificate.sha256])).toEqual([
      ['', third.certificate.sha256],
      [`.${day}`, first.certificate.sha256],
      [`.${day}-2`, second.certificate.sha256],
    ]);
  });

  it('installs split pairs under their suffixes', async () => {
    expect((await install(file(issue({ use: 'encrypt' })), '--for', 'enc')).code).toBe(0);
    expect((await install(file(issue({ use: 'sign' })), '--for', 'sign')).code).toBe(0);
    expect(names()).toEqual(['cert.pem.enc', 'cert.pem.sign', 'private_key.enc', 'private_key.sign']);
  });

  it('says what signs and what is given out, and that a new pair does neither beside split ones', async () => {
    await install(file(issue({ use: 'encrypt' })), '--for', 'enc');
    await install(file(issue({ use: 'sign' })), '--for', 'sign');
    const { code, stdout } = await install(file(issue()));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^enc \(until [\d-]+\) is given out$/m);
    expect(stdout).toMatch(/^sign \(until [\d-]+\) signs$/m);
    expect(stdout).toMatch(/^current is neither given out nor signs: .*--for enc/m);
    const again = await install(file(issue({ fresh: true })), '--replace', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ roles: ['decrypts'] });
  });

  it('says that a certificate for encryption alone never signs', async () => {
    const { stdout } = await install(file(issue({ use: 'encrypt' })));
    expect(stdout).toContain('the certificate of current may be used to encrypt alone\n');
    expect(stdout).toContain('no key signs: ');
    expect(stdout).not.toContain('neither');
  });

  it('installs the key of the address that takes commands, in each domain', async () => {
    const site = issue({ address: 'sympa@example.org' });
    expect((await run('--robot', 'example.org', file(site))).code).toBe(0);
    const other = issue({ address: 'sympa@other.example' });
    expect((await run('--robot', 'other.example', file(other))).code).toBe(0);
    expect(existsSync(join(made.dir, 'expl/other.example/sympa/private_key'))).toBe(true);
    expect((await keysOf(join(made.dir, 'expl/sympa'))).identities).toHaveLength(1);
    expect((await run('--robot', 'nowhere.example', file(site))).code).toBe(67);
  });

  it.each([
    [['--listname', 'board'], 64],
    [['pair.p12'], 64],
    [['--listname', 'nobody', 'pair.p12'], 67],
    [['--listname', 'board', 'gone.p12'], 66],
    [['--listname', 'board', 'root.pem'], 65],
  ])('refuses the command line %j with exit code %i', async (args, code) => {
    file(issue());
    expect((await run(...args)).code).toBe(code);
  });

  it('opens no file with a wrong password, and names none in its error', async () => {
    made.write('password', 'wrong words\n');
    const refused = await install(file(issue()));
    expect(refused.code).toBe(65);
    expect(refused.stderr).not.toMatch(/wrong words|secret/);
    const without = await runCli(['p12topem', '--listname', 'board', 'pair.p12'], { cwd: made.dir });
    expect(without).toMatchObject({ code: 65, stderr: expect.stringContaining('--password-file') });
  });

  it.skipIf(!hasProgram('openssl'))('reads RC2 and 3DES with --legacy only', async () => {
    using openssl = new Openssl();
    const pair = issue();
    const pem = openssl.write(pair.privateKeyPem + pair.certificatePem + middle.certificatePem);
    const p12 = join(made.dir, 'old.p12');
    openssl.must(['pkcs12', '-export', '-legacy', '-in', pem, '-out', p12, '-passout', 'pass:secret']);
    expect(await install(p12)).toMatchObject({ code: 65, stderr: expect.stringContaining('--legacy') });
    expect((await install(p12, '--legacy')).code).toBe(0);
  });
});
