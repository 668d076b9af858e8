import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { startDialogueServer } from '../../test/kit/smtp-dialogue.ts';
import type { Log } from '../log.ts';
import { parseRoute } from './route.ts';
import { openSession, type SmtpSession } from './session.ts';

const timeouts = { connectMs: 2_000, replyMs: 2_000, dataMs: 2_000 };
const closers: (() => void)[] = [];
const warnings: string[] = [];
const log: Log = { debug() {}, info() {}, error() {}, warn: (event) => warnings.push(event) };
let credentials: { readonly key: string; readonly cert: string };

beforeAll(() => {
  const pair = makeTestCa().issue({ address: 'mx@example.org', use: 'both', algorithm: 'rsa-2048' });
  credentials = { key: pair.privateKeyPem, cert: pair.certificatePem };
});

afterEach(() => {
  warnings.length = 0;
  for (const close of closers.splice(0)) close();
});

interface MailServer {
  readonly port: number;
  /** Commands by the layer in which they came. */
  readonly heard: string[];
}

/** A server that greets, and speaks TLS after STARTTLS; `behind220` is sent in clear with the reply to it. */
async function startTlsServer({ behind220 = '', broken = false } = {}): Promise<MailServer> {
  const heard: string[] = [];
  const serve = (socket: Socket, layer: 'clear' | 'tls') => {
    socket.on('error', () => undefined);
    const onData = (bytes: Buffer) => {
      const line = bytes.toString().trim();
      heard.push(`${layer} ${line}`);
      if (line.startsWith('EHLO'))
        socket.write(
          layer === 'clear' ? '250-mx\r\n250-SIZE 1\r\n250 STARTTLS\r\n' : '250-mx\r\n250 PIPELINING\r\n',
        );
      if (line !== 'STARTTLS') return;
      socket.off('data', onData);
      socket.write(`220 go\r\n${behind220}`);
      if (broken) socket.write('this is no TLS');
      else {
        const secureContext = createSecureContext(credentials);
        serve(new TLSSocket(socket, { isServer: true, secureContext }), 'tls');
      }
    };
    socket.on('data', onData);
  };
  const server = createServer((socket) => {
    closers.push(() => socket.destroy());
    socket.write('220 mx\r\n');
    serve(socket, 'clear');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, heard };
}

async function open(url: string): Promise<SmtpSession> {
  const session = await openSession({
    route: parseRoute(url),
    helloName: 'lists.example.org',
    timeouts,
    log,
  });
  closers.push(() => session.connection.close());
  return session;
}

describe('a session', () => {
  it('goes on in TLS where it is offered, and believes only what is announced in it', async () => {
    const { port, heard } = await startTlsServer();
    const { extensions } = await open(`smtp://127.0.0.1:${port}`);
    expect(heard).toEqual(['clear EHLO lists.example.org', 'clear STARTTLS', 'tls EHLO lists.example.org']);
    expect(extensions).toMatchObject({ pipelining: true, size: undefined, startTls: false });
  });

  it('stays in clear where the route says so', async () => {
    const { port, heard } = await startTlsServer();
    await open(`smtp://127.0.0.1:${port}?tls=never`);
    expect(heard).toEqual(['clear EHLO lists.example.org']);
  });

  it('ends where the route asks for TLS and the server has none', async () => {
    const server = await startDialogueServer('s: 220 mx\nc: EHLO lists.example.org\ns: 250 mx\nc!');
    closers.push(() => void server.close());
    await expect(open(`smtp://127.0.0.1:${server.port}?tls=required`)).rejects.toMatchObject({
      code: 'tls-required',
      temporary: true,
    });
    await server.played;
  });

  it.each([
    '250 injected\r\n',
    '250-inj',
  ])('takes nothing that came in clear behind the 220: %j', async (behind220) => {
    const { port, heard } = await startTlsServer({ behind220 });
    await expect(open(`smtp://127.0.0.1:${port}?tls=required`)).rejects.toMatchObject({ temporary: true });
    expect(heard.filter((line) => line.startsWith('tls'))).toEqual([]);
  });

  it('goes without TLS that does not work, unless the route asks for it', async () => {
    const { port, heard } = await startTlsServer({ broken: true });
    await open(`smtp://127.0.0.1:${port}`);
    expect(heard.at(-1)).toBe('clear EHLO lists.example.org');
    expect(warnings).toEqual(['mail server offers TLS that does not work']);
    await expect(open(`smtp://127.0.0.1:${port}?tls=required`)).rejects.toMatchObject({ code: 'tls-failed' });
  });

  it('speaks TLS from the first byte by smtps', async () => {
    const server = createTlsServer(credentials, (socket) => {
      socket.on('error', () => undefined);
      closers.push(() => socket.destroy());
      socket.write('220 mx\r\n');
      socket.on('data', () => socket.write('250 mx\r\n'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const { connection } = await open(`smtps://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(await connection.command('NOOP\r\n')).toMatchObject({ code: 250 });
  });

  it.each([
    ['554 no', 'peer-refuses'],
    ['421 busy', 'peer-refuses'],
  ])('ends at the greeting %s', async (greeting, code) => {
    const server = await startDialogueServer(`s: ${greeting}`);
    closers.push(() => void server.close());
    await expect(open(`smtp://127.0.0.1:${server.port}`)).rejects.toMatchObject({ code, temporary: true });
  });
});
