import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { silentLog } from '../log.ts';
import { formatPem } from '../pki/pem.ts';
import { TrustAnchors } from './trust-anchors.ts';

describe('the trust anchors', () => {
  let dir: string;
  const [one, two] = [makeTestCa({ name: 'One' }), makeTestCa({ name: 'Two' })];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'ssympa-anchors-'));
    mkdirSync(join(dir, 'ca'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const anchors = (paths: { cafile?: string; capath?: string }) => new TrustAnchors(paths, silentLog);
  const file = (name: string) => join(dir, name);
  const digests = async (from: TrustAnchors) =>
    (await from.current()).trustAnchors.map((anchor) => anchor.sha256).sort();
  const sha = (...cas: (typeof one)[]) => cas.map((ca) => ca.certificate.sha256).sort();

  it('are nobody where neither cafile nor capath is set', async () => {
    expect(await anchors({}).current()).toEqual({ trustAnchors: [], crls: [] });
  });

  it('are all certificates of the file and of the folder, hashed links and plain names alike, each once', async () => {
    writeFileSync(file('bundle.pem'), one.pem);
    writeFileSync(file('ca/two.pem'), `Comment\n${two.pem}`);
    writeFileSync(file('ca/one.der'), one.certificate.der);
    symlinkSync('two.pem', file('ca/0a1b2c3d.0'));
    symlinkSync('/nowhere', file('ca/4e5f6a7b.0'));
    writeFileSync(file('ca/README'), 'roots');
    mkdirSync(file('ca/sub'));
    const all = anchors({ cafile: file('bundle.pem'), capath: file('ca') });
    expect(await digests(all)).toEqual(sha(one, two));
  });

  it('hold a revocation list once, whatever links lead to it', async () => {
    writeFileSync(file('ca/one.pem'), one.pem);
    writeFileSync(file('ca/one.crl'), formatPem('X509 CRL', one.crl({})));
    symlinkSync('one.crl', file('ca/0a1b2c3d.r0'));
    const { crls, trustAnchors } = await anchors({ capath: file('ca') }).current();
    expect([crls.length, trustAnchors.length]).toEqual([1, 1]);
  });

  it('change with the files, also when a link leads to another file', async () => {
    writeFileSync(file('one.pem'), one.pem);
    writeFileSync(file('two.pem'), two.pem);
    symlinkSync(file('one.pem'), file('ca/root.pem'));
    const all = anchors({ capath: file('ca') });
    expect(await digests(all)).toEqual(sha(one));
    rmSync(file('ca/root.pem'));
    symlinkSync(file('two.pem'), file('ca/root.pem'));
    expect(await digests(all)).toEqual(sha(two));
    rmSync(file('ca/root.pem'));
    expect(await digests(all)).toEqual([]);
  });

  it.each([
    ['empty', ''],
    ['emptied but for comments', '# CN=One\nWas ours: Žofie\n\n'],
  ])('are nobody where the named file is %s', async (_what, text) => {
    writeFileSync(file('bundle.pem'), text);
    const all = anchors({ cafile: file('bundle.pem') });
    expect(await digests(all)).toEqual([]);
    writeFileSync(file('bundle.pem'), one.pem);
    expect(await digests(all)).toEqual(sha(one));
    writeFileSync(file('bundle.pem'), text);
    expect(await digests(all)).toEqual([]);
  });

  it('lose none to a disk that fails, which is told instead', async () => {
    writeFileSync(file('ca/one.pem'), one.pem);
    symlinkSync('/proc/self/mem', file('ca/two.pem'));
    await expect(anchors({ capath: file('ca') }).current()).rejects.toMatchObject({
      code: 'trust-file-unreadable',
      message: expect.stringContaining('EIO'),
    });
  });

  it.each([
    ['is missing', undefined],
    ['holds a broken certificate alone', '-----BEGIN CERTIFICATE-----\nMAMC\n'],
    ['holds other bytes', '\0\x01'],
  ])('cannot be told when the named file %s', async (_what, text) => {
    if (text !== undefined) writeFileSync(file('bundle.pem'), text);
    await expect(anchors({ cafile: file('bundle.pem') }).current()).rejects.toMatchObject({
      code: 'trust-file-unreadable',
    });
  });
});
