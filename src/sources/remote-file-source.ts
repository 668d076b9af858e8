import type { Site } from '../config/site.ts';
import { trustedRoots } from '../directory/trusted-roots.ts';
import { fetchUrl } from '../fetching/fetch-url.ts';
import { limitOf, type ReadBounds } from './data-source.ts';
import { SourcesError } from './error.ts';
import { decoded } from './file-source.ts';
import { maxSourceBytes, PeopleCollector, type SourceAnswer } from './people.ts';

/** A file on a web server. */
export interface RemoteFile {
  readonly url?: string | undefined;
  readonly user?: string | undefined;
  readonly passwd?: string | undefined;
  /** Seconds. */
  readonly timeout: number;
  readonly ca_verify?: 'none' | 'optional' | 'required' | undefined;
  readonly ca_file?: string | undefined;
  readonly ca_path?: string | undefined;
}

/**
 * Fetches a file of addresses, one a line.
 *
 * @throws FetchingError, DirectoryError `ca-unreadable`, SourcesError
 */
export async function readRemoteFile(
  file: RemoteFile,
  { resolve, conf }: Pick<Site, 'resolve' | 'conf'>,
  bounds: ReadBounds,
): Promise<SourceAnswer> {
  const { url, user, passwd = '', ca_file: caFile, ca_path: caPath } = file;
  if (url === undefined) throw new SourcesError('source-bad-parameter', 'url is not set');
  const verifiesServer = file.ca_verify !== 'none';
  const places = {
    ...(caFile !== undefined && { caFile: resolve(caFile) }),
    ...(caPath !== undefined && { caPath: resolve(caPath) }),
  };
  const hasOwnRoots = verifiesServer && (caFile ?? caPath) !== undefined;
  const bytes = await fetchUrl(url, {
    maxBytes: maxSourceBytes,
    timeoutMs: limitOf(bounds, file.timeout),
    signal: bounds.signal,
    privateHosts: conf.fetch_private_hosts ?? [],
    proxy: conf.fetch_proxy,
    ...(user !== undefined && { login: { user, password: passwd } }),
    tls: { verifiesServer, ...(hasOwnRoots && { secureContext: await trustedRoots(places) }) },
  });
  const collector = new PeopleCollector();
  await collector.takeLines(decoded(bytes, 'what the web server sends'));
  return collector.answer();
}
