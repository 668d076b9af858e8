import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { runCli } from '../../test/kit/cli.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { message, signed, textEntity } from '../../test/kit/mail.ts';
import { systemClock } from '../clock.ts';
import { silentLog } from '../log.ts';
import { readCertificates } from '../pki/pem.ts';
import { SiteTrust } from '../trust/site-trust.ts';
import { UserCertificates } from '../trust/user-certificates.ts';

const plain = 'domain example.org\nlistmaster root@example.org\n';

describe('ssympa trust', () => {
  let made: FolderSite;
  const [one, two] = [makeTestCa({ name: 'One' }), makeTestCa({ name: 'Two' })];
  beforeEach(async () => {
    made = await makeFolderSite(['cafile anchors.pem']);
    made.write('one.pem', one.pem);
    writeFileSync(join(made.dir, 'two.der'), two.certificate.der);
  });
  afterEach(() => made.dispose());

  const trust = (...args: readonly string[]) => runCli(['trust', ...args], { cwd: made.dir });
  const shown = async (...args: readonly string[]) =>
    (JSON.parse((await trust('list', '--json', ...args)).stdout) as { sha256: string }[]).map(
      ({ sha256 }) => sha256,
    );

  it('adds anchors to cafile once each, and takes one out again without touching the rest', async () => {
    expect(await shown()).toEqual([]);
    expect((await trust('add', 'one.pem')).code).toBe(0);
    expect((await trust('add', 'two.der')).code).toBe(0);
    expect(JSON.parse((await trust('add', 'one.pem', '--json')).stdout)).toEqual([]);
    expect(await shown()).toEqual([one.certificate.sha256, two.certificate.sha256]);
    const file = join(made.dir, 'anchors.pem');
    writeFileSync(file, `# ours\n${readFileSync(file, 'utf8')}# the end\n`);
    expect((await trust('remove', one.certificate.sha256.slice(0, 16))).code).toBe(0);
    expect(await shown()).toEqual([two.certificate.sha256]);
    expect(readFileSync(file, 'utf8')).toMatch(/^# ours\n[\s\S]*# the end\n$/);
    expect((await trust('remove', one.certificate.sha256)).code).toBe(67);
    expect((await trust('remove', 'abc')).code).toBe(64);
  });

  it('leaves nobody trusted when the last anchor is taken out, which stops no mail and which doctor tells', async () => {
    await trust('add', 'one.pem');
    await trust('remove', one.certificate.sha256);
    expect(await shown()).toEqual([]);
    const judged = await new SiteTrust(made.site, silentLog).for();
    expect(judged.trustAnchors).toEqual([]);
    const { stdout } = await runCli(['doctor', '--json'], { cwd: made.dir });
    const findings = JSON.parse(stdout) as { check: string; status: string; text: string }[];
    expect(findings.filter(({ check }) => check === 'trust')).toMatchObject([
      { status: 'warn', text: expect.stringContaining('nobody is trusted') },
    ]);
    const ann = one.issue({ address: 'ann@example.org' });
    const mail = message({ from: 'ann@example.org', to: 'own@example.org' }, signed(textEntity('x'), ann));
    writeFileSync(join(made.dir, 'signed.eml'), mail);
    const { stdout: report } = await runCli(['smime', 'inspect', 'signed.eml', '--json'], { cwd: made.dir });
    expect(report).toContain('no-trust-anchors');
  });

  it('tells how many certificates in use have no path any more by what it takes out', async () => {
    await trust('add', 'one.pem');
    await trust('add', 'two.der');
    await made.lists.create({
      name: 'own',
      owners: ['ann@example.org'],
      parameters: { cafile: 'own.pem' },
    });
    made.write('own.pem', two.pem);
    const certificates = new UserCertificates(systemClock, new SiteTrust(made.site, silentLog));
    for (const [ca, address, source] of [
      [one, 'ann@example.org', 'message'],
      [one, 'bob@example.org', 'ldap'],
      [one, 'eve@example.org', 'operator'],
      [two, 'joe@example.org', 'message'],
    ] as const) {
      const { certificate } = ca.issue({ address });
      const rest = { usage: 'both', signingTimeMs: null, capabilities: null } as const;
      await certificates.keep(made.store, { address, certificate, source, ...rest });
    }
    const removed = await trust('remove', two.certificate.sha256, '--json');
    expect(JSON.parse(removed.stdout)).toMatchObject({ certificates: 0 });
    expect((await trust('remove', one.certificate.sha256)).stdout).toMatch(/go out of use: 2\n$/);
  });

  it('keeps anchors as files of their own where only capath is set', async () => {
    made.write('sympa.conf', `${plain}capath anchors\n`);
    await trust('add', 'one.pem');
    const file = join(made.dir, `anchors/${one.certificate.sha256}.pem`);
    expect(existsSync(file)).toBe(true);
    await trust('remove', one.certificate.sha256);
    expect(existsSync(file)).toBe(false);
  });

  it('adds nothing where the site names no place, and nothing that is no certificate', async () => {
    made.write('nothing.pem', 'nothing\n');
    expect((await trust('add', 'nothing.pem')).code).toBe(65);
    made.write('sympa.conf', plain);
    expect(await trust('add', 'one.pem')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('cafile'),
    });
  });

  it('changes the anchors of a list alone', async () => {
    await made.lists.create({
      name: 'own',
      owners: ['ann@example.org'],
      parameters: { cafile: 'own.pem' },
    });
    await trust('add', 'one.pem');
    await trust('add', 'two.der', '--list', 'own');
    expect(await shown()).toEqual([one.certificate.sha256]);
    expect(await shown('--list', 'own')).toEqual([two.certificate.sha256]);
    expect(await shown('--robot', 'other.example')).toEqual([one.certificate.sha256]);
  });

  it('changes for a list or a domain nothing that others are judged by too', async () => {
    await made.lists.create({ name: 'plain', owners: ['ann@example.org'] });
    await trust('add', 'one.pem');
    for (const target of [
      ['--list', 'plain'],
      ['--robot', 'other.example'],
    ]) {
      expect(await trust('add', 'two.der', ...target)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('has no anchors of its own'),
      });
      expect((await trust('remove', one.certificate.sha256, ...target)).code).toBe(1);
    }
    expect(await shown()).toEqual([one.certificate.sha256]);
  });

  it('bundle writes roots with origin and date, and trusts nobody by that', async () => {
    made.write('roots.crt', one.pem + two.pem + one.pem);
    const done = await trust('bundle', '--from', 'roots.crt', '--to', 'bundle.crt', '--json');
    expect(JSON.parse(done.stdout)).toMatchObject({ count: 2, origin: join(made.dir, 'roots.crt') });
    const text = readFileSync(join(made.dir, 'bundle.crt'), 'utf8');
    expect(text).toMatch(/^# .*\n# Origin: .*roots\.crt\n# Date: \d{4}-.*Z\n# Certificates: 2\n/);
    expect(readCertificates(Buffer.from(text))).toHaveLength(2);
    expect(await shown()).toEqual([]);
    expect((await trust('bundle', '--from', 'gone.crt')).code).toBe(78);
  });

  it('bundle finds the roots of this machine by itself', async () => {
    const { stdout } = await trust('bundle');
    expect(readCertificates(Buffer.from(stdout)).length).toBeGreaterThan(20);
  });

  it('doctor names the odd certificate of a cafile', async () => {
    made.write('anchors.pem', `${one.pem}-----BEGIN CERTIFICATE-----\nMAMCAQU=\n-----END CERTIFICATE-----\n`);
    const { stdout } = await runCli(['doctor', '--json'], { cwd: made.dir });
    const findings = JSON.parse(stdout) as { check: string; status: string; text: string }[];
    expect(findings.filter(({ check }) => check === 'trust')).toMatchObject([
      { status: 'ok' },
      { status: 'warn', text: expect.stringContaining('certificate 2 of 2') },
    ]);
  });
});
