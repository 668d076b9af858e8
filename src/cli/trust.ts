import { resolve } from 'node:path';
import { Command } from 'commander';
import { SsympaError } from '../errors.ts';
import { writeFileAtomically } from '../files.ts';
import { silentLog } from '../log.ts';
import type { Certificate } from '../pki/certificate.ts';
import { formatName } from '../pki/name-text.ts';
import { type AnchorInFile, addAnchors, anchorsInFiles, removeAnchor } from '../trust/anchor-files.ts';
import { anchorsOfAll } from '../trust/anchors-of-all.ts';
import { countWithout } from '../trust/pathless-certificates.ts';
import { readTrustFile } from '../trust/read-trust-file.ts';
import { makeRootBundle } from '../trust/root-bundle.ts';
import { SiteTrust, type TrustPlaces, trustPlaces } from '../trust/site-trust.ts';
import { type CliIo, printJson, printTable } from './io.ts';
import { robotOf } from './key-owner.ts';
import { readInput } from './read-input.ts';
import {
  type JsonOptions,
  type SiteOptions,
  siteOf,
  withConf,
  withJson,
  withOpenSite,
} from './site-options.ts';

interface Options extends SiteOptions, JsonOptions {
  readonly robot?: string;
  readonly list?: string;
}

/** `ssympa trust list` */
export function trustListCommand(io: CliIo): Command {
  const command = new Command('list').description(
    'Lists the accepted anchors of the site, of a domain or of a list, with the files that they stand in.',
  );
  return withTarget(command).action(async (options: Options) => {
    show(io, await anchorsInFiles((await placesOf(io, options)).places), options);
  });
}

/** `ssympa trust add FILE` */
export function trustAddCommand(io: CliIo): Command {
  const command = new Command('add')
    .description('Accepts the certificates of a file as anchors: they are put into cafile, or into capath.')
    .argument('<file>', 'PEM or DER, several in a file; - for standard input');
  return withTarget(command).action(async (file: string, options: Options) => {
    const places = await ownPlacesOf(io, options);
    const { trustAnchors, faults } = readTrustFile(await readInput(io, file));
    for (const fault of faults) io.stderr(`ssympa: warning: ${fault}\n`);
    if (trustAnchors.length === 0) io.fail('bad-input', `${file} holds no certificate`);
    show(io, await addAnchors(places, trustAnchors), options);
  });
}

/** `ssympa trust remove SHA256` */
export function trustRemoveCommand(io: CliIo): Command {
  const command = new Command('remove')
    .description('Accepts an anchor no more: it is taken out of the files that hold it.')
    .argument('<sha256>', 'as `trust list` shows it; the first 16 digits are enough');
  return withTarget(command).action(async (sha256: string, options: Options) => {
    const places = await ownPlacesOf(io, options);
    const digest = sha256.replaceAll(':', '').toLowerCase();
    if (!/^[0-9a-f]{16,64}$/.test(digest)) io.fail('usage', 'at least 16 hex digits of a SHA-256 are needed');
    const found = (await anchorsInFiles(places)).filter(({ certificate }) =>
      certificate.sha256.startsWith(digest),
    );
    const whole = new Set(found.map(({ certificate }) => certificate.sha256));
    if (whole.size !== 1) io.fail('not-found', `${whole.size} anchors have a SHA-256 that starts so`);
    const removed = found[0]!.certificate;
    const paths = await removeAnchor(places, removed.sha256);
    const certificates = await countLeft(io, options, removed);
    if (options.json) return printJson(io, { sha256: removed.sha256, files: paths, certificates });
    io.stdout(`taken out of ${paths.join(', ')}\n`);
    if (certificates)
      io.stdout(
        `certificates of persons that have no path to an anchor any more, and go out of use: ${certificates}\n`,
      );
  });
}

/** The anchor is gone already: a store that cannot be read is no failure of that. */
async function countLeft(io: CliIo, options: Options, removed: Certificate): Promise<number | null> {
  try {
    return await withOpenSite(io, options, async ({ site, store, lists }) => {
      const { anchors } = await anchorsOfAll(site, await lists.all(), new SiteTrust(site, silentLog));
      return countWithout({ store, clock: io.clock }, anchors, removed, site);
    });
  } catch (error) {
    if (!(error instanceof SsympaError)) throw error;
    io.stderr(
      `ssympa: warning: certificates that it leaves without a path were not counted: ${error.message}\n`,
    );
    return null;
  }
}

interface BundleOptions extends JsonOptions {
  readonly from?: string;
  readonly to?: string;
}

/** `ssympa trust bundle` */
export function trustBundleCommand(io: CliIo): Command {
  const command = new Command('bundle')
    .description(
      'Writes the public roots of this machine as one file, with a note of origin and date. It counts only where it is named as cafile.',
    )
    .option('--from <path>', 'take them from this file')
    .option('--to <file>', 'write to this file instead of standard output');
  return withJson(command).action(async ({ from, to, json }: BundleOptions) => {
    const source = from === undefined ? undefined : resolve(io.cwd, from);
    const { text, count, origin } = await makeRootBundle(source, io.clock.now());
    if (to === undefined) return io.stdout(text);
    const file = resolve(io.cwd, to);
    await writeFileAtomically(file, text, 0o644);
    if (json) printJson(io, { file, count, origin });
    else io.stdout(`${count} roots of ${origin} are in ${file}; to trust them: cafile ${file}\n`);
  });
}

function withTarget(command: Command): Command {
  return withJson(withConf(command))
    .option('--robot <domain>', 'the anchors of this domain')
    .option('--list <list>', 'the anchors of this list');
}

/** The anchors that hold for what a command line names, and those that hold around it. */
interface FoundPlaces {
  readonly places: TrustPlaces;
  /** Undefined for those of the site. */
  readonly around: TrustPlaces | undefined;
}

async function placesOf(io: CliIo, options: Options): Promise<FoundPlaces> {
  const { list: name, robot } = options;
  if (name !== undefined)
    return withOpenSite(io, options, async ({ site, lists }) => {
      const list = await lists.get(name);
      return { places: trustPlaces(site, list), around: trustPlaces(site, { robot: list.robot }) };
    });
  const site = await siteOf(io, options);
  if (robot === undefined) return { places: trustPlaces(site, {}), around: undefined };
  return { places: trustPlaces(site, { robot: robotOf(site, robot) }), around: trustPlaces(site, {}) };
}

/** Gives the anchors to be changed. Those that hold for others too are not changed in the name of one list or domain. */
async function ownPlacesOf(io: CliIo, options: Options): Promise<TrustPlaces> {
  const { places, around } = await placesOf(io, options);
  const isShared = around && places.cafile === around.cafile && places.capath === around.capath;
  if (!isShared) return places;
  const file = options.list === undefined ? 'robot.conf of the domain' : 'config of the list';
  return io.fail('answer-is-no', `${options.list ?? options.robot} has no anchors of its own`, {
    hint: `set cafile in the ${file}, or leave the option out to change whom the others trust too`,
  });
}

function show(io: CliIo, anchors: readonly AnchorInFile[], { json }: Options): void {
  const shown = anchors.map(({ certificate, path }) => ({
    sha256: certificate.sha256,
    subject: formatName(certificate.subject),
    notAfter: new Date(certificate.notAfterMs).toISOString(),
    file: path,
  }));
  if (json) {
    printJson(io, shown);
    return;
  }
  const rows = shown.map((one) => [
    one.sha256.slice(0, 16),
    one.notAfter.slice(0, 10),
    one.subject,
    one.file,
  ]);
  if (rows.length > 0) printTable(io, rows);
  else io.stdout('none\n');
}
