import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { loadSite, type Site } from '../config/site.ts';
import { Lists } from '../lists/lists.ts';
import { silentLog } from '../log.ts';
import { openStore, type Store } from '../store/store.ts';
import type { CliIo } from './io.ts';

/** Options of every command that works on a site. */
export interface SiteOptions {
  readonly conf?: string;
}

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

/** Adds `--conf` to a command. */
export function withConf(command: Command): Command {
  return command.option(
    '--conf <file>',
    'the sympa.conf to use (else $SSYMPA_CONF, ./sympa.conf, /etc/ssympa/sympa.conf)',
  );
}

/** Adds `--json` to a command. */
export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON');
}

/** Gives the `sympa.conf` that a command line means. */
export async function confFileOf(io: CliIo, options: SiteOptions): Promise<string> {
  if (options.conf !== undefined) return resolve(io.cwd, options.conf);
  if (io.env.SSYMPA_CONF) return resolve(io.cwd, io.env.SSYMPA_CONF);
  const here = join(io.cwd, 'sympa.conf');
  return (await isFile(here)) ? here : '/etc/ssympa/sympa.conf';
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

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
}
