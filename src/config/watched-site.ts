import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSite, type Site } from './site.ts';

/** A site, and how its files looked when it was read. */
export interface WatchedSite {
  readonly site: Site;
  /** Fingerprint of its files from before they were read: a change meanwhile is seen at the next look. */
  readonly seen: string;
}

/**
 * Reads a site so that every later change of its files is noticed.
 *
 * @throws ConfigError
 */
export async function loadWatchedSite(confFile: string): Promise<WatchedSite> {
  const seen = await fingerprintOf(await loadSite(confFile));
  return { site: await loadSite(confFile), seen };
}

/** Tells how the files of a site look now; the pass phrase may be mended in a file of its own. */
export async function fingerprintOf({ file, conf, robots }: Site): Promise<string> {
  const passphrase = conf.key_passwd_file === undefined ? [] : [conf.key_passwd_file];
  const files = [file, ...passphrase, ...robots.map(({ etcDir }) => join(etcDir, 'robot.conf'))];
  const infos = await Promise.all(files.map((one) => stat(one).catch(() => undefined)));
  return infos.map((info) => (info ? `${info.mtimeMs} ${info.size} ${info.ino}` : 'missing')).join('\n');
}
