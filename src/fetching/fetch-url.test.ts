import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startHttpServer, type TestHttpServer } from '../../test/kit/http-server.ts';
import { type FetchOptions, fetchUrl } from './fetch-url.ts';

describe('fetching from a web address', () => {
  let web: TestHttpServer;
  beforeEach(async () => {
    web = await startHttpServer((request, response) => {
      const answers: Record<string, () => void> = {
        '/small': () => response.end('bytes of a list'),
        '/told-large': () => response.writeHead(200, { 'content-length': 1_000_000 }).write('x'),
        '/large': () => response.write('x'.repeat(200_000)),
        '/silent': () => undefined,
        '/slow': () => {
          response.write('x');
          const timer = setInterval(() => response.write('x'), 20);
          response.on('close', () => clearInterval(timer));
        },
        '/packed': () => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
        '/broken': () => request.socket.destroy(),
        '/upgraded': () =>
          request.socket.write('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
        '/half-a-head': () => request.socket.end('HTTP/1.1 200 OK\r\nContent-'),
        '/cut-short': () => {
          response.writeHead(200, { 'content-length': 100 }).write('x');
          setTimeout(() => request.socket.destroy(), 20);
        },
        '/loop': () => response.writeHead(302, { location: '/loop' }).end(),
        '/moved': () => response.writeHead(301, { location: '/small' }).end(),
        '/to-file': () => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
        '/to-ftp': () => response.writeHead(302, { location: 'ftp://127.0.0.1/x' }).end(),
        '/to-metadata': () => response.writeHead(302, { location: 'http://169.254.169.254/x' }).end(),
        '/to-localhost': () =>
          response.writeHead(302, { location: `http://localhost:${web.port}/small` }).end(),
      };
      const answer = answers[request.url ?? ''];
      if (answer) answer();
      else response.writeHead(404).end('nothing');
    });
  });
  afterEach(() => web.close());

  const allowed: FetchOptions = { maxBytes: 100_000, timeoutMs: 5_000, privateHosts: ['127.0.0.1'] };
  const get = async (path: string, more: Partial<FetchOptions> = {}) =>
    Buffer.from(await fetchUrl(web.base + path, { ...allowed, ...more })).toString();
  const code = (code: string) => expect.objectContaining({ code });

  it('gives the bytes, also behind a redirect', async () => {
    expect(await get('/small')).toBe('bytes of a list');
    expect(await get('/moved')).toBe('bytes of a list');
  });

  it('opens no connection to an address of the own network that is not allowed by name', async () => {
    let connections = 0;
    web.server.on('connection', () => connections++);
    for (const host of ['127.0.0.1', '[::1]', 'localhost', '[::ffff:127.0.0.1]', '0x7f000001', '2130706433'])
      await expect(
        fetchUrl(`http://${host}:${web.port}/small`, { ...allowed, privateHosts: [] }),
      ).rejects.toEqual(code('fetch-refused-address'));
    expect(connections).toBe(0);
  });

  it('refuses a name that leads to a private address, even beside a public one', async () => {
    const options = { ...allowed, privateHosts: [] };
    const resolve = async () => [
      { address: '93.184.216.34', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    await expect(fetchUrl(`http://crl.example:${web.port}/small`, { ...options, resolve })).rejects.toEqual(
      code('fetch-refused-address'),
    );
    expect(web.asked).toEqual([]);
  });

  it('connects to the address that was checked, and asks no resolver twice', async () => {
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return [{ address: '127.0.0.1', family: 4 }];
    };
    const options = { ...allowed, privateHosts: ['CRL.example'], resolve };
    const bytes = await fetchUrl(`http://crl.example:${web.port}/small`, options);
    expect([bytes.length, asked]).toEqual([15, 1]);
  });

  it.each([
    ['/to-metadata', 'fetch-refused-address'],
    ['/to-localhost', 'fetch-refused-address'],
    ['/to-file', 'fetch-redirect'],
    ['/to-ftp', 'fetch-redirect'],
    ['/loop', 'fetch-redirect'],
    ['/told-large', 'fetch-too-big'],
    ['/large', 'fetch-too-big'],
    ['/gone', 'fetch-status'],
    ['/packed', 'fetch-status'],
    ['/broken', 'fetch-unreachable'],
    ['/upgraded', 'fetch-status'],
    ['/half-a-head', 'fetch-unreachable'],
    ['/cut-short', 'fetch-unreachable'],
  ])('gives up on %s with %s', async (path, expected) => {
    await expect(get(path)).rejects.toEqual(code(expected));
    expect(web.asked.length).toBeLessThanOrEqual(4);
  });

  it.each(['/silent', '/slow'])('gives up on %s when the time is over', async (path) => {
    await expect(get(path, { timeoutMs: 300 })).rejects.toEqual(code('fetch-timeout'));
  });

  it.each([
    ['cannot be asked', 'EAI_AGAIN'],
    ['knows no such name', 'ENOTFOUND'],
  ])('asks no proxy for a host that our resolver %s (%s), unless the proxy alone resolves', async (_what, code) => {
    const proxy = await startHttpServer((_request, response) => response.end('by the proxy'));
    try {
      const resolve = () => Promise.reject(Object.assign(new Error('no'), { code }));
      const options = { ...allowed, privateHosts: [], proxy: proxy.base, resolve };
      const act = fetchUrl('http://intranet.example/x', options);
      await expect(act).rejects.toMatchObject({
        code: 'fetch-unresolved',
        hint: expect.stringContaining('fetch_proxy_resolves'),
      });
      expect(proxy.asked).toEqual([]);
      const only = { ...options, proxyResolves: true };
      const bytes = await fetchUrl('http://crl.example/x', only);
      expect(Buffer.from(bytes).toString()).toBe('by the proxy');
      for (const url of ['http://127.0.0.1/x', 'http://localhost/x', 'http://[::1]/x'])
        await expect(fetchUrl(url, only)).rejects.toMatchObject({ code: expect.stringMatching(/^fetch-/) });
      expect(proxy.asked).toHaveLength(1);
    } finally {
      await proxy.close();
    }
  });

  it('takes no fault of the resolver itself for a name that is not there', async () => {
    const resolve = () => Promise.reject(new TypeError('a defect'));
    await expect(fetchUrl('http://crl.example/x', { ...allowed, resolve })).rejects.toThrow(TypeError);
  });

  it('takes no defect of its own for a host that cannot be reached', async () => {
    const resolve = async () => [{ address: '93.184.216.34', family: 4 }];
    await expect(
      fetchUrl('http://crl.example/x', { ...allowed, proxy: 'no address', resolve }),
    ).rejects.toThrow(TypeError);
  });

  it('gives up on a proxy that upgrades, or ends, when it is asked for a tunnel', async () => {
    const resolve = async () => [{ address: '93.184.216.34', family: 4 }];
    const answers: readonly (readonly [string, string])[] = [
      ['HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', 'fetch-unreachable'],
      ['', 'fetch-unreachable'],
      ['HTTP/1.1 407 No\r\n\r\n', 'fetch-unreachable'],
    ];
    for (const [answer, expected] of answers) {
      const proxy = await startHttpServer((_request, response) => response.end());
      proxy.server.on('connect', (_request, socket) => {
        socket.on('error', () => undefined);
        socket.on('end', () => socket.destroy()).resume();
        if (answer === '') socket.end();
        else socket.write(answer);
      });
      try {
        const act = fetchUrl('https://crl.example/x', { ...allowed, proxy: proxy.base, resolve });
        await expect(act).rejects.toEqual(code(expected));
      } finally {
        await proxy.close();
      }
    }
  });

  it('gives up on a resolver that is silent', async () => {
    const resolve = () => new Promise<never>(() => undefined);
    const act = fetchUrl('http://crl.example/x', { ...allowed, timeoutMs: 100, resolve });
    await expect(act).rejects.toEqual(code('fetch-timeout'));
  });

  it.each([
    'file:///etc/passwd',
    'ftp://example.org/x',
    'http://a:b@example.org/',
    'no address',
    'http://',
  ])('fetches nothing from %s', async (url) => {
    await expect(fetchUrl(url, allowed)).rejects.toEqual(code('fetch-bad-url'));
  });

  it('fetches through a proxy, which is asked for no private host', async () => {
    const proxy = await startHttpServer((_request, response) => response.end('by the proxy'));
    try {
      const options = { ...allowed, privateHosts: [], proxy: proxy.base };
      const resolve = async () => [{ address: '93.184.216.34', family: 4 }];
      const bytes = await fetchUrl('http://crl.example/list?x=1', { ...options, resolve });
      expect(Buffer.from(bytes).toString()).toBe('by the proxy');
      expect(proxy.asked).toEqual(['http://crl.example/list?x=1']);
      await expect(fetchUrl(`${web.base}/small`, options)).rejects.toEqual(code('fetch-refused-address'));
      expect(proxy.asked).toHaveLength(1);
    } finally {
      await proxy.close();
    }
  });

  it('asks a proxy for a tunnel to a host of HTTPS, and ends where that leads to no TLS', async () => {
    const tunnels: string[] = [];
    const proxy = await startHttpServer((_request, response) => response.end());
    proxy.server.on('connect', (request, socket) => {
      tunnels.push(request.url ?? '');
      const onward = connect(web.port, '127.0.0.1', () => socket.write('HTTP/1.1 200 Connected\r\n\r\n'));
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
      socket.pipe(onward).pipe(socket);
    });
    try {
      const resolve = async () => [{ address: '93.184.216.34', family: 4 }];
      const act = fetchUrl('https://crl.example/list', { ...allowed, proxy: proxy.base, resolve });
      await expect(act).rejects.toEqual(code('fetch-unreachable'));
      expect(tunnels).toEqual(['crl.example:443']);
    } finally {
      await proxy.close();
    }
  });
});
