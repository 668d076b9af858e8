import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHttpServer, type TestHttpServer } from '../../test/kit/http-server.ts';
import type { Site } from '../config/site.ts';
import { readRemoteFile } from './remote-file-source.ts';

const site = (privateHosts: readonly string[]) =>
  ({
    conf: { fetch_private_hosts: privateHosts, fetch_proxy: undefined },
    resolve: (path: string) => path,
  }) as unknown as Site;
const bounds = { limitMs: 5_000 };
const login = `Basic ${Buffer.from('lister:opens').toString('base64')}`;

describe('a file on a web server', () => {
  let server: TestHttpServer;
  beforeAll(async () => {
    server = await startHttpServer((request, response) => {
      if (request.url === '/away') {
        response.writeHead(302, { location: `http://localhost:${server.port}/mine` }).end();
        return;
      }
      if (request.url === '/never') return;
      if (request.url === '/broken') {
        response.writeHead(200, { 'content-length': '1000' }).write('ann@example.net\n');
        response.destroy();
        return;
      }
      const isAllowed = request.url === '/staff' || request.headers.authorization === login;
      response.writeHead(isAllowed ? 200 : 401).end(isAllowed ? 'ann@example.net Ann\n' : '');
    });
  });
  afterAll(() => server?.close());

  const read = (path: string, more: object = {}) =>
    readRemoteFile(
      { url: `${server.base}${path}`, timeout: 1, ...more },
      site(['127.0.0.1', 'localhost']),
      bounds,
    );

  it('names those of its lines', async () => {
    expect([...(await read('/staff')).people]).toEqual([['ann@example.net', 'Ann']]);
  });

  it('is fetched with a password, which no other host is shown', async () => {
    await expect(read('/mine')).rejects.toMatchObject({ code: 'fetch-status' });
    const who = { user: 'lister', passwd: 'opens' };
    expect((await read('/mine', who)).people.size).toBe(1);
    await expect(read('/away', who)).rejects.toMatchObject({ code: 'fetch-status' });
  });

  it('that is late, or cut short, is a failure', async () => {
    await expect(read('/never')).rejects.toMatchObject({ code: 'fetch-timeout' });
    await expect(read('/broken')).rejects.toMatchObject({ code: 'fetch-unreachable' });
  });

  it('of the own network is fetched only where the operator says so', async () => {
    await expect(
      readRemoteFile({ url: `${server.base}/staff`, timeout: 1 }, site([]), bounds),
    ).rejects.toMatchObject({ code: 'fetch-refused-address' });
  });
});
