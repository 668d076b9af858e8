import { execFile } from 'node:child_process';
import type { SiteParameters } from '../config/site-parameters.ts';
import type { Log } from '../log.ts';

const maxRunMs = 60_000;

/** What came of renewing the names of `capath`. */
export type RehashOutcome = 'off' | 'done' | 'failed';

/**
 * Renews the links by which OpenSSL, and a web server that shares the folder, finds authorities in `capath` (HASH.N), where
 * `capath_rehash` asks for it. This service itself reads every file of the folder, whatever its name, so that a failure
 * harms nobody here and is told of in the log.
 */
export async function rehashCapath(conf: SiteParameters, log: Log): Promise<RehashOutcome> {
  const { capath, openssl = 'openssl' } = conf;
  if (!conf.capath_rehash || capath === undefined) return 'off';
  const outcome = await new Promise<RehashOutcome>((resolve) => {
    execFile(openssl, ['rehash', capath], { timeout: maxRunMs, maxBuffer: 1 << 20 }, (error) =>
      resolve(error ? 'failed' : 'done'),
    );
  });
  if (outcome === 'failed') log.warn('capath not rehashed', { capath, openssl });
  return outcome;
}
