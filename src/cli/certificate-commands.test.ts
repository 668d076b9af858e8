import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { runCli } from '../../test/kit/cli.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { trustOf } from '../../test/kit/trust-of.ts';
import { systemClock } from '../clock.ts';
import { UserCertificates } from '../trust/user-certificates.ts';

const alice = 'alice@example.org';

describe('ssympa certificate', () => {
  let made: FolderSite;
  const ca = makeTestCa();
  const issue = (more: object = {}) => ca.issue({ address: alice, algorithm: 'rsa-2048', ...more });
  beforeEach(async () => {
    made = await makeFolderSite();
  });
  afterEach(() => made.dispose());

  const certificate = (...args: string[]) => runCli(['certificate', ...args, '--conf', made.site.file]);
  const fileOf = (text: string | Uint8Array) => {
    const path = join(made.dir, 'given.pem');
    writeFileSync(path, text);
    return path;
  };

  it('import keeps a certificate, mirrors it and lets go what waits', async () => {
    const pair = issue();
    const done = await certificate('import', 'Alice@Example.ORG', fileOf(pair.certificatePem), '--json');
    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout)).toEqual([
      { address: alice, use: 'both', sha256: pair.certificate.sha256, status: 'trusted' },
    ]);
    expect(existsSync(join(made.site.certDir, alice))).toBe(true);
    expect(await made.store.jobs.list()).toMatchObject([
      { kind: 'release-waiting', payload: { address: alice } },
    ]);
  });

  it('import takes DER, and a split pair from one file', async () => {
    expect((await certificate('import', alice, fileOf(issue().certificate.der))).code).toBe(0);
    const both = issue({ use: 'sign' }).certificatePem + issue({ use: 'encrypt' }).certificatePem;
    expect((await certificate('import', alice, fileOf(both))).code).toBe(0);
    expect(existsSync(join(made.site.certDir, `${alice}@enc`))).toBe(true);
  });

  it.each([
    ['of somebody else', () => issue({ address: 'bob@example.org' }).certificatePem, alice, 65],
    ['that is over', () => issue({ notBeforeMs: 1_000, notAfterMs: 2_000_000 }).certificatePem, alice, 65],
    ['that is none', () => 'nothing', alice, 65],
    ['for what is no address', () => issue().certificatePem, 'alice', 65],
  ])('import refuses one %s', async (_what, text, address, code) => {
    const refused = await certificate('import', address, fileOf(text()));
    expect(refused.code).toBe(code);
    expect(refused.stderr).toMatch(/^ssympa: error: /);
    expect(await made.store.certificates.count()).toBe(0);
  });

  it('import refuses what a revocation list at hand names, though it was in use before', async () => {
    const pair = issue();
    await certificate('import', alice, fileOf(pair.certificatePem));
    const [record] = await made.store.certificates.ofAddress(alice);
    await made.store.certificates.setStatus(record!.id, 'revoked');
    made.write('expl/crl/list', ca.crlPem({ revoked: [pair] }));
    const refused = await certificate('import', alice, fileOf(pair.certificatePem));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('a revocation list at hand names the certificate');
    expect(refused.stdout).toBe('');
    expect(await made.store.certificates.ofAddress(alice)).toMatchObject([{ status: 'revoked' }]);
  });

  it('import takes what names the address, with its chain, and says what it passes over', async () => {
    const sub = ca.subCa({ name: 'Sub' });
    const [ec, rsa] = [sub.issue({ address: alice, algorithm: 'ec-p256' }), issue()];
    const bob = issue({ address: 'bob@example.org' });
    const text = ec.certificatePem + sub.pem + rsa.certificatePem + bob.certificatePem;
    const done = await certificate('import', alice, fileOf(text));
    expect(done.code).toBe(0);
    expect(done.stdout.match(/trusted/g)).toHaveLength(2);
    expect(done.stderr).toMatch(
      new RegExp(`passed over: serial ${bob.certificate.serial} .*does not name alice`),
    );
    expect(done.stderr).toMatch(new RegExp(`passed over: serial ${sub.certificate.serial} .*no anchor`));
  });

  it('import says which of two with one kind of key is in use', async () => {
    const older = issue({ notBeforeMs: Date.now() - 9 * 86_400_000 });
    const done = await certificate('import', alice, fileOf(issue().certificatePem + older.certificatePem));
    expect(done.stdout).toContain(`serial ${older.certificate.serial}, superseded`);
    expect(done.stdout).toContain(', trusted');
  });

  it('import of a file that is not there says so', async () => {
    expect((await certificate('import', alice, join(made.dir, 'gone.pem'))).code).toBe(66);
  });

  it('list gives what is kept, of one or all, with the keys of the contract', async () => {
    const pair = issue();
    await certificate('import', alice, fileOf(pair.certificatePem));
    await certificate(
      'import',
      'bob@example.org',
      fileOf(issue({ address: 'bob@example.org' }).certificatePem),
    );
    const all = JSON.parse((await certificate('list', '--json')).stdout) as unknown[];
    expect(all).toHaveLength(2);
    expect(JSON.parse((await certificate('list', 'ALICE@example.org', '--json')).stdout)).toEqual([
      {
        id: expect.any(String),
        address: alice,
        use: 'both',
        source: 'operator',
        status: 'trusted',
        notAfter: new Date(pair.certificate.notAfterMs).toISOString(),
        signingTime: null,
        sha256: pair.certificate.sha256,
        capabilities: null,
      },
    ]);
    expect((await certificate('list', 'nobody@example.org', '--json')).stdout).toBe('[]\n');
    expect((await certificate('list')).stdout).toContain('trusted');
  });

  it('show describes the certificates of a file or of a person, export gives them back', async () => {
    const pair = issue();
    const file = fileOf(pair.certificatePem);
    await certificate('import', alice, file);
    const [ofFile, ofPerson] = [
      await certificate('show', file, '--json'),
      await certificate('show', alice, '--json'),
    ];
    expect(ofPerson.stdout).toBe(ofFile.stdout);
    expect(JSON.parse(ofFile.stdout)).toMatchObject([{ addresses: [alice], purposes: ['sign', 'encrypt'] }]);
    expect((await certificate('export', alice)).stdout).toBe(pair.certificatePem);
  });

  it('pending shows what waits, with its history, and confirm takes it into use, once', async () => {
    const another = makeTestCa();
    const [pinned, other] = [issue(), another.issue({ address: alice, fresh: true })];
    await certificate('import', alice, fileOf(pinned.certificatePem));
    await new UserCertificates(systemClock, trustOf([another.certificate])).keep(made.store, {
      address: alice,
      certificate: other.certificate,
      usage: 'both',
      source: 'message',
      signingTimeMs: Date.now() + 1_000,
      capabilities: null,
    });
    const pending = JSON.parse((await certificate('pending', '--json', '--history')).stdout) as readonly [
      { readonly id: string },
    ];
    expect(pending).toMatchObject([
      {
        sha256: other.certificate.sha256,
        status: 'pending',
        source: 'message',
        history: [{ status: 'pending', source: 'message', note: 'change' }],
      },
    ]);
    const { id } = pending[0];
    expect(JSON.parse((await certificate('confirm', id, '--json')).stdout)).toMatchObject({
      id,
      status: 'trusted',
    });
    expect((await certificate('export', alice)).stdout).toBe(other.certificatePem);
    expect(readFileSync(join(made.site.certDir, alice), 'utf8')).toBe(other.certificatePem);
    expect((await certificate('pending', alice, '--json')).stdout).toBe('[]\n');
    expect((await certificate('confirm', id)).code).toBe(65);
    expect((await certificate('confirm', 'nothing')).stderr).toMatch(/^ssympa: error: /);
    const kinds = (await made.store.jobs.list()).map(({ kind, payload }) => payload.template ?? kind);
    expect(kinds).toContain('certificate-replaced');
  });

  it.each(['show', 'export'])('%s of a person without certificate is not found', async (command) => {
    expect((await certificate(command, 'nobody@example.org')).code).toBe(67);
  });
});
