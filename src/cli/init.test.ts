import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../test/kit/cli.ts';
import { loadSite } from '../config/site.ts';
import { readCertificates } from '../pki/pem.ts';
import { keyMatchesCertificate, parsePrivateKey } from '../pki/private-key.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssympa-init-'));
});

afterEach(() => rm(folder, { recursive: true }));

const init = (...args: readonly string[]) =>
  runCli(['init', 'site', '--domain', 'Lists.Example.org', '--listmaster', 'root@example.org', ...args], {
    cwd: folder,
  });

const modeOf = async (path: string) => (await stat(join(folder, 'site', path))).mode & 0o777;

describe('ssympa init', () => {
  it('makes a site that loads, with folders and secrets', async () => {
    expect(await init()).toMatchObject({ code: 0, stderr: '' });
    const site = await loadSite(join(folder, 'site/sympa.conf'));
    expect(site.conf).toMatchObject({ domain: 'lists.example.org', listmaster: ['root@example.org'] });
    expect(site.conf.key_passwd?.length).toBeGreaterThan(24);
    expect(site.withoutEffect).toEqual([]);
    for (const path of ['etc/scenari', 'etc/tasks', 'etc/mail', 'expl/X509-user-certs', 'data'])
      expect((await stat(join(folder, 'site', path))).isDirectory()).toBe(true);
  });

  it('lets others reach sympa.conf and the socket, and nothing that is secret', async () => {
    await init();
    expect(await modeOf('sympa.conf')).toBe(0o644);
    expect(await modeOf('data')).toBe(0o711);
    expect(await modeOf('expl')).toBe(0o750);
    for (const path of ['etc/site_secret', 'etc/key_passwd', 'etc/tls/private_key'])
      expect(await modeOf(path)).toBe(0o600);
    expect(await readFile(join(folder, 'site/sympa.conf'), 'utf8')).not.toContain(
      (await readFile(join(folder, 'site/etc/key_passwd'), 'utf8')).trim(),
    );
  });

  it('makes a certificate for the web interface, of the domain and this machine', async () => {
    await init();
    const [certificate] = readCertificates(await readFile(join(folder, 'site/etc/tls/cert.pem')));
    const key = parsePrivateKey(await readFile(join(folder, 'site/etc/tls/private_key')));
    expect(keyMatchesCertificate(key, certificate!)).toBe(true);
    expect(certificate!.notAfterMs).toBeGreaterThan(Date.now() + 365 * 86_400_000);
    expect(JSON.stringify(certificate!.subjectAltName)).toContain('lists.example.org');
  });

  it('never changes a site that is there', async () => {
    await init();
    await writeFile(join(folder, 'site/sympa.conf'), 'mine');
    expect(await init()).toMatchObject({ code: 65, stderr: expect.stringContaining('is there already') });
    expect(await readFile(join(folder, 'site/sympa.conf'), 'utf8')).toBe('mine');
  });

  it('keeps the secrets of an attempt that did not finish', async () => {
    await init();
    const secret = await readFile(join(folder, 'site/etc/key_passwd'), 'utf8');
    await rm(join(folder, 'site/sympa.conf'));
    expect(await init('--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"domain":"lists.example.org"'),
    });
    expect(await readFile(join(folder, 'site/etc/key_passwd'), 'utf8')).toBe(secret);
  });

  it.each([
    ['--domain', 'nodomain'],
    ['--domain', 'a..b'],
    ['--listmaster', 'nobody'],
  ])('refuses %s %s and makes nothing', async (option, value) => {
    expect(await init(option, value)).toMatchObject({ code: 64, stderr: expect.stringContaining(option) });
    await expect(stat(join(folder, 'site'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
