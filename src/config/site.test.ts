import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from './error.ts';
import { loadSite } from './site.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssympa-config-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function siteOf(text: string, files: Readonly<Record<string, string>> = {}) {
  for (const [name, content] of Object.entries({ 'sympa.conf': text, ...files })) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return loadSite(join(folder, 'sympa.conf'));
}

async function faultsOf(text: string, files: Readonly<Record<string, string>> = {}) {
  const error = await siteOf(text, files).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems.map(({ code, place, hint }) => ({ code, line: place?.line, hint }));
}

const least = 'domain example.org\nlistmaster root@example.org\n';

describe('loadSite', () => {
  it('fills in the defaults of Sympa and makes paths absolute', async () => {
    const site = await siteOf(least);
    expect(site.conf).toMatchObject({
      nrcpt: 25,
      maxsmtp: 40,
      max_size: 5_242_880,
      send: 'private',
      verp_rate: 0,
    });
    expect(site.conf).toMatchObject({ cert_missing_keep: 30 * 86_400_000, cert_missing_report: true });
    expect(site.conf.database).toBe(`sqlite:${folder}/data/ssympa.db`);
    expect(site.conf.lmtp_listen).toEqual([
      { kind: 'tcp', host: '127.0.0.1', port: 2424 },
      { kind: 'unix', path: `${folder}/data/lmtp.sock` },
    ]);
    expect([site.etcDir, site.explDir, site.dataDir, site.certDir]).toEqual([
      `${folder}/etc`,
      `${folder}/expl`,
      `${folder}/data`,
      `${folder}/expl/X509-user-certs`,
    ]);
  });

  it('takes the names that older manuals give', async () => {
    const site = await siteOf(
      `${least}openSSL /usr/local/ssl/bin/openssl\nkey_password top secret\nbounce_warn_rate 20\n`,
    );
    expect(site.conf.openssl).toBe('/usr/local/ssl/bin/openssl');
    expect(site.conf.key_passwd).toBe('top secret');
    expect(site.conf.bounce.warn_rate).toBe(20);
  });

  it('reads paragraphs, written as such or with a dot', async () => {
    const site = await siteOf(
      `${least}archive.quota 100\n\narchive\nweb_access owner\n\ntracking listmaster\n`,
    );
    expect(site.conf.archive).toMatchObject({ quota: 100, web_access: 'owner', mail_access: 'closed' });
    expect(site.conf.tracking.tracking).toBe('listmaster');
  });

  it('tells every fault with its line and the nearest name', async () => {
    expect(await faultsOf('domian example.org\nlistmaster nobody\nnrcpt many\nnrcpt 3\n')).toEqual([
      { code: 'unknown-parameter', line: 1, hint: 'did you mean domain?' },
      { code: 'missing-parameter', line: 1, hint: undefined },
      { code: 'bad-value', line: 2, hint: undefined },
      { code: 'bad-value', line: 3, hint: undefined },
      { code: 'duplicate-parameter', line: 4, hint: undefined },
    ]);
  });

  it('finds a parameter that is set twice under two of its names', async () => {
    expect(await faultsOf(`${least}key_passwd a\npassword b\n`)).toMatchObject([
      { code: 'duplicate-parameter', line: 4 },
    ]);
  });

  it('never repeats a secret', async () => {
    const text = `${least}database mysql://u:hunter2@h/x\nkey_passwd hunter2\nkey_password hunter2\ndb_passwd\n`;
    const error = await siteOf(text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('hunter2');
  });

  it('loads parameters that Sympa gave up, and tells which have no effect', async () => {
    const site = await siteOf(`${least}pidfile /run/x.pid\nbulk_sleep 3\narchive.quota 3\n`);
    expect(site.withoutEffect).toEqual(['pidfile', 'bulk_sleep', 'archive.quota']);
  });

  it('takes the pass phrase from a file', async () => {
    const site = await siteOf(`${least}key_passwd_file etc/phrase\n`, { 'etc/phrase': 'a phrase \n\n' });
    expect(site.conf.key_passwd).toBe('a phrase ');
  });

  it('refuses a pass phrase file that is empty, or beside a pass phrase', async () => {
    expect(await faultsOf(`${least}key_passwd_file etc/phrase\n`, { 'etc/phrase': '\n' })).toMatchObject([
      { code: 'config-unreadable' },
    ]);
    expect(await faultsOf(`${least}key_passwd_file etc/phrase\nkey_passwd x\n`)).toMatchObject([
      { code: 'duplicate-parameter' },
    ]);
  });

  it('reads the domains of the site, each with the values of the site below its own', async () => {
    const site = await siteOf(`${least}lang fr\nbounce.warn_rate 20\nkey_passwd x\n`, {
      'etc/b.example/robot.conf': 'send public\nbounce.halt_rate 60\nlistmaster b@b.example\n',
      'etc/a.example/robot.conf': '\n',
      'etc/scenari/send.private': 'true() smtp -> reject\n',
      'etc/not_served.example/other': '',
    });
    expect(site.robots.map(({ domain, explDir }) => [domain, explDir])).toEqual([
      ['example.org', `${folder}/expl`],
      ['a.example', `${folder}/expl/a.example`],
      ['b.example', `${folder}/expl/b.example`],
    ]);
    const conf = site.robots[2]!.conf;
    expect(conf).toMatchObject({ send: 'public', lang: 'fr', domain: 'b.example', key_passwd: 'x' });
    expect(conf.bounce).toEqual({ warn_rate: 20, halt_rate: 60 });
    expect(conf.listmaster).toEqual(['b@b.example']);
    expect(site.conf.send).toBe('private');
  });

  it('refuses in robot.conf what holds for the whole site, with the line there', async () => {
    expect(
      await faultsOf(`${least}\n\n\n`, { 'etc/b.example/robot.conf': 'lang fr\ndatabase sqlite:x\n' }),
    ).toMatchObject([{ code: 'misplaced-parameter', line: 2, hint: 'set database in sympa.conf' }]);
    expect(await faultsOf(least, { 'etc/b.example/robot.conf': 'domain c.example\n' })).toMatchObject([
      { code: 'bad-value', line: 1 },
    ]);
  });

  it('says how to make a site where there is none', async () => {
    const error = await loadSite(join(folder, 'sympa.conf')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'config-missing', hint: expect.stringContaining('ssympa init') });
  });

  it('refuses a file that is not UTF-8', async () => {
    await writeFile(join(folder, 'sympa.conf'), new Uint8Array([0x74, 0x69, 0x74, 0x6c, 0x65, 0x20, 0xe9]));
    await expect(loadSite(join(folder, 'sympa.conf'))).rejects.toMatchObject({ code: 'config-unreadable' });
  });
});
