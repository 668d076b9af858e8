import type { Site } from '../config/site.ts';
import { type DirectorySearch, withDirectory } from '../directory/ldap-client.ts';
import { FetchingError } from '../fetching/error.ts';
import { publicAddressOf, type Resolver } from '../fetching/fetch-url.ts';

const timeoutMs = 30_000;
const maxUrlLength = 2_048;
/** Less than over HTTP: the LDAP library puts a message together anew with each piece, in the square of its size. */
const maxLdapCrlBytes = 4 << 20;

/** Where revocation lists stand in a directory, RFC 4523 §2.7, §2.8, §2.10. */
const usualAttributes = [
  'certificateRevocationList;binary',
  'authorityRevocationList;binary',
  'deltaRevocationList;binary',
];

/** What an LDAP URL asks for. */
interface LdapQuestion {
  readonly host: string;
  readonly port: number | undefined;
  readonly tls: 'none' | 'ldaps';
  readonly search: DirectorySearch;
}

/**
 * Fetches a revocation list from the directory that an LDAP URL names. As with web addresses, only public hosts are asked,
 * unless `fetch_private_hosts` names them, and at the very address that was checked. A list of more than 4 MiB is not taken.
 *
 * @param url `ldap://HOST[:PORT]/NAME?ATTRIBUTE?SCOPE?FILTER`, RFC 4516
 * @returns the list in DER
 * @throws FetchingError, DirectoryError
 */
export async function fetchLdapCrl(
  url: string,
  { conf }: Pick<Site, 'conf'>,
  resolve?: Resolver,
): Promise<Uint8Array> {
  const { host, port, tls, search } = parseLdapUrl(url);
  const privateHosts = conf.fetch_private_hosts ?? [];
  const address = await publicAddressOf(host, { privateHosts, timeoutMs, ...(resolve && { resolve }) });
  const server = { host, address, ...(port !== undefined && { port }) };
  const limits = { stepMs: timeoutMs, totalMs: timeoutMs, bytes: maxLdapCrlBytes };
  return withDirectory({ servers: [server], tls, verifiesServer: true, limits }, async (directory) => {
    const entries = await directory.search(search);
    const list = entries.flatMap((entry) => search.attributes.flatMap((name) => entry.values(name)))[0];
    if (!list) throw new FetchingError('fetch-status', `the directory ${host} has no list there`);
    return list;
  });
}

function parseLdapUrl(text: string): LdapQuestion {
  if (text.length > maxUrlLength || !URL.canParse(text)) throw badUrl();
  const url = new URL(text);
  const [attributes = '', scope = 'base', filter = ''] = url.search.slice(1).split('?').map(decoded);
  const tls = { 'ldap:': 'none', 'ldaps:': 'ldaps' }[url.protocol];
  const isScope = ['base', 'one', 'sub', ''].includes(scope);
  // RFC 4516 §2: without a host the reader is to know one; nobody here does.
  const hasUser = url.username !== '' || url.password !== '';
  if (tls === undefined || url.hostname === '' || hasUser || !isScope) throw badUrl();
  const wanted = attributes.split(',').filter((name) => name !== '');
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? undefined : Number(url.port),
    tls: tls as LdapQuestion['tls'],
    search: {
      base: decoded(url.pathname.slice(1)),
      scope: (scope === '' ? 'base' : scope) as DirectorySearch['scope'],
      filter: filter === '' ? '(objectClass=*)' : filter,
      attributes: wanted.length > 0 ? wanted.map(binary) : usualAttributes,
      maxEntries: 1,
    },
  };
}

/** RFC 4523 §2: such values are transferred with the option `binary`, which URLs in certificates often leave out. */
function binary(name: string): string {
  return /;binary$/i.test(name) ? name : `${name};binary`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badUrl();
  }
}

function badUrl(): FetchingError {
  return new FetchingError('fetch-bad-url', 'the text is no LDAP address of a revocation list');
}
