import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa, type TestIdentity } from '../../test/kit/ca.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { linesLog } from '../../test/kit/site.ts';
import { trustOf } from '../../test/kit/trust-of.ts';
import { readCrls } from '../pki/pem.ts';
import { CertificateFolder } from './certificate-folder.ts';
import { UserCertificates } from './user-certificates.ts';

const address = 'alice@example.org';
const start = Date.now();
const hour = 3_600_000;

describe('the folder of certificates', () => {
  let made: FolderSite;
  let log: ReturnType<typeof linesLog>;
  let nowMs: number;
  let anchors: ReturnType<typeof trustOf>;
  const ca = makeTestCa();
  const issue = (more: object = {}) => ca.issue({ address, algorithm: 'rsa-2048', ...more });
  beforeEach(async () => {
    nowMs = start;
    anchors = trustOf([]);
    made = await makeFolderSite([], { now: () => nowMs });
    mkdirSync(made.site.certDir, { recursive: true });
    log = linesLog();
  });
  afterEach(() => made.dispose());

  const parts = () => {
    const clock = { now: () => nowMs };
    return {
      folder: made.site.certDir,
      store: made.store,
      certificates: new UserCertificates(clock, anchors),
      anchors,
      clock,
      log,
    };
  };
  /** As a new process sees it. */
  const folder = () => new CertificateFolder(parts());
  const path = (name: string) => join(made.site.certDir, name);
  const drop = (name: string, pair: TestIdentity) => writeFileSync(path(name), pair.certificatePem);
  const inUse = async () =>
    (await made.store.certificates.list({ status: 'trusted' })).map((one) => one.sha256).sort();
  const sha = (...pairs: TestIdentity[]) => pairs.map((pair) => pair.certificate.sha256).sort();
  const harvest = (pair: TestIdentity, hours: number, usage: 'both' | 'sign' | 'encrypt' = 'both') =>
    parts().certificates.keep(made.store, {
      address,
      certificate: pair.certificate,
      issuer: ca.certificate,
      usage,
      source: 'message',
      signingTimeMs: start + hours * hour,
      capabilities: null,
    });

  it('takes in what was dropped once, and asks for what waits to go out', async () => {
    const pair = issue();
    drop(address, pair);
    const one = folder();
    expect(await one.synchronise()).toMatchObject({ taken: 1, withdrawn: 0, written: 0, problems: [] });
    expect(await one.synchronise()).toMatchObject({ taken: 0, withdrawn: 0, written: 0 });
    expect(await folder().synchronise()).toMatchObject({ taken: 0, withdrawn: 0, written: 0 });
    expect(await inUse()).toEqual(sha(pair));
    expect(await made.store.jobs.list()).toMatchObject([{ kind: 'release-waiting', payload: { address } }]);
  });

  it('writes what was harvested, and does not take its own file for an act of the operator', async () => {
    const pair = issue();
    await harvest(pair, -1);
    await folder().mirror(address);
    expect(readFileSync(path(address), 'utf8')).toBe(pair.certificatePem);
    expect(await folder().synchronise()).toMatchObject({ taken: 0, written: 0 });
    const [record] = await made.store.certificates.ofAddress(address);
    expect(record).toMatchObject({ source: 'message', signingTime: start - hour });
  });

  it('recognises a file that it wrote before a crash kept it from noting so', async () => {
    const [older, newer] = [issue(), issue()];
    await harvest(older, -2);
    await folder().mirror(address);
    await harvest(newer, -1);
    drop(address, newer);
    expect(await folder().synchronise()).toMatchObject({ taken: 0 });
    const record = (await made.store.certificates.list({ status: 'trusted' }))[0]!;
    expect(record).toMatchObject({ sha256: newer.certificate.sha256, source: 'message' });
  });

  it('does not bring an old certificate back when a crash came before its file was replaced', async () => {
    const [older, newer] = [issue(), issue()];
    await harvest(older, -2);
    await folder().mirror(address);
    await harvest(newer, -1);
    expect(await folder().synchronise()).toMatchObject({ taken: 0, written: 1 });
    expect(await inUse()).toEqual(sha(newer));
    expect(readFileSync(path(address), 'utf8')).toBe(newer.certificatePem);
  });

  it('takes the file of a superseded certificate away after a crash, too', async () => {
    const [both, signing, encrypting] = [issue(), issue({ use: 'sign' }), issue({ use: 'encrypt' })];
    await harvest(encrypting, -2, 'encrypt');
    await harvest(signing, -2, 'sign');
    await folder().mirror(address);
    expect(readdirSync(made.site.certDir).sort()).toEqual([`${address}@enc`, `${address}@sign`]);
    await harvest(both, -1);
    expect(await folder().synchronise()).toMatchObject({ taken: 0, withdrawn: 0, written: 1 });
    expect(readdirSync(made.site.certDir)).toEqual([address]);
    expect(await folder().synchronise()).toMatchObject({ taken: 0, withdrawn: 0, written: 0 });
    expect(await inUse()).toEqual(sha(both));
  });

  it('does not write over a file that nobody looked at yet', async () => {
    const [harvested, dropped] = [issue(), issue()];
    drop(address, dropped);
    await harvest(harvested, -1);
    await folder().mirror(address);
    expect(readFileSync(path(address), 'utf8')).toBe(dropped.certificatePem);
    await folder().synchronise();
    expect(await inUse()).toEqual(sha(dropped));
  });

  it('replaces a file whose certificate is over when a new one comes', async () => {
    const [old, harvested] = [issue({ notBeforeMs: start - 9 * hour, notAfterMs: start - hour }), issue()];
    drop(address, old);
    const one = folder();
    expect((await one.synchronise()).problems).toMatchObject([{ code: 'certificate-expired' }]);
    await harvest(harvested, 0);
    await one.mirror(address);
    expect(readFileSync(path(address), 'utf8')).toBe(harvested.certificatePem);
  });

  it('withdraws with a removed file, by whichever spelling of the address', async () => {
    const pair = issue();
    drop('Alice@Example.org', pair);
    await folder().synchronise();
    expect(existsSync(path(address))).toBe(true);
    rmSync(path('Alice@Example.org'));
    expect(await folder().synchronise()).toMatchObject({ withdrawn: 1 });
    expect(await inUse()).toEqual([]);
    expect(readdirSync(made.site.certDir)).toEqual([]);
    expect(await folder().synchronise()).toMatchObject({ taken: 0, withdrawn: 0, written: 0 });
  });

  it('lets the later file win where two spellings name one address', async () => {
    const [first, second] = [issue(), issue()];
    drop('Alice@example.org', second);
    utimesSync(path('Alice@example.org'), new Date(start + hour), new Date(start + hour));
    drop(address, first);
    utimesSync(path(address), new Date(start), new Date(start));
    await folder().synchronise();
    expect(await inUse()).toEqual(sha(second));
    expect(await folder().synchronise()).toMatchObject({ taken: 0, withdrawn: 0, written: 0 });
  });

  it('is not stopped by what is no certificate, and tells each fault once', async () => {
    const [good, other] = [issue(), ca.issue({ address: 'bob@example.org' })];
    writeFileSync(path('README'), 'hello');
    writeFileSync(path('big@example.org'), 'x'.repeat(300_000));
    writeFileSync(
      path('broken@example.org'),
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    );
    drop('carol@example.org', other);
    mkdirSync(path('folder@example.org'));
    symlinkSync('/nowhere', path('link@example.org'));
    drop(address, good);
    const one = folder();
    const { taken, problems } = await one.synchronise();
    expect(taken).toBe(1);
    expect(Object.fromEntries(problems.map(({ file, code }) => [file, code]))).toMatchObject({
      README: 'bad-address',
      'big@example.org': 'not-a-certificate',
      'carol@example.org': 'address-not-in-certificate',
    });
    expect(problems).toHaveLength(4);
    await one.synchronise();
    expect(log.lines.filter((line) => line.includes('not taken'))).toHaveLength(4);
  });

  it('takes a failure of the store for no fault of a file', async () => {
    drop(address, issue());
    class FailingCertificates extends UserCertificates {
      override keep(): Promise<never> {
        return Promise.reject(new Error('disk full'));
      }
    }
    const certificates = new FailingCertificates({ now: () => nowMs }, trustOf([]));
    await expect(new CertificateFolder({ ...parts(), certificates }).synchronise()).rejects.toThrow(
      'disk full',
    );
    expect(await folder().synchronise()).toMatchObject({ taken: 1, problems: [] });
  });

  it('takes the certificate that names the address from a file that holds others too', async () => {
    const pair = issue();
    writeFileSync(path(address), `${ca.pem}${pair.certificatePem}`);
    expect(await folder().synchronise()).toMatchObject({ taken: 1 });
    expect(await inUse()).toEqual(sha(pair));
  });

  const serials = (code: string) => log.lines.filter((line) => line.includes(code)).length;
  const pem = (...pairs: { readonly certificatePem: string }[]) =>
    pairs.map(({ certificatePem }) => certificatePem).join('');

  it('takes certificates of two kinds of key from one file, leaves the file, and withdraws both with it', async () => {
    const [rsa, ec] = [issue(), issue({ algorithm: 'ec-p256' })];
    const text = pem(ec, rsa);
    writeFileSync(path(address), text);
    expect(await folder().synchronise()).toMatchObject({ taken: 1, written: 0, problems: [] });
    expect(await inUse()).toEqual(sha(rsa, ec));
    nowMs += hour;
    expect(await folder().synchronise()).toMatchObject({ taken: 0, written: 0, withdrawn: 0 });
    expect(readFileSync(path(address), 'utf8')).toBe(text);
    rmSync(path(address));
    expect(await folder().synchronise()).toMatchObject({ withdrawn: 1, written: 0 });
    expect(await inUse()).toEqual([]);
  });

  it('lets a file of two certificates take the place of what was there before', async () => {
    const old = issue();
    drop(address, old);
    await folder().synchronise();
    const [rsa, ec] = [issue(), issue({ algorithm: 'ec-p256' })];
    nowMs += hour;
    writeFileSync(path(address), pem(rsa, ec));
    await folder().synchronise();
    expect(await inUse()).toEqual(sha(rsa, ec));
  });

  it('writes the file of the other one when one of two goes out of use', async () => {
    const [rsa, ec] = [issue(), issue({ algorithm: 'ec-p256' })];
    writeFileSync(path(address), pem(rsa, ec));
    await folder().synchronise();
    const row = (await made.store.mirrorFiles.get(address))!;
    nowMs += hour;
    await made.store.certificates.setStatus(row.certificateId, 'revoked');
    expect(await folder().synchronise()).toMatchObject({ written: 1, withdrawn: 0, taken: 0 });
    const [left] = await inUse();
    const stays = [rsa, ec].find(({ certificate }) => certificate.sha256 === left)!;
    expect(readFileSync(path(address), 'utf8')).toBe(stays.certificatePem);
  });

  it('splits a file that holds one to sign and one to encrypt', async () => {
    const [signing, encrypting] = [issue({ use: 'sign' }), issue({ use: 'encrypt' })];
    writeFileSync(path(address), pem(signing, encrypting));
    await folder().synchronise();
    expect(readdirSync(made.site.certDir).sort()).toEqual([`${address}@enc`, `${address}@sign`]);
    expect(await inUse()).toEqual(sha(signing, encrypting));
    expect(await folder().synchronise()).toMatchObject({ taken: 0, withdrawn: 0, written: 0 });
  });

  it('withdraws what a command brought of two kinds of key with the one file of them', async () => {
    for (const pair of [issue(), issue({ algorithm: 'ec-p256' })]) {
      const about = { address, usage: 'both', source: 'operator', signingTimeMs: null } as const;
      const { certificate } = pair;
      await parts().certificates.keep(made.store, { ...about, certificate, capabilities: null });
    }
    await folder().mirror(address);
    rmSync(path(address));
    expect(await folder().synchronise()).toMatchObject({ withdrawn: 1, written: 0 });
    expect(readdirSync(made.site.certDir)).toEqual([]);
  });

  it('keeps the chain that a file holds, and says what it passes over', async () => {
    const sub = ca.subCa({ name: 'Sub' });
    anchors = trustOf([ca.certificate]);
    const pair = sub.issue({ address, algorithm: 'ec-p256' });
    const over = issue({ notBeforeMs: start - 9 * hour, notAfterMs: start - hour });
    writeFileSync(path(address), sub.pem + pem(over, pair, ca.issue({ address: 'bob@example.org' })));
    expect(await folder().synchronise()).toMatchObject({ taken: 1, problems: [] });
    expect(await inUse()).toEqual(sha(pair));
    const kept = (await made.store.authorities.list()).map(({ sha256 }) => sha256);
    expect(kept).toContain(sub.certificate.sha256);
    expect([serials('certificate-expired'), serials('address-not-in-certificate')]).toEqual([1, 1]);
  });

  it('does not take what a revocation list at hand names, whether or not an anchor stands for it', async () => {
    const revoked = issue();
    const lists = readCrls(ca.crl({ revoked: [revoked] }));
    for (const trusted of [[ca.certificate], []]) {
      anchors = trustOf(trusted, lists);
      drop(address, revoked);
      expect((await folder().synchronise()).problems).toMatchObject([{ code: 'certificate-revoked' }]);
    }
    expect(await made.store.certificates.count()).toBe(0);
  });

  it('uses a certificate of both for what the name says alone', async () => {
    drop(`${address}@enc`, issue());
    await folder().synchronise();
    expect(await made.store.certificates.ofAddress(address)).toMatchObject([{ usage: 'encrypt' }]);
    expect(readdirSync(made.site.certDir)).toEqual([`${address}@enc`]);
  });

  it('withdraws nothing when it is gone as a whole, though somebody made it anew', async () => {
    const pair = issue();
    drop(address, pair);
    await folder().synchronise();
    rmSync(made.site.certDir, { recursive: true });
    await folder().mirror('bob@example.org');
    expect(await folder().synchronise()).toMatchObject({ withdrawn: 0, written: 1 });
    expect(await inUse()).toEqual(sha(pair));
  });

  it('looks at a thousand unchanged files in a moment', async () => {
    const { certificate } = issue();
    await made.store.transaction(async (tx) => {
      const brought = {
        certificate,
        usage: 'both',
        source: 'operator',
        signingTimeMs: null,
        capabilities: null,
      } as const;
      for (let i = 0; i < 1_000; i++)
        await parts().certificates.keep(tx, { ...brought, address: `user${i}@example.org` });
    });
    const one = folder();
    expect(await one.synchronise()).toMatchObject({ written: 1_000 });
    const before = performance.now();
    expect(await one.synchronise()).toMatchObject({ taken: 0, written: 0, withdrawn: 0 });
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});
