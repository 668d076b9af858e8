import { readdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { isMissing, readFileIfThere } from '../files.ts';
import { type CollectedParameters, collectParameters } from './collect-parameters.ts';
import { readConfigText } from './config-text.ts';
import { ConfigError } from './error.ts';
import { infoOf, type ParameterShape } from './parameter.ts';
import { readParameterLines } from './parameter-lines.ts';
import { overlayParameters, parseParameters } from './read-parameters.ts';
import {
  type RobotParameters,
  retiredSiteParameters,
  type SiteParameters,
  siteSchema,
} from './site-parameters.ts';
import { isDomain } from './value-types.ts';

/** A site as its files describe it. */
export interface Site {
  /** The absolute path of `sympa.conf`. */
  readonly file: string;
  /** The folder of `sympa.conf`, where relative paths start. */
  readonly baseDir: string;
  readonly conf: SiteParameters;
  readonly etcDir: string;
  readonly explDir: string;
  readonly dataDir: string;
  /** The folder of user certificates. */
  readonly certDir: string;
  /** What this program brings along: scenarios, tasks, templates. */
  readonly defaultsDir: string;
  /** The main domain first. */
  readonly robots: readonly Robot[];
  /** Parameters that are set and that nothing of this version looks at. */
  readonly withoutEffect: readonly string[];
  /** Makes a path of the configuration absolute. */
  resolve(path: string): string;
}

/** One mail domain. */
export interface Robot {
  readonly domain: string;
  /** The values of the site, those of the domain's `robot.conf` over them. */
  readonly conf: RobotParameters;
  /** The listmasters of the site, who have the rights of a listmaster in every domain. */
  readonly siteListmasters: readonly string[];
  /** `etc/DOMAIN`, which need not exist. */
  readonly etcDir: string;
  /** The folder of the lists. */
  readonly explDir: string;
}

/** Longest pass phrase file that is read. */
const maxPassphraseBytes = 4_096;

/** Where the shipped scenarios, tasks and templates lie, in a checkout and when installed. */
export const defaultsDir = resolve(import.meta.dirname, '../../defaults');

/**
 * Reads `sympa.conf` and each `etc/DOMAIN/robot.conf`.
 *
 * @param confFile path of `sympa.conf`
 * @throws ConfigError with every fault of the first file that has one
 */
export async function loadSite(confFile: string): Promise<Site> {
  const file = resolve(confFile);
  const baseDir = dirname(file);
  const absolute = (path: string) => (isAbsolute(path) ? path : join(baseDir, path));
  const collected = await collectFile(file, { shape: siteSchema.shape, retired: retiredSiteParameters });
  if (!collected) {
    const hint = 'make a site with: ssympa init DIR --domain DOMAIN --listmaster ADDRESS';
    throw new ConfigError('config-missing', `there is no file ${file}`, { hint });
  }
  const conf = await withPassphrase(relocated(parseParameters(siteSchema, collected, file), absolute), file);
  const robots = await loadRobots(conf, collected, absolute);
  return {
    file,
    baseDir,
    conf,
    etcDir: conf.etc,
    explDir: conf.home,
    dataDir: conf.data_dir,
    certDir: conf.ssl_cert_dir ?? join(conf.home, 'X509-user-certs'),
    defaultsDir,
    robots: robots.map(({ robot }) => robot),
    withoutEffect: [...new Set([...collected.withoutEffect, ...robots.flatMap((one) => one.withoutEffect)])],
    resolve: absolute,
  };
}

interface LoadedRobot {
  readonly robot: Robot;
  readonly withoutEffect: readonly string[];
}

async function loadRobots(
  site: SiteParameters,
  collected: CollectedParameters,
  absolute: (path: string) => string,
): Promise<readonly LoadedRobot[]> {
  const folders = (await foldersOf(site.etc)).filter((name) => isDomain(name) && name !== site.domain);
  const robots: LoadedRobot[] = [];
  for (const domain of [site.domain, ...folders.sort()]) {
    const isMain = domain === site.domain;
    const etcDir = join(site.etc, domain);
    const file = join(etcDir, 'robot.conf');
    const own = await collectFile(file, {
      shape: siteSchema.shape,
      retired: retiredSiteParameters,
      refuseSiteOnly: true,
    });
    if (!own && !isMain) continue;
    const explDir = isMain ? site.home : join(site.home, domain);
    const over = own && robotParameters(domain, overlayParameters(collected, own), file, absolute);
    const conf = over ? { ...over, key_passwd: site.key_passwd } : site;
    robots.push({
      robot: { domain, conf, siteListmasters: site.listmaster, etcDir, explDir },
      withoutEffect: own?.withoutEffect ?? [],
    });
  }
  return robots;
}

function robotParameters(
  domain: string,
  collected: CollectedParameters,
  file: string,
  absolute: (path: string) => string,
): RobotParameters {
  const place = collected.places.get('domain');
  const named = collected.texts.domain;
  if (place?.file === file && String(named).toLowerCase() !== domain) {
    const hint = 'the name of the folder is the domain; leave the line out';
    throw new ConfigError('bad-value', `domain is not ${domain}`, { place, hint });
  }
  const texts = { ...collected.texts, domain };
  return relocated(parseParameters(siteSchema, { ...collected, texts }, file), absolute);
}

async function collectFile(
  file: string,
  kind: Parameters<typeof collectParameters>[1],
): Promise<CollectedParameters | undefined> {
  const text = await readConfigText(file);
  return text === undefined ? undefined : collectParameters(readParameterLines(text, file), kind, file);
}

async function withPassphrase(conf: SiteParameters, file: string): Promise<SiteParameters> {
  const passphraseFile = conf.key_passwd_file;
  if (passphraseFile === undefined) return conf;
  if (conf.key_passwd !== undefined) {
    const hint = 'keep one of them';
    throw new ConfigError('duplicate-parameter', `${file} sets key_passwd and key_passwd_file`, { hint });
  }
  const bytes = await readFileIfThere(passphraseFile, maxPassphraseBytes).catch(() => undefined);
  const [passphrase] = new TextDecoder().decode(bytes ?? new Uint8Array()).split(/\r?\n/);
  if (!passphrase) {
    const hint = 'put the pass phrase into its first line, and let the user of the service read it';
    throw new ConfigError('config-unreadable', `key_passwd_file ${passphraseFile} gives no pass phrase`, {
      hint,
    });
  }
  return { ...conf, key_passwd: passphrase };
}

function relocated(conf: SiteParameters, absolute: (path: string) => string): SiteParameters {
  return relocateShape(siteSchema.shape, conf, absolute) as SiteParameters;
}

function relocateShape(
  shape: ParameterShape,
  values: Readonly<Record<string, unknown>>,
  absolute: (path: string) => string,
): Record<string, unknown> {
  const moved: Record<string, unknown> = { ...values };
  for (const [name, schema] of Object.entries(shape)) {
    const { relocate, members, repeats } = infoOf(schema);
    const value = values[name];
    if (value === undefined) continue;
    if (relocate) moved[name] = relocate(value, absolute);
    else if (members && !repeats)
      moved[name] = relocateShape(members, value as Record<string, unknown>, absolute);
  }
  return moved;
}

async function foldersOf(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map((entry) => entry.name);
  } catch (error) {
    if (isMissing(error)) return [];
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ConfigError('config-unreadable', `the folder ${folder} cannot be read (${code})`, {
      cause: error,
    });
  }
}
