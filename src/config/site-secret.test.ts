import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { siteKey, siteSecretFile } from './site-secret.ts';

let etcDir: string;

beforeEach(async () => {
  etcDir = await mkdtemp(join(tmpdir(), 'ssympa-secret-'));
});

afterEach(async () => {
  await rm(etcDir, { recursive: true });
});

describe('siteKey', () => {
  it('makes the secret of the site once, for its owner alone', async () => {
    const keys = await Promise.all([siteKey({ etcDir }, 'verp'), siteKey({ etcDir }, 'verp')]);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
    expect((await stat(siteSecretFile({ etcDir }))).mode & 0o777).toBe(0o600);
  });

  it('gives each purpose a key of its own, none of which is the secret', async () => {
    const [verp, web] = [await siteKey({ etcDir }, 'verp'), await siteKey({ etcDir }, 'web')];
    expect(verp).not.toBe(web);
    expect(await readFile(siteSecretFile({ etcDir }), 'utf8')).not.toContain(verp);
  });

  it('does not use a secret that everybody may read', async () => {
    await writeFile(siteSecretFile({ etcDir }), 'x'.repeat(43));
    await chmod(siteSecretFile({ etcDir }), 0o644);
    await expect(siteKey({ etcDir }, 'verp')).rejects.toMatchObject({ code: 'config-unreadable' });
  });

  it('does not use a secret that is too short', async () => {
    await writeFile(siteSecretFile({ etcDir }), 'short\n', { mode: 0o600 });
    await expect(siteKey({ etcDir }, 'verp')).rejects.toMatchObject({ code: 'config-unreadable' });
  });
});
