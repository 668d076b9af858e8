import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { runCli } from '../../test/kit/cli.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { startHttpServer, type TestHttpServer } from '../../test/kit/http-server.ts';

describe('ssympa crl', () => {
  let made: FolderSite;
  let web: TestHttpServer;
  const ca = makeTestCa();
  beforeEach(async () => {
    web = await startHttpServer((_request, response) => response.end(ca.crl()));
    made = await makeFolderSite(['cafile root.pem', 'fetch_private_hosts 127.0.0.1']);
    made.write('root.pem', ca.pem);
    made.write('CA_list', `${web.base}/ca.crl\n`);
  });
  afterEach(async () => {
    await made.dispose();
    await web.close();
  });

  const crl = (...args: readonly string[]) => runCli(['crl', ...args], { cwd: made.dir });

  it('update fetches, list shows what is at hand and how it stands', async () => {
    expect((await crl('list', '--json')).stdout).toBe('[]\n');
    const url = `${web.base}/ca.crl`;
    expect(JSON.parse((await crl('update', '--from', 'CA_list', '--json')).stdout)).toEqual([
      { url, status: 'kept', code: null, reason: null },
    ]);
    made.write('expl/crl/old.crl', ca.crlPem({ nextUpdateMs: Date.now() - 60_000 }));
    made.write('expl/crl/zero.crl', 'nothing');
    expect(JSON.parse((await crl('list', '--json')).stdout)).toMatchObject([
      { url, status: 'current', issuer: 'CN=Test CA', revoked: 0 },
      { file: join(made.dir, 'expl/crl/old.crl'), url: null, status: 'stale' },
      { file: join(made.dir, 'expl/crl/zero.crl'), status: 'unreadable', issuer: null },
    ]);
    expect((await crl('list')).stdout).toContain('stale');
  });

  it('update ends with 1 when a list cannot be had', async () => {
    made.write('CA_list', 'http://10.0.0.1/ca.crl\n');
    const failed = await crl('update', '--from', 'CA_list');
    expect(failed).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^failed .*not a host of the public/),
    });
  });

  it('doctor tells of lists that are stale', async () => {
    made.write('expl/crl/old.crl', ca.crlPem({ nextUpdateMs: Date.now() - 60_000 }));
    const { stdout } = await runCli(['doctor', '--json'], { cwd: made.dir });
    const findings = JSON.parse(stdout) as { check: string; status: string; text: string }[];
    expect(findings.filter(({ check }) => check === 'revocation')).toMatchObject([
      { status: 'warn', text: expect.stringContaining('out of date') },
    ]);
  });
});
