import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { systemClock } from '../clock.ts';
import { ScenarioFiles } from '../lists/scenario-files.ts';
import { silentLog } from '../log.ts';
import { parseCertificate } from '../pki/certificate.ts';
import { encryptPrivateKey } from '../pki/private-key.ts';
import { ListKeyring } from '../trust/list-keys.ts';
import { startWeb, type WebServer } from './server.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

const ca = makeTestCa();
const pair = ca.issue({ address: 'board@example.org', use: 'both', algorithm: 'rsa-2048' });

describe('the web interface', () => {
  let made: FolderSite;
  let web: WebServer;
  beforeAll(async () => {
    made = await makeFolderSite(['key_passwd open sesame']);
    for (const [name, visibility] of [
      ['board', 'noconceal'],
      ['hidden', 'conceal'],
    ] as const) {
      const parameters = { visibility, info: visibility === 'conceal' ? 'private' : 'open' };
      const robot = made.site.robots[0]!;
      const owners = ['owner@example.org'];
      await made.lists.create({
        name,
        robot,
        owners,
        subject: '<b>The board</b>',
        parameters,
        creator: owners[0]!,
        nowMs: 0,
      });
    }
    const folder = join(made.site.explDir, 'board');
    writeFileSync(join(folder, 'cert.pem'), pair.certificatePem);
    writeFileSync(join(folder, 'private_key'), encryptPrivateKey(pair.privateKey, 'open sesame'), {
      mode: 0o600,
    });
    const tls = ca.issue({ address: 'web@example.org', algorithm: 'ec-p256' });
    made.write('tls/cert.pem', tls.certificatePem);
    made.write('tls/key.pem', tls.privateKeyPem);
    const scenarios = new ScenarioFiles(made.site);
    web = await startWeb({
      listen: '127.0.0.1:0',
      certificateFile: join(made.dir, 'tls/cert.pem'),
      privateKeyFile: join(made.dir, 'tls/key.pem'),
      access: () => ({ lists: made.lists, scenarios, store: made.store, clock: systemClock, log: silentLog }),
      keyring: new ListKeyring(() => 'open sesame', silentLog),
      title: () => 'Lists of example.org',
      log: silentLog,
    });
  });
  afterAll(async () => {
    await web.close();
    await made.dispose();
  });

  function get(path: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request(`${web.url}${path}`, { rejectUnauthorized: false }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(pieces) }),
        );
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  it('shows the lists that anybody may see, and no others', async () => {
    const { status, body, headers } = await get('/');
    expect(status).toBe(200);
    expect(body.toString()).toContain('board@example.org');
    expect(body.toString()).not.toContain('hidden@example.org');
    expect(String(headers['content-security-policy'])).toContain("default-src 'none'");
  });

  it('links the certificate of a list, and escapes what its owner wrote', async () => {
    const body = (await get('/info/board@example.org')).body.toString();
    expect(body).toContain('/load_cert/board@example.org');
    expect(body).toContain('&lt;b&gt;The board&lt;/b&gt;');
  });

  it('gives the certificate of a list as DER, whoever asks', async () => {
    const { status, body, headers } = await get('/load_cert/board@example.org');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/x-x509-email-cert');
    expect(headers['content-disposition']).toBe('attachment; filename="board@example.org.cer"');
    expect(parseCertificate(body).sha256).toBe(pair.certificate.sha256);
  });

  it('answers a hidden list, an unknown one and nonsense with the same page', async () => {
    const paths = [
      '/info/hidden',
      '/info/nowhere',
      '/load_cert/hidden',
      '/load_cert/..%2f..%2fetc%2fpasswd',
      '/nonsense',
    ];
    const answers = await Promise.all(paths.map(get));
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 404));
    expect(new Set(answers.map(({ body }) => body.toString())).size).toBe(1);
  });

  it('refuses to speak without TLS to other machines', async () => {
    const options = {
      certificateFile: '',
      privateKeyFile: '',
      keyring: new ListKeyring(() => undefined, silentLog),
      title: () => '',
      log: silentLog,
    };
    const access = () => ({
      lists: made.lists,
      scenarios: new ScenarioFiles(made.site),
      store: made.store,
      clock: systemClock,
      log: silentLog,
    });
    await expect(startWeb({ ...options, access, listen: 'http://0.0.0.0:0' })).rejects.toMatchObject({
      code: 'web-not-loopback',
    });
  });

  it('says that a TLS key is missing', async () => {
    const options = {
      certificateFile: '/nowhere',
      privateKeyFile: '/nowhere',
      keyring: new ListKeyring(() => undefined, silentLog),
      title: () => '',
      log: silentLog,
    };
    const access = () => ({
      lists: made.lists,
      scenarios: new ScenarioFiles(made.site),
      store: made.store,
      clock: systemClock,
      log: silentLog,
    });
    await expect(startWeb({ ...options, access, listen: '127.0.0.1:0' })).rejects.toMatchObject({
      code: 'tls-unreadable',
    });
  });
});
