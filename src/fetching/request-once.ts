import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import { FetchingError } from './error.ts';

/** How a server of HTTPS is checked. */
export interface FetchTls {
  readonly verifiesServer: boolean;
  /** The certification authorities; those that Node knows without it. */
  readonly secureContext?: SecureContext;
}

/** Who asks, for the server alone (RFC 7617). */
export interface FetchLogin {
  readonly user: string;
  readonly password: string;
}

/** One request. */
export interface OnceOptions {
  readonly url: URL;
  /** The address to connect to; undefined where the proxy is to find it. */
  readonly target: string | undefined;
  readonly signal: AbortSignal;
  readonly maxBytes: number;
  readonly proxy: string | undefined;
  readonly login: FetchLogin | undefined;
  readonly tls: FetchTls | undefined;
}

/** What came of it. */
export type OnceAnswer =
  | { readonly status: 'body'; readonly bytes: Uint8Array }
  | { readonly status: 'redirect'; readonly location: string };

const maxHeaderBytes = 16_384;

/**
 * Sends one GET and reads the answer.
 *
 * @throws FetchingError
 */
export async function requestOnce(options: OnceOptions): Promise<OnceAnswer> {
  try {
    const response = await answerTo(await makeRequest(options), options.url);
    try {
      return await readAnswer(response, options);
    } finally {
      response.destroy();
    }
  } catch (cause) {
    throw failureOf(cause, options);
  }
}

/** Makes the error of what connections and the reading of answers fail with; a defect of our own stays what it is. */
function failureOf(cause: unknown, { url, signal }: OnceOptions): unknown {
  if (cause instanceof FetchingError) return cause;
  if (signal.aborted)
    return new FetchingError('fetch-timeout', `${url.host} does not answer in time`, { cause });
  const { code } = cause as NodeJS.ErrnoException;
  const isOfWorld = cause instanceof Error && !(cause instanceof TypeError) && typeof code === 'string';
  if (!isOfWorld) return cause;
  return new FetchingError('fetch-unreachable', `${url.host} cannot be reached (${code})`, { cause });
}

async function makeRequest(options: OnceOptions): Promise<ClientRequest> {
  const { url, target, proxy, signal, login } = options;
  const tls = tlsOptions(options.tls);
  const common: RequestOptions = {
    method: 'GET',
    headers: {
      host: url.host,
      'accept-encoding': 'identity',
      'user-agent': 'ssympa',
      connection: 'close',
      ...(login && { authorization: basicCredentials(login) }),
    },
    agent: false,
    signal,
    maxHeaderSize: maxHeaderBytes,
  };
  const path = `${url.pathname}${url.search}`;
  if (proxy === undefined) return directRequest(url, target!, { ...common, path }, tls);
  const through = proxyAddress(proxy);
  if (url.protocol === 'http:')
    return httpRequest({ ...common, ...through, path: `http://${url.host}${path}` }).end();
  const socket = await tunnel(url, through, common);
  if (signal.aborted) socket.destroy();
  else signal.addEventListener('abort', () => socket.destroy(), { once: true });
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const secure = await secured(
    connectTls({ ...tls, socket, host, ...(isIP(host) ? {} : { servername: host }) }),
  );
  // The connection is encrypted already, so that the plain client speaks over it.
  return httpRequest({ ...common, path, createConnection: () => secure }).end();
}

function secured(socket: TLSSocket): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', () => resolve(socket));
    // Stays, because a connection that ends may fail more than once.
    socket.on('error', reject);
    socket.once('close', () =>
      reject(new FetchingError('fetch-unreachable', 'the host closes the connection behind the proxy')),
    );
  });
}

function tlsOptions(tls: FetchTls | undefined): ConnectionOptions {
  if (!tls) return {};
  const { verifiesServer: rejectUnauthorized, secureContext } = tls;
  return { rejectUnauthorized, ...(secureContext && { secureContext }) };
}

/** RFC 7617 §2. */
function basicCredentials({ user, password }: FetchLogin): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function directRequest(
  url: URL,
  target: string,
  common: RequestOptions,
  tls: ConnectionOptions,
): ClientRequest {
  const port = url.port === '' ? undefined : Number(url.port);
  if (url.protocol === 'http:') return httpRequest({ ...common, host: target, port: port ?? 80 }).end();
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  // The certificate is checked against the name; only the connection goes to the address.
  const name = isIP(host) ? {} : { servername: host };
  return httpsRequest({ ...common, ...tls, ...name, host: target, port: port ?? 443 }).end();
}

function proxyAddress(proxy: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(proxy);
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 80) };
}

/** RFC 9110 §9.3.6: asks the proxy for a connection to the host. */
function tunnel(
  url: URL,
  through: { readonly host: string; readonly port: number },
  common: RequestOptions,
): Promise<Socket> {
  const authority = `${url.hostname}:${url.port || 443}`;
  const asked = httpRequest({
    ...common,
    ...through,
    method: 'CONNECT',
    path: authority,
    headers: { host: authority },
  });
  const notConnected = () => new FetchingError('fetch-unreachable', 'the proxy does not connect');
  return new Promise((resolve, reject) => {
    asked.on('error', reject);
    asked.once('close', () => reject(notConnected()));
    for (const event of ['response', 'upgrade'])
      asked.once(event, (response: IncomingMessage, socket?: Socket) => {
        (socket ?? response).destroy();
        reject(notConnected());
      });
    asked.once('connect', (response, socket) => {
      if (response.statusCode === 200) resolve(socket as Socket);
      else {
        socket.destroy();
        const text = `the proxy answers ${response.statusCode}`;
        reject(new FetchingError('fetch-unreachable', text));
      }
    });
    asked.end();
  });
}

/** Whatever the server does settles this: an answer, a change to another protocol that nobody asked for, an end. */
function answerTo(request: ClientRequest, { host }: URL): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('upgrade', ({ statusCode }, socket) => {
      socket.destroy();
      reject(new FetchingError('fetch-status', `${host} answers ${statusCode}`));
    });
    request.on('error', reject);
    request.once('close', () =>
      reject(new FetchingError('fetch-unreachable', `${host} ends the connection without an answer`)),
    );
  });
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

async function readAnswer(response: IncomingMessage, { url, maxBytes }: OnceOptions): Promise<OnceAnswer> {
  const { statusCode = 0, headers } = response;
  if (redirects.has(statusCode) && headers.location !== undefined)
    return { status: 'redirect', location: headers.location };
  if (statusCode !== 200) throw new FetchingError('fetch-status', `${url.host} answers ${statusCode}`);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw new FetchingError('fetch-status', `${url.host} answers in an encoding that was not asked for`);
  const tooBig = () => new FetchingError('fetch-too-big', `${url.host} sends more than ${maxBytes} bytes`);
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooBig();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > maxBytes) throw tooBig();
    pieces.push(piece);
  }
  return { status: 'body', bytes: new Uint8Array(Buffer.concat(pieces)) };
}
