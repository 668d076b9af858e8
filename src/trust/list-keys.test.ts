import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { linesLog } from '../../test/kit/site.ts';
import { encryptPrivateKey } from '../pki/private-key.ts';
import { encryptionIdentity, ListKeyring, signingIdentity } from './list-keys.ts';

describe('the keys of a list', () => {
  let dir: string;
  let password: string | undefined;
  let log: ReturnType<typeof linesLog>;
  let keyring: ListKeyring;
  const ca = makeTestCa();
  const issue = (more: object = {}) =>
    ca.issue({ address: 'board@example.org', algorithm: 'rsa-2048', ...more });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'ssympa-keys-'));
    password = 'secret words';
    log = linesLog();
    keyring = new ListKeyring(() => password, log);
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  function install(pair: TestIdentity, suffix = '', mode = 0o600, withPassword = 'secret words') {
    writeFileSync(join(dir, `cert.pem${suffix}`), pair.certificatePem);
    const key = join(dir, `private_key${suffix}`);
    writeFileSync(key, encryptPrivateKey(pair.privateKey, withPassword), { mode });
    chmodSync(key, mode);
  }
  const codes = async () => (await keyring.keysOf(dir)).problems.map((problem) => problem.code);

  it('are none where there are no files, and come with them', async () => {
    expect(await keyring.keysOf(join(dir, 'gone'))).toMatchObject({ identities: [], problems: [] });
    expect((await keyring.keysOf(dir)).identities).toEqual([]);
    install(issue());
    expect((await keyring.keysOf(dir)).identities).toHaveLength(1);
  });

  it('are of any number of generations, the one for each use told by its name', async () => {
    const [plain, encrypting, signing] = [issue(), issue({ use: 'encrypt' }), issue({ use: 'sign' })];
    install(plain);
    install(issue(), '.2025');
    install(encrypting, '.enc');
    install(signing, '.sign');
    const keys = await keyring.keysOf(dir);
    expect(keys.identities.map((one) => one.generation)).toEqual(['', '.2025', '.enc', '.sign']);
    expect(encryptionIdentity(keys)!.certificate.sha256).toBe(encrypting.certificate.sha256);
    expect(signingIdentity(keys)!.certificate.sha256).toBe(signing.certificate.sha256);
  });

  it('are locked by a wrong pass phrase, and open when it is mended', async () => {
    const pair = issue();
    install(pair);
    password = 'another';
    expect(await codes()).toEqual(['key-password']);
    const { identities, lockedCertificates } = await keyring.keysOf(dir);
    expect(identities).toEqual([]);
    expect(lockedCertificates.map((one) => one.sha256)).toEqual([pair.certificate.sha256]);
    password = 'secret words';
    expect((await keyring.keysOf(dir)).identities).toHaveLength(1);
    expect(log.lines.join()).not.toMatch(/another|secret words/);
  });

  it('are not used while others may read them, and are as soon as they may not', async () => {
    install(issue(), '', 0o640);
    expect(await codes()).toEqual(['key-mode']);
    chmodSync(join(dir, 'private_key'), 0o600);
    expect((await keyring.keysOf(dir)).identities).toHaveLength(1);
  });

  it('are told apart when they do not belong together, are missing or are none', async () => {
    install(issue());
    writeFileSync(join(dir, 'cert.pem'), issue({ fresh: true }).certificatePem);
    writeFileSync(join(dir, 'cert.pem.2'), issue().certificatePem);
    install(issue(), '.3');
    writeFileSync(join(dir, 'private_key.3'), 'nothing');
    writeFileSync(join(dir, 'cert.pem.4'), 'nothing');
    expect(await codes()).toEqual([
      'key-certificate-mismatch',
      'key-missing',
      'key-unreadable',
      'certificate-unreadable',
    ]);
  });

  it('are read once while nothing changes, and again when a file does', async () => {
    install(issue());
    const keys = await keyring.keysOf(dir);
    expect(await keyring.keysOf(dir)).toBe(keys);
    const next = issue({ fresh: true });
    install(next);
    const renewed = await keyring.keysOf(dir);
    expect(renewed.identities[0]!.certificate.sha256).toBe(next.certificate.sha256);
  });
});
