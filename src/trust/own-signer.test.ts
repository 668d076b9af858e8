import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { silentLog } from '../log.ts';
import { encryptPrivateKey } from '../pki/private-key.ts';
import { ListKeyring } from './list-keys.ts';
import { certificatesToGive, ownSigning } from './own-signer.ts';

const address = 'board@example.org';
const nowMs = Date.now();
const dayMs = 86_400_000;
const ca = makeTestCa({ notBeforeMs: nowMs - 900 * dayMs });

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ssympa-own-signer-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const parts = () => ({ keyring: new ListKeyring(() => 'wrong', silentLog), clock: { now: () => nowMs } });
const signing = () => ownSigning({ address, directory }, parts());
const given = () => certificatesToGive({ address, directory }, parts());

function put(pair: TestIdentity, suffix = '', more = ''): TestIdentity {
  writeFileSync(join(directory, `cert.pem${suffix}`), `${pair.certificatePem}${more}`);
  writeFileSync(join(directory, `private_key${suffix}`), pair.privateKeyPem, { mode: 0o600 });
  return pair;
}
const issue = (more: Partial<Parameters<typeof ca.issue>[0]> = {}) => ca.issue({ address, ...more });

describe('the pair that signs for a list', () => {
  it('is none where the folder has none', async () => {
    expect(await signing()).toEqual({ status: 'no-key' });
    expect(await given()).toEqual([]);
  });

  it.each(['rsa-2048', 'ec-p256', 'ec-p384'] as const)('may be %s', async (algorithm) => {
    const { certificate } = put(issue({ algorithm }));
    expect(await signing()).toMatchObject({
      status: 'signs',
      signer: { certificate: { sha256: certificate.sha256 } },
    });
  });

  it('names the certificate to encrypt to, where that is another', async () => {
    put(issue({ use: 'sign' }), '.sign');
    const { certificate } = put(issue({ use: 'encrypt' }), '.enc');
    const found = await signing();
    expect(found.status === 'signs' && found.signer.encryptionCertificate?.sha256).toBe(certificate.sha256);
    expect((await given()).map(({ sha256 }) => sha256)).toEqual([certificate.sha256]);
  });

  it('is none where the only pair is for encryption: nothing is wrong with that', async () => {
    put(issue({ use: 'encrypt' }), '.enc');
    expect(await signing()).toEqual({ status: 'no-key' });
    expect(await given()).toHaveLength(1);
  });

  it('is the one that is valid now, when another has expired', async () => {
    put(issue({ notBeforeMs: nowMs - 800 * dayMs, notAfterMs: nowMs - dayMs }));
    const { certificate } = put(issue(), '.2026');
    expect(await signing()).toMatchObject({
      status: 'signs',
      signer: { certificate: { sha256: certificate.sha256 } },
    });
    expect((await given()).map(({ sha256 }) => sha256)).toEqual([certificate.sha256]);
  });

  it('is not one that has expired', async () => {
    put(issue({ notBeforeMs: nowMs - 800 * dayMs, notAfterMs: nowMs - dayMs }));
    expect(await signing()).toEqual({ status: 'unable', code: 'not-in-time' });
    expect(await given()).toEqual([]);
  });

  it('is not one that names another address, since readers compare it with From', async () => {
    put(ca.issue({ address: 'other@example.org' }));
    expect(await signing()).toEqual({ status: 'unable', code: 'address-differs' });
    expect(await given()).toEqual([]);
  });

  it('is not one whose key does not open', async () => {
    const pair = put(issue());
    writeFileSync(join(directory, 'private_key'), encryptPrivateKey(pair.privateKey, 'right'), {
      mode: 0o600,
    });
    expect(await signing()).toEqual({ status: 'unable', code: 'key-password' });
    expect(await given()).toEqual([]);
  });

  it('is none, without an error, where the folder cannot be read', async () => {
    const loop = join(directory, 'loop');
    symlinkSync(loop, loop);
    const owner = { address, directory: loop };
    expect(await ownSigning(owner, parts())).toEqual({ status: 'unable', code: 'folder-unreadable' });
    expect(await certificatesToGive(owner, parts())).toEqual([]);
  });
});

describe('the certificates that are given out', () => {
  it('come with those above them, without the root', async () => {
    const sub = ca.subCa({ name: 'Sub CA' });
    const pair = sub.issue({ address });
    put(pair, '', `${sub.pem}${ca.pem}`);
    expect((await given()).map(({ sha256 }) => sha256)).toEqual([
      pair.certificate.sha256,
      sub.certificate.sha256,
    ]);
  });
});
