import type { Command } from 'commander';
import type { Site } from '../config/site.ts';
import { certificateUses } from '../pki/certificate.ts';
import type { InstallKeyOptions, KeyPairFound } from '../trust/install-list-key.ts';
import { installListKey, suffixOf } from '../trust/install-list-key.ts';
import type { ListIdentity, ListKeys } from '../trust/list-keys.ts';
import type { KeyOwner } from '../trust/site-key.ts';
import { type CliIo, printJson } from './io.ts';
import { checkAccepted, keyTrust, usageNamed, useNames } from './key-owner.ts';
import { duties, generationName, keysOf, rolesOf } from './key-roles.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson } from './site-options.ts';
import { collect } from './trust-inputs.ts';

/** Options of every command that installs a pair. */
export interface InstallCommandOptions extends SiteOptions, JsonOptions {
  readonly for: string;
  readonly accept: readonly string[];
  readonly replace?: boolean;
}

/** Adds the options of {@link InstallCommandOptions}. */
export function withInstallOptions(command: Command): Command {
  const shown = withJson(withConf(command));
  return withUse(shown)
    .option('--accept <code>', 'install in spite of this fault; may be repeated', collect, [])
    .option('--replace', 'let the pair that is there become a generation that still decrypts');
}

/** Adds `--for`. */
export function withUse(command: Command): Command {
  return command.option('--for <use>', `what the pair is for: ${useNames.join(', ')}`, 'both');
}

/** Checks and installs a pair, and tells what was done. */
export async function installAndTell(
  io: CliIo,
  site: Site,
  owner: KeyOwner,
  pair: KeyPairFound,
  options: InstallCommandOptions,
): Promise<void> {
  checkAccepted(io, options.accept);
  const trust = await keyTrust(site, owner);
  await writeAndTell(io, site, owner, pair, options, { accept: options.accept, trust });
}

/** Installs a pair by what was decided already, and tells what was done. */
export async function writeAndTell(
  io: CliIo,
  site: Site,
  owner: KeyOwner,
  pair: KeyPairFound,
  options: Pick<InstallCommandOptions, 'for' | 'replace' | 'json'>,
  decided: Pick<InstallKeyOptions, 'accept' | 'trust'>,
): Promise<void> {
  const usage = usageNamed(io, options.for);
  const generation = await installListKey(owner, pair, {
    usage,
    replace: options.replace ?? false,
    passphrase: site.conf.key_passwd,
    nowMs: io.clock.now(),
    ...decided,
  });
  const { address, directory } = owner;
  const files = ['cert.pem', 'private_key'].map((name) => `${directory}/${name}${suffixOf(usage)}`);
  const { sha256, notAfterMs } = pair.certificate;
  const keys = await keysOf(site, owner);
  const installed = keys.identities.find((one) => one.generation === suffixOf(usage));
  if (options.json) {
    const [certificate, privateKey] = files;
    const notAfter = new Date(notAfterMs).toISOString();
    return printJson(io, {
      address,
      certificate,
      privateKey,
      sha256,
      notAfter,
      generation: generation ?? null,
      roles: installed ? rolesOf(installed, keys) : null,
    });
  }
  io.stdout(`${address}: ${files.join(', ')}\n`);
  if (generation !== undefined)
    io.stdout(
      `the pair that was there still decrypts, as cert.pem${generation} and private_key${generation}\n`,
    );
  for (const line of rolesText(keys, installed)) io.stdout(`${line}\n`);
}

/** Who installs as root is shown no key of the service's user: it is not loaded then. */
function rolesText(keys: ListKeys, installed: ListIdentity | undefined): readonly string[] {
  if (!installed)
    return ['what signs and what is given out: ssympa list key show, as the user of the service'];
  const roles = rolesOf(installed, keys);
  const uses = certificateUses(installed.certificate);
  const name = generationName(installed.generation);
  const alone = uses.sign === uses.encrypt ? undefined : uses.sign ? 'sign' : 'encrypt';
  const isIdle = !roles.includes('given out') && !roles.includes('signs');
  return [
    ...duties(keys),
    ...(alone ? [`the certificate of ${name} may be used to ${alone} alone`] : []),
    ...(isIdle ? [`${name} is neither given out nor signs: ${idleHint}`] : []),
  ];
}

const idleHint =
  'install it in place of those that do with --for enc or --for sign and --replace, or retire them with ssympa list key retire';
