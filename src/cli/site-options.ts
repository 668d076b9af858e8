import type { Command } from 'commander';
import { loadSite, type Site } from '../config/site.ts';
import { Lists } from '../lists/lists.ts';
import { silentLog } from '../log.ts';
import { openStore, type Store } from '../store/store.ts';
import { confFileOf, type SiteOptions } from './conf-file.ts';
import type { CliIo } from './io.ts';

export { confFileOf, type SiteOptions, withConf } from './conf-file.ts';

/** Options of every command that prints data. */
export interface JsonOptions {
  readonly json?: boolean;
}

/** A site with its store open. */
export interface OpenSite {
  readonly site: Site;
  readonly store: Store;
  readonly lists: Lists;
}

/** Adds `--json` to a command. */
export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON');
}

/**
 * Reads the site that a command line means.
 *
 * @throws ConfigError
 */
export async function siteOf(io: CliIo, options: SiteOptions): Promise<Site> {
  return loadSite(await confFileOf(io, options));
}

/** Runs some work with the site's store open, and closes it whatever comes of the work. */
export async function withOpenSite<T>(
  io: CliIo,
  options: SiteOptions,
  work: (open: OpenSite) => Promise<T>,
): Promise<T> {
  const site = await siteOf(io, options);
  const store = await openStore(site.conf.database, { clock: io.clock, log: silentLog });
  try {
    return await work({ site, store, lists: new Lists(site, store) });
  } finally {
    await store.close();
  }
}
