import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { SsympaError } from '../errors.ts';
import { fetchUrl } from '../fetching/fetch-url.ts';
import { shownAddress } from '../fetching/shown-address.ts';
import { readFileIfThere } from '../files.ts';
import type { Log } from '../log.ts';
import { type CrlSourceParts, findCrlSources } from './crl-sources.ts';
import { CrlStore, maxCrlBytes } from './crl-store.ts';
import { TrustError } from './error.ts';
import { fetchLdapCrl } from './fetch-ldap-crl.ts';
import { rehashCapath } from './rehash-capath.ts';
import { crlDirectory } from './site-trust.ts';

/** What an update of revocation lists works with. */
export interface CrlUpdateParts extends Omit<CrlSourceParts, 'nowMs'> {
  readonly clock: Clock;
  readonly log: Log;
}

/** What is updated. */
export interface CrlUpdateOptions {
  /** A file with further addresses, one a line, `#` comments; the `CA_list` of a task. */
  readonly listFile?: string;
  /** Lists whose next update lies behind this moment are left as they are; all are fetched without it. */
  readonly dueBeforeMs?: number;
}

/** What came of one address. */
export interface CrlOutcome {
  /** As it may be shown: without user, password and query. */
  readonly url: string;
  /** `fresh`: not asked, because it is not due; `older`: the newer one was here already. */
  readonly status: 'kept' | 'unchanged' | 'older' | 'fresh' | 'failed';
  readonly code: string | null;
  readonly reason: string | null;
}

const timeoutMs = 30_000;
const maxListFileBytes = 1 << 20;
const fetchedTogether = 4;

/**
 * Fetches revocation lists: from the distribution points of trusted certificates, and from the addresses of a file. What
 * fails is told and keeps nothing else from its turn; the list at hand stays.
 *
 * @throws TrustError `trust-file-unreadable` when `listFile` is not there
 */
export async function updateCrls(
  parts: CrlUpdateParts,
  { listFile, dueBeforeMs }: CrlUpdateOptions = {},
): Promise<readonly CrlOutcome[]> {
  const nowMs = parts.clock.now();
  const { urls, authorities } = await findCrlSources({ ...parts, nowMs });
  const wanted = [...new Set([...urls, ...(listFile === undefined ? [] : await readAddresses(listFile))])];
  const store = new CrlStore(crlDirectory(parts.site));
  const update = async (url: string): Promise<CrlOutcome> => {
    if (dueBeforeMs !== undefined && (await isFresh(store, url, dueBeforeMs))) return outcome(url, 'fresh');
    try {
      return outcome(url, await store.keep(url, await fetchList(url, parts), authorities, nowMs));
    } catch (error) {
      if (!(error instanceof SsympaError)) throw error;
      const shown = shownAddress(url);
      parts.log.warn('revocation list not fetched', { url: shown, code: error.code });
      const reason = error.hint === undefined ? error.message : `${error.message}; ${error.hint}`;
      return { url: shown, status: 'failed', code: error.code, reason };
    }
  };
  const outcomes: CrlOutcome[] = [];
  for (let i = 0; i < wanted.length; i += fetchedTogether)
    outcomes.push(...(await Promise.all(wanted.slice(i, i + fetchedTogether).map(update))));
  return outcomes;
}

/**
 * Gives the update that a task asks for: lists that end before a moment, those of the addresses in a file of `home` or of
 * the folder of `sympa.conf` too. Where there is no such file, the distribution points of certificates are enough.
 *
 * @param parts gives what holds when the task runs
 */
export function crlUpdater(
  parts: () => Promise<CrlUpdateParts>,
): (file: string, dueBeforeMs: number) => Promise<void> {
  return async (file, dueBeforeMs) => {
    const now = await parts();
    const places = [join(now.site.explDir, file), now.site.resolve(file)];
    const found = await Promise.all(places.map((place) => readFileIfThere(place, maxListFileBytes)));
    const listFile = places.find((_, i) => found[i] !== undefined);
    const outcomes = await updateCrls(now, { dueBeforeMs, ...(listFile !== undefined && { listFile }) });
    const count = (status: CrlOutcome['status']) => outcomes.filter((one) => one.status === status).length;
    now.log.info('revocation lists updated', { kept: count('kept'), failed: count('failed') });
    await rehashCapath(now.site.conf, now.log);
  };
}

function outcome(url: string, status: CrlOutcome['status']): CrlOutcome {
  return { url: shownAddress(url), status, code: null, reason: null };
}

async function isFresh(store: CrlStore, url: string, dueBeforeMs: number): Promise<boolean> {
  const [crl] = await store.find(url);
  return crl?.nextUpdateMs !== undefined && crl.nextUpdateMs > dueBeforeMs;
}

async function fetchList(url: string, { site }: CrlUpdateParts): Promise<Uint8Array> {
  if (/^ldaps?:/i.test(url)) return fetchLdapCrl(url, site);
  const { fetch_private_hosts: privateHosts = [], fetch_proxy: proxy } = site.conf;
  const { fetch_proxy_resolves: proxyResolves } = site.conf;
  return fetchUrl(url, { maxBytes: maxCrlBytes, timeoutMs, privateHosts, proxy, proxyResolves });
}

async function readAddresses(file: string): Promise<readonly string[]> {
  const bytes = await readFileIfThere(file, maxListFileBytes);
  if (!bytes) throw new TrustError('trust-file-unreadable', `there is no file ${file}`);
  return new TextDecoder()
    .decode(bytes)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
