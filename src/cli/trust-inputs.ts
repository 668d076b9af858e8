import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { Lists } from '../lists/lists.ts';
import { silentLog } from '../log.ts';
import type { Certificate } from '../pki/certificate.ts';
import { type CertificateList, parseCertificateList } from '../pki/crl.ts';
import { readCertificates, readDerBlocks } from '../pki/pem.ts';
import { TrustError } from '../trust/error.ts';
import { type JudgedTrust, SiteTrust } from '../trust/site-trust.ts';
import { TrustAnchors } from '../trust/trust-anchors.ts';
import type { CliIo } from './io.ts';
import { readInput } from './read-input.ts';
import { confFileOf, type SiteOptions, siteOf } from './site-options.ts';

/** Options by which a command line says whom to trust. */
export interface TrustOptions extends SiteOptions {
  readonly cafile?: string;
  readonly capath?: string;
  readonly untrusted: readonly string[];
  readonly crl: readonly string[];
  readonly at?: number;
  /** The list whose anchors hold, where no others are named. */
  readonly list?: string;
}

/** What the options name, read. */
export interface TrustInputs extends JudgedTrust {
  readonly untrusted: readonly Certificate[];
  readonly atMs: number;
}

/** Adds the options of {@link TrustOptions} to a command. */
export function withTrustInputs(command: Command): Command {
  return command
    .option('--cafile <file>', 'trust anchors, PEM or DER; replaces those of the site')
    .option('--capath <folder>', 'a folder of trust anchors; replaces those of the site')
    .option(
      '--untrusted <file>',
      'certificates that may lie on the way to an anchor; may be repeated',
      collect,
      [],
    )
    .option('--crl <file>', 'certificate revocation lists; may be repeated', collect, [])
    .option('--at <time>', 'judge at this time, ISO 8601, instead of now', parseTime);
}

/** Gathers the values of an option that may be repeated. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Reads a time of a command line; without a zone it is UTC. */
function parseTime(text: string): number {
  const iso = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  const ms = iso ? Date.parse(text.includes('T') && iso[1] === undefined ? `${text}Z` : text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new InvalidArgumentError('not a time such as 2026-01-31 or 2026-01-31T12:00:00Z.');
  return ms;
}

/**
 * Reads what the trust options name. With `--cafile` or `--capath` no site is needed, and a revocation list that is missing
 * is no fault; without them what the daemon judges mail to the list by, or to the site. Without a site nobody is trusted.
 *
 * @throws TrustError `trust-file-unreadable`, PkiError, ListsError, ConfigError where a site is there and faulty
 */
export async function readTrustInputs(io: CliIo, options: TrustOptions): Promise<TrustInputs> {
  const own = options.cafile !== undefined || options.capath !== undefined;
  const anchors = own ? await namedAnchors(io, options) : await siteAnchors(io, options);
  const untrusted = await Promise.all(
    options.untrusted.map(async (file) => readCertificates(await readInput(io, file))),
  );
  const named = await Promise.all(options.crl.map(async (file) => readLists(await readInput(io, file))));
  const crls = named.flat();
  return {
    trustAnchors: anchors.trustAnchors,
    untrusted: untrusted.flat(),
    crls: [...anchors.crls, ...crls],
    // A list that the command line names counts, whatever the site does with its own.
    crlCheck: anchors.crlCheck === 'off' && crls.length > 0 ? 'present' : anchors.crlCheck,
    atMs: options.at ?? io.clock.now(),
  };
}

async function namedAnchors(io: CliIo, { cafile, capath }: TrustOptions): Promise<JudgedTrust> {
  const paths = {
    cafile: cafile === undefined ? undefined : resolve(io.cwd, cafile),
    capath: capath === undefined ? undefined : resolve(io.cwd, capath),
  };
  for (const path of [paths.cafile, paths.capath]) {
    if (path !== undefined && !(await exists(path))) io.fail('no-input', `there is no ${path}`);
  }
  try {
    const material = await new TrustAnchors(paths, silentLog).current();
    // A site whose file was emptied trusts nobody; a file named here is named for the anchors in it.
    if (paths.cafile !== undefined && material.trustAnchors.length === 0)
      io.fail('bad-input', `there is no certificate in ${paths.cafile}`);
    return { ...material, crlCheck: 'present' };
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    return io.fail('bad-input', error.message, { cause: error });
  }
}

/** A site that nobody named and that is not there trusts nobody. */
async function siteAnchors(io: CliIo, options: TrustOptions): Promise<JudgedTrust> {
  const named = options.conf !== undefined || Boolean(io.env.SSYMPA_CONF);
  if (!named && !(await exists(await confFileOf(io, options))))
    return { trustAnchors: [], crls: [], crlCheck: 'present' };
  const site = await siteOf(io, options);
  const list = options.list === undefined ? {} : await new Lists(site).get(options.list);
  return new SiteTrust(site, silentLog).for(list);
}

function readLists(bytes: Uint8Array): readonly CertificateList[] {
  return readDerBlocks(bytes, new Set(['X509 CRL'])).map((der) => parseCertificateList(der));
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
