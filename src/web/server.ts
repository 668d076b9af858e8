import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, isIP, type Server } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Log } from '../log.ts';
import { type WebParts, webApp } from './app.ts';
import { WebError } from './error.ts';

/** Where the web interface waits, and with which certificate. */
export interface WebOptions extends WebParts {
  /** `HOST:PORT`, or `http://HOST:PORT` behind a proxy on this machine. */
  readonly listen: string;
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  readonly log: Log;
}

/** A running web interface. */
export interface WebServer {
  readonly url: string;
  close(): Promise<void>;
}

const requestTimeoutMs = 30_000;
const headersTimeoutMs = 10_000;

/**
 * Starts the web interface.
 *
 * @throws WebError `web-listen-failed`, `web-not-loopback`, `tls-unreadable`
 */
export async function startWeb(options: WebOptions): Promise<WebServer> {
  const plain = options.listen.startsWith('http://');
  const { hostname, port } = new URL(
    plain ? options.listen : `https://${options.listen.replace(/^https:\/\//, '')}`,
  );
  const host = hostname.replace(/^\[|\]$/g, '');
  if (plain && !isLoopback(host))
    throw new WebError(
      'web-not-loopback',
      `web_listen ${options.listen}: without TLS only a loopback address is allowed`,
    );
  const listener = getRequestListener(webApp(options).fetch);
  const server = plain ? createHttpServer(listener) : createHttpsServer(await tlsOptions(options), listener);
  server.requestTimeout = requestTimeoutMs;
  server.headersTimeout = headersTimeoutMs;
  server.on('clientError', (_error, socket) => socket.destroy());
  await listen(server, host, Number(port || (plain ? 80 : 443)));
  const bound = server.address() as AddressInfo;
  const shown = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return { url: `${plain ? 'http' : 'https'}://${shown}:${bound.port}`, close: () => closeServer(server) };
}

async function tlsOptions({ certificateFile, privateKeyFile }: WebOptions): Promise<ServerOptions> {
  try {
    return {
      cert: await readFile(certificateFile),
      key: await readFile(privateKeyFile),
      minVersion: 'TLSv1.2',
    };
  } catch (cause) {
    throw new WebError('tls-unreadable', `${certificateFile} and ${privateKeyFile} cannot be read`, {
      cause,
    });
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new WebError('web-listen-failed', `the web interface cannot wait at ${host}:${port}`, { cause }),
      ),
    );
    server.listen(port, host, resolve);
  });
}

function closeServer(server: ReturnType<typeof createHttpServer>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
