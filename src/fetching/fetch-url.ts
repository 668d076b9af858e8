import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isPublicAddress } from './address-guard.ts';
import { FetchingError } from './error.ts';
import { type FetchLogin, type FetchTls, requestOnce } from './request-once.ts';

/** Finds all addresses of a host. */
export type Resolver = (host: string) => Promise<readonly LookupAddress[]>;

/** How something is fetched. */
export interface FetchOptions {
  readonly maxBytes: number;
  /** For everything together, redirects too. */
  readonly timeoutMs: number;
  /** Ends it as though its time were over. */
  readonly signal?: AbortSignal | undefined;
  /** Hosts that may have addresses of the own network; compared by name. */
  readonly privateHosts: readonly string[];
  /** `http://HOST:PORT` */
  readonly proxy?: string | undefined;
  /** Whether the proxy is asked for hosts that our own resolver does not find; their addresses are then checked by nobody here. */
  readonly proxyResolves?: boolean;
  /** For the host that is named, and no other that it redirects to. */
  readonly login?: FetchLogin;
  readonly tls?: FetchTls;
  /** The system's resolver when left out. */
  readonly resolve?: Resolver;
}

const maxRedirects = 3;
const maxUrlLength = 2_048;

/**
 * Fetches what lies at a web address: GET over HTTP or HTTPS, no more than so many bytes and milliseconds.
 *
 * Who names the address may be a stranger. So each host is resolved first, none but public addresses are taken unless the
 * operator allows the host by name, and the connection goes to the very address that was checked. The same holds for
 * each redirect.
 *
 * @throws FetchingError
 */
export async function fetchUrl(address: string, options: FetchOptions): Promise<Uint8Array> {
  const late = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([late, options.signal]) : late;
  const named = parseUrl(address);
  let url = named;
  for (let redirects = 0; ; redirects++) {
    const target = await checkedAddress(url.hostname.replace(/^\[(.*)\]$/, '$1'), options, signal);
    const exchange = requestOnce({
      url,
      target,
      signal,
      maxBytes: options.maxBytes,
      proxy: options.proxy,
      login: url.origin === named.origin ? options.login : undefined,
      tls: options.tls,
    });
    // Whatever the exchange waits for, it is over in time.
    const answer = await Promise.race([exchange, lateAt(signal, `${url.host} does not answer in time`)]);
    if (answer.status === 'body') return answer.bytes;
    if (redirects >= maxRedirects)
      throw new FetchingError('fetch-redirect', `${url.host} redirects too often`);
    url = redirected(url, answer.location);
  }
}

function parseUrl(text: string): URL {
  if (text.length > maxUrlLength || !URL.canParse(text))
    throw new FetchingError('fetch-bad-url', 'the text is no web address');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new FetchingError('fetch-bad-url', `nothing is fetched by ${url.protocol.slice(0, 20)}`);
  if (url.username !== '' || url.password !== '')
    throw new FetchingError('fetch-bad-url', 'a web address with a password in it is not fetched from');
  return url;
}

/** A redirect may go from HTTP to HTTPS, never back, and never to another scheme. */
function redirected(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href))
    throw new FetchingError('fetch-redirect', `${from.host} redirects to what is no web address`);
  const to = new URL(location, from.href);
  const isAllowed = to.protocol === from.protocol || (from.protocol === 'http:' && to.protocol === 'https:');
  if (!isAllowed) throw new FetchingError('fetch-redirect', `${from.host} redirects to another scheme`);
  return parseUrl(to.href);
}

/**
 * Finds the address of a host that a stranger named, for a connection to that very address.
 *
 * @throws FetchingError `fetch-refused-address`, `fetch-unresolved`, `fetch-timeout`
 */
export async function publicAddressOf(
  host: string,
  options: Pick<FetchOptions, 'privateHosts' | 'resolve' | 'timeoutMs'>,
): Promise<string> {
  const { timeoutMs, ...rest } = options;
  const address = await checkedAddress(host, rest, AbortSignal.timeout(timeoutMs));
  if (address === undefined) throw new FetchingError('fetch-unresolved', `the host ${host} is not found`);
  return address;
}

/** Gives the address to connect to, or undefined where a proxy finds it. */
async function checkedAddress(
  host: string,
  options: Omit<FetchOptions, 'maxBytes' | 'timeoutMs'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { privateHosts, proxy } = options;
  const isAllowed = privateHosts.some((one) => one.toLowerCase() === host.toLowerCase());
  if (proxy !== undefined && isAllowed) return undefined;
  const addresses = isIP(host) ? [host] : await addressesOf(host, options, signal);
  // One that is not public among public ones is an attempt; no choice is made among them.
  if (!isAllowed && !addresses.every(isPublicAddress)) {
    const hint = `to allow it: fetch_private_hosts ${host}`;
    throw new FetchingError('fetch-refused-address', `${host} is not a host of the public Internet`, {
      hint,
    });
  }
  return proxy === undefined ? addresses[0] : undefined;
}

async function addressesOf(
  host: string,
  { resolve = systemResolver, proxy, proxyResolves = false }: Omit<FetchOptions, 'maxBytes' | 'timeoutMs'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const late = lateAt(signal, `the name of the host ${host} is not found in time`);
  const found = await Promise.race([foundBy(resolve, host), late]);
  if (found.length > 0) return found;
  if (proxy !== undefined && proxyResolves && host.includes('.')) return [];
  const hint = proxy === undefined ? {} : { hint: 'where only the proxy resolves: fetch_proxy_resolves on' };
  throw new FetchingError('fetch-unresolved', `the host ${host} is not found`, hint);
}

async function foundBy(resolve: Resolver, host: string): Promise<readonly string[]> {
  try {
    return (await resolve(host)).map(({ address }) => address);
  } catch (error) {
    if (isOfResolver(error)) return [];
    throw error;
  }
}

/** Codes of getaddrinfo, and what the system says where it cannot ask at all. */
const resolverCodes = /^(?:EAI_[A-Z]+|ENOTFOUND|ENODATA|ESERVFAIL|EREFUSED|ETIMEOUT|EMFILE|ENFILE|ENOMEM)$/;

function isOfResolver(error: unknown): boolean {
  return error instanceof Error && resolverCodes.test((error as NodeJS.ErrnoException).code ?? '');
}

const systemResolver: Resolver = (host) => lookup(host, { all: true });

function lateAt(signal: AbortSignal, text: string): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(new FetchingError('fetch-timeout', text));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
