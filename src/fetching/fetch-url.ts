import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isPublicAddress } from './address-guard.ts';
import { FetchingError } from './error.ts';
import { requestOnce } from './request-once.ts';

/** Finds all addresses of a host. */
export type Resolver = (host: string) => Promise<readonly LookupAddress[]>;

/** How something is fetched. */
export interface FetchOptions {
  readonly maxBytes: number;
  /** For everything together, redirects too. */
  readonly timeoutMs: number;
  /** Hosts that may have addresses of the own network; compared by name. */
  readonly privateHosts: readonly string[];
  /** `http://HOST:PORT` */
  readonly proxy?: string | undefined;
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
  const signal = AbortSignal.timeout(options.timeoutMs);
  let url = parseUrl(address);
  for (let redirects = 0; ; redirects++) {
    const target = await checkedAddress(url.hostname.replace(/^\[(.*)\]$/, '$1'), options, signal);
    const answer = await requestOnce({
      url,
      target,
      signal,
      maxBytes: options.maxBytes,
      proxy: options.proxy,
    });
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
  { privateHosts, proxy, resolve = systemResolver }: Pick<FetchOptions, 'privateHosts' | 'proxy' | 'resolve'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const isAllowed = privateHosts.some((one) => one.toLowerCase() === host.toLowerCase());
  if (proxy !== undefined && isAllowed) return undefined;
  const addresses = isIP(host) ? [host] : await addressesOf(host, resolve, signal, proxy !== undefined);
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
  resolve: Resolver,
  signal: AbortSignal,
  isProxied: boolean,
): Promise<readonly string[]> {
  try {
    const found = await Promise.race([resolve(host), rejectionOf(signal)]);
    if (found.length > 0) return found.map(({ address }) => address);
  } catch (cause) {
    if (cause instanceof FetchingError) throw cause;
  }
  // Behind a proxy there may be no resolver; the proxy has its own rules then.
  if (isProxied && host.includes('.')) return [];
  throw new FetchingError('fetch-unresolved', `the host ${host} is not found`);
}

const systemResolver: Resolver = (host) => lookup(host, { all: true });

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () =>
      reject(new FetchingError('fetch-timeout', 'the name of the host is not found in time'));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
