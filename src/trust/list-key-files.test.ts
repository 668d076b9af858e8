import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { runsAsRoot } from '../../test/kit/programs.ts';
import { silentLog } from '../log.ts';
import {
  installPair,
  moveGenerationAside,
  readPendingRequest,
  retireGeneration,
  writePending,
} from './list-key-files.ts';
import { ListKeyring } from './list-keys.ts';

const nowMs = Date.UTC(2026, 0, 31);

describe('the files of a list key', () => {
  let dir: string;
  const ca = makeTestCa();
  const [old, fresh] = [0, 1].map(() => ca.issue({ address: 'board@example.org', algorithm: 'ec-p256' })) as [
    TestIdentity,
    TestIdentity,
  ];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'ssympa-pair-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const files = (pair: TestIdentity) => ({
    certificates: pair.certificatePem,
    privateKey: pair.privateKeyPem,
  });
  const install = (pair: TestIdentity, replace = true) =>
    installPair(dir, files(pair), { suffix: '', replace, nowMs });
  const load = () => new ListKeyring(() => undefined, silentLog).keysOf(dir);
  const current = async () => {
    const { identities, problems } = await load();
    return { sha256: identities.find(({ generation }) => generation === '')?.certificate.sha256, problems };
  };

  it('are one pair in every state that a crash can leave behind', async () => {
    await install(old);
    const certs = join(dir, 'cert.pem');
    const both = fresh.certificatePem + old.certificatePem;
    writeFileSync(certs, both);
    expect(await current()).toEqual({ sha256: old.certificate.sha256, problems: [] });
    writeFileSync(join(dir, 'private_key'), fresh.privateKeyPem);
    expect(await current()).toEqual({ sha256: fresh.certificate.sha256, problems: [] });
    rmSync(certs);
    expect(await load()).toMatchObject({ identities: [], problems: [] });
  });

  it('that are there are left alone without a word to replace them, a lonely key too', async () => {
    writeFileSync(join(dir, 'private_key'), old.privateKeyPem, { mode: 0o600 });
    await expect(install(fresh, false)).rejects.toMatchObject({ code: 'pair-exists' });
    expect(readdirSync(dir)).toEqual(['private_key']);
    expect(await install(fresh)).toBe('.2026-01-31');
    expect(readdirSync(dir).sort()).toEqual(['cert.pem', 'private_key', 'private_key.2026-01-31']);
  });

  it('a request never stands beside another key, even where the new key cannot be written', async () => {
    await writePending(dir, { privateKey: old.privateKeyPem, request: 'first' });
    rmSync(join(dir, 'private_key.pending'));
    mkdirSync(join(dir, 'private_key.pending', 'in-the-way'), { recursive: true });
    const second = writePending(dir, { privateKey: fresh.privateKeyPem, request: 'second' });
    await expect(second).rejects.toThrow();
    expect(await readPendingRequest(dir)).toBeUndefined();
  });

  it.skipIf(!runsAsRoot())('that root writes belong to the owner of the folder', async () => {
    chownSync(dir, 12_345, 12_346);
    await install(old);
    await install(fresh);
    await writePending(dir, { privateKey: fresh.privateKeyPem, request: 'request' });
    const owned = ['private_key', 'private_key.2026-01-31', 'private_key.pending'];
    const aside = await moveGenerationAside(dir, '.2026-01-31');
    for (const path of [aside, ...owned.map((name) => join(name.includes('2026') ? aside : dir, name))])
      expect([path, statSync(path).uid, statSync(path).gid]).toEqual([path, 12_345, 12_346]);
  });

  it('get names that are free when they retire or are moved aside', async () => {
    await install(old);
    expect(await retireGeneration(dir, '', nowMs)).toBe('.2026-01-31.retired');
    await install(fresh);
    expect(await retireGeneration(dir, '', nowMs)).toBe('.2026-01-31.retired-2');
    expect((await load()).identities).toHaveLength(2);
    await moveGenerationAside(dir, '.2026-01-31.retired');
    expect((await load()).identities.map(({ generation }) => generation)).toEqual(['.2026-01-31.retired-2']);
    await expect(moveGenerationAside(dir, '.2026-01-31.retired')).rejects.toMatchObject({
      code: 'no-such-key',
    });
  });
});
