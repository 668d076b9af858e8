import { chmodSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa, type TestCrlOptions } from '../../test/kit/ca.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { startHttpServer, type TestHttpServer } from '../../test/kit/http-server.ts';
import { loadSite, type Site } from '../config/site.ts';
import { silentLog } from '../log.ts';
import type { Certificate } from '../pki/certificate.ts';
import { validatePath } from '../pki/path.ts';
import { CrlStore } from './crl-store.ts';
import { SiteTrust } from './site-trust.ts';
import { type CrlUpdateOptions, type CrlUpdateParts, crlUpdater, updateCrls } from './update-crls.ts';
import { UserCertificates } from './user-certificates.ts';

const dayMs = 86_400_000;

describe('an update of revocation lists', () => {
  let made: FolderSite;
  let web: TestHttpServer;
  let site: Site;
  /** What the server has, by path. */
  let files: Map<string, Uint8Array | string>;
  const ca = makeTestCa();
  const stranger = makeTestCa({ name: 'Stranger' });
  const second = makeTestCa({ name: 'Second' });
  const nowMs = ca.nowMs;
  let clockMs = nowMs;

  beforeEach(async () => {
    clockMs = nowMs;
    files = new Map<string, Uint8Array | string>([['/ca.crl', ca.crl()]]);
    web = await startHttpServer((request, response) => {
      const file = files.get(request.url ?? '');
      if (file === undefined) response.writeHead(404).end();
      else response.end(file);
    });
    made = await makeFolderSite();
    made.write('root.pem', ca.pem);
    await configure('fetch_private_hosts 127.0.0.1');
  });
  afterEach(async () => {
    await made.dispose();
    await web.close();
  });

  async function configure(...lines: readonly string[]): Promise<void> {
    const conf = ['domain example.org', 'listmaster root@example.org', 'cafile root.pem', ...lines, ''];
    made.write('sympa.conf', conf.join('\n'));
    site = await loadSite(made.site.file);
  }

  const point = (path: string) => ({
    extensions: {
      crlDistributionPoints: [{ fullName: [{ uri: path.includes(':') ? path : web.base + path }] }],
    },
  });

  async function enrol(certificate: Certificate, authorities: readonly Certificate[] = []): Promise<void> {
    const certificates = new UserCertificates({ now: () => clockMs }, new SiteTrust(site, silentLog));
    await made.store.transaction((tx) =>
      certificates.keep(tx, {
        address: 'ann@example.org',
        certificate,
        authorities,
        usage: 'both',
        source: 'operator',
        signingTimeMs: null,
        capabilities: null,
      }),
    );
  }
  const ann = (path: string, more: object = {}) =>
    ca.issue({ address: 'ann@example.org', ...point(path), ...more }).certificate;

  async function update(options: CrlUpdateOptions = {}, more: Partial<CrlUpdateParts> = {}) {
    const clock = { now: () => clockMs };
    const parts = { site, store: made.store, lists: await made.lists.all(), clock, log: silentLog };
    const outcomes = await updateCrls({ ...parts, ...more }, options);
    return outcomes.map(({ url, status, code }) => [url.replace(web.base, ''), code ?? status]);
  }
  async function verdictOf(certificate: Certificate): Promise<string> {
    const trust = await new SiteTrust(site, silentLog).for();
    const verdict = validatePath({ certificate, untrusted: [], ...trust, atMs: clockMs, purpose: 'any' });
    return verdict.status === 'valid' ? 'valid' : verdict.code;
  }

  it('fetches what certificates with a valid path name, and it counts at once', async () => {
    const certificate = ann('/ca.crl');
    await enrol(certificate);
    files.set('/ca.crl', ca.crl({ revoked: [certificate] }));
    expect(await verdictOf(certificate)).toBe('valid');
    expect(await update()).toEqual([['/ca.crl', 'kept']]);
    expect(await verdictOf(certificate)).toBe('revoked');
    expect(readdirSync(join(made.dir, 'expl/crl'))).toEqual([encodeURIComponent(`${web.base}/ca.crl`)]);
    expect(await update()).toEqual([['/ca.crl', 'unchanged']]);
  });

  it('reads PEM as well as DER', async () => {
    await enrol(ann('/ca.crl'));
    files.set('/ca.crl', ca.crlPem());
    expect(await update()).toEqual([['/ca.crl', 'kept']]);
  });

  it('asks nothing on behalf of a certificate without a path to an anchor', async () => {
    await enrol(stranger.issue({ address: 'ann@example.org', ...point('/ca.crl') }).certificate);
    await enrol(ann('/ca.crl', { notAfterMs: nowMs - 60_000 }));
    expect(await update()).toEqual([]);
    expect(web.asked).toEqual([]);
  });

  it('opens no connection into the own network that no parameter allows', async () => {
    await configure();
    let connections = 0;
    web.server.on('connection', () => connections++);
    await enrol(ann('/ca.crl'));
    expect(await update()).toEqual([['/ca.crl', 'fetch-refused-address']]);
    expect(connections).toBe(0);
  });

  it('lets no old list take the place of a newer one, whatever is replayed', async () => {
    const certificate = ann('/ca.crl');
    await enrol(certificate);
    const old = ca.crl({ thisUpdateMs: nowMs - 2 * dayMs });
    files.set('/ca.crl', ca.crl({ revoked: [certificate], crlNumber: 2 }));
    await update();
    files.set('/ca.crl', old);
    expect(await update()).toEqual([['/ca.crl', 'older']]);
    expect(await verdictOf(certificate)).toBe('revoked');
  });

  it.each<[string, string, () => Uint8Array | string]>([
    ['of a stranger', 'crl-not-verified', () => stranger.crl()],
    [
      'of a stranger in the name of the authority',
      'crl-not-verified',
      () => makeTestCa({ subject: ca.name }).crl({ thisUpdateMs: nowMs + 60_000 }),
    ],
    ['of the future', 'crl-not-verified', () => ca.crl({ thisUpdateMs: nowMs + 2 * dayMs })],
    ['that is none', 'crl-unreadable', () => '<html>no</html>'],
    ['that is empty', 'crl-unreadable', () => ''],
    ['that is two', 'crl-unreadable', () => ca.crlPem() + ca.crlPem()],
  ])('keeps the list at hand when it is given one %s', async (_what, code, make) => {
    const certificate = ann('/ca.crl');
    await enrol(certificate);
    files.set('/ca.crl', ca.crl({ revoked: [certificate] }));
    await update();
    files.set('/ca.crl', make());
    expect(await update()).toEqual([['/ca.crl', code]]);
    expect(await verdictOf(certificate)).toBe('revoked');
  });

  it.each<[string, () => Uint8Array]>([
    ['another trusted authority', () => second.crl({ thisUpdateMs: nowMs + 60_000 })],
    [
      'other kinds of certificates',
      () => ca.crl({ thisUpdateMs: nowMs + 60_000, issuingDistributionPoint: { onlyContainsCaCerts: true } }),
    ],
    ['a delta alone', () => ca.crl({ thisUpdateMs: nowMs + 60_000, crlNumber: 3, deltaCrlIndicator: 1 })],
  ])('puts no list of %s in the place of the one at hand, until its file is deleted', async (_what, make) => {
    made.write('root.pem', ca.pem + second.pem);
    const certificate = ann('/ca.crl');
    await enrol(certificate);
    files.set('/ca.crl', ca.crl({ revoked: [certificate] }));
    await update();
    files.set('/ca.crl', make());
    expect(await update()).toEqual([['/ca.crl', 'crl-not-verified']]);
    expect(await verdictOf(certificate)).toBe('revoked');
    for (const { file } of await new CrlStore(join(made.dir, 'expl/crl')).list()) rmSync(file);
    expect(await update()).toEqual([['/ca.crl', 'kept']]);
  });

  it('shows no password and no query of an address, in the log or in what it gives', async () => {
    const lines: unknown[] = [];
    const keep = (...line: readonly unknown[]) => lines.push(line);
    const log = { debug: keep, info: keep, warn: keep, error: keep };
    const host = `127.0.0.1:${web.port}`;
    const addresses = ['ca.crl?hush', 'page?hush', 'none?hush'].map((path) => `http://${host}/${path}`);
    files.set('/ca.crl?hush', ca.crl());
    files.set('/page?hush', 'none');
    const others = [`http://ann:hush@${host}/x`, `ldap://ann:hush@${host}/cn=x`, 'ann:hush@x'];
    made.write('CA_list', [...addresses, ...others].join('\n'));
    const parts = { site, store: made.store, lists: [], clock: { now: () => clockMs }, log };
    const outcomes = await updateCrls(parts, { listFile: join(made.dir, 'CA_list') });
    expect(outcomes.map(({ code }) => code)).toEqual([
      null,
      'crl-unreadable',
      'fetch-status',
      'fetch-bad-url',
      'fetch-bad-url',
      'fetch-bad-url',
    ]);
    const stored = await new CrlStore(join(made.dir, 'expl/crl')).list();
    expect(lines).toHaveLength(5);
    expect(JSON.stringify([outcomes, lines, stored.map(({ url }) => url)])).not.toContain('hush');
  });

  it('takes a fault of its own for no broken file of anchors', async () => {
    const lists = [{ directory: made.dir, config: { cafile: 7 as never, capath: undefined } }];
    const parts = { site, store: made.store, lists, clock: { now: () => clockMs }, log: silentLog };
    await expect(updateCrls(parts)).rejects.toThrow(TypeError);
  });

  it('goes on behind an address that fails', async () => {
    const names = ['/gone.crl', '/ca.crl'].map((path) => ({ fullName: [{ uri: web.base + path }] }));
    await enrol(ann('/', { extensions: { crlDistributionPoints: names } }));
    expect(await update()).toEqual([
      ['/gone.crl', 'fetch-status'],
      ['/ca.crl', 'kept'],
    ]);
  });

  it('takes further addresses from a file, and leaves what is not due', async () => {
    made.write('CA_list', `# authorities\n\n${web.base}/ca.crl\n`);
    const options = { listFile: join(made.dir, 'CA_list') };
    const later = { ...options, dueBeforeMs: nowMs + dayMs };
    expect(await update(later)).toEqual([['/ca.crl', 'kept']]);
    expect(await update(later)).toEqual([['/ca.crl', 'fresh']]);
    expect(await update({ ...options, dueBeforeMs: nowMs + 8 * dayMs })).toEqual([['/ca.crl', 'unchanged']]);
    await expect(update({ listFile: join(made.dir, 'gone') })).rejects.toMatchObject({
      code: 'trust-file-unreadable',
    });
  });

  it('of a task takes the addresses of CA_list, in home or beside sympa.conf, and does without', async () => {
    const parts = async () => {
      const lists = await made.lists.all();
      return { site, store: made.store, lists, clock: { now: () => clockMs }, log: silentLog };
    };
    const run = () => crlUpdater(parts)('CA_list', nowMs + dayMs);
    await run();
    expect(web.asked).toEqual([]);
    made.write('CA_list', `${web.base}/beside.crl\n`);
    await run();
    made.write('expl/CA_list', `${web.base}/ca.crl\n`);
    await run();
    await run();
    expect(web.asked).toEqual(['/beside.crl', '/ca.crl']);
  });

  it('goes by the authorities between a person and the anchor as well', async () => {
    const sub = ca.subCa({ name: 'Sub', ...point('/ca.crl') });
    const certificate = sub.issue({ address: 'ann@example.org', ...point('/sub.crl') }).certificate;
    files.set('/sub.crl', sub.crl());
    await enrol(certificate);
    expect(await update()).toEqual([]);
    await enrol(certificate, sub.chain);
    expect(await update()).toEqual([
      ['/sub.crl', 'kept'],
      ['/ca.crl', 'kept'],
    ]);
  });

  it('asks no directory of the own network that the operator did not allow', async () => {
    await enrol(ann('ldap://192.168.77.1/cn=CA?certificateRevocationList;binary'));
    expect(await update()).toMatchObject([[expect.stringMatching(/^ldap:/), 'fetch-refused-address']]);
  });

  it('goes by the certificates of the keys of lists as well', async () => {
    const list = await made.lists.create({ name: 'board', owners: ['ann@example.org'] });
    const pair = ca.issue({ address: 'board@example.org', ...point('/ca.crl') });
    made.write('expl/board/cert.pem', pair.certificatePem);
    made.write('expl/board/private_key', pair.privateKeyPem);
    chmodSync(join(list.directory, 'private_key'), 0o600);
    expect(await update()).toEqual([['/ca.crl', 'kept']]);
  });

  it.each<[string, TestCrlOptions, string, string]>([
    ['none', {}, 'require', 'no-usable-crl'],
    ['none', {}, 'prefer', 'valid'],
    ['a current one', { nextUpdateMs: nowMs + dayMs }, 'require', 'valid'],
    ['a stale one', { nextUpdateMs: nowMs - 60_000 }, 'require', 'crl-expired'],
    ['a stale one', { nextUpdateMs: nowMs - 60_000 }, 'prefer', 'valid'],
    ['a stale one', { nextUpdateMs: nowMs - 60_000 }, 'off', 'valid'],
  ])('with %s (%j) and the policy %s makes a certificate %s', async (what, list, policy, expected) => {
    await configure('fetch_private_hosts 127.0.0.1', `crl_policy ${policy}`);
    const certificate = ann('/ca.crl');
    await enrol(certificate);
    files.set('/ca.crl', ca.crl(list));
    if (what !== 'none') await update();
    expect(await verdictOf(certificate)).toBe(expected);
  });

  it('leaves what a stale list revokes for good revoked', async () => {
    const certificate = ann('/ca.crl');
    await enrol(certificate);
    files.set('/ca.crl', ca.crl({ revoked: [certificate] }));
    await update();
    clockMs = nowMs + 30 * dayMs;
    expect(await verdictOf(certificate)).toBe('revoked');
  });
});
