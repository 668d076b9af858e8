import { Command } from 'commander';
import type { Site } from '../config/site.ts';
import { readCertificates } from '../pki/pem.ts';
import { parsePrivateKey } from '../pki/private-key.ts';
import { findPair, suffixOf } from '../trust/install-list-key.ts';
import { dropPending, readKeyFile, readPendingKey } from '../trust/list-key-files.ts';
import type { CliIo } from './io.ts';
import { type InstallCommandOptions, installAndTell, withInstallOptions } from './key-install-options.ts';
import { keyOwnerOf, usageNamed } from './key-owner.ts';
import { readInput } from './read-input.ts';
import { siteOf } from './site-options.ts';

/** `ssympa list key install LIST CERT` */
export function listKeyInstallCommand(io: CliIo): Command {
  const command = new Command('install')
    .description(
      'Installs the certificate that a CA made for the key that waits, or a new one for the key in use; the same checks as p12topem.',
    )
    .argument('<list>', 'name or name@domain; `sympa` for the address that takes commands')
    .argument('<cert>', 'PEM or DER: the certificate, and those above it; - for standard input');
  return withInstallOptions(command).action((list: string, file: string, options: InstallCommandOptions) =>
    install(io, list, file, options),
  );
}

async function install(io: CliIo, name: string, file: string, options: InstallCommandOptions): Promise<void> {
  const usage = usageNamed(io, options.for);
  const site = await siteOf(io, options);
  const owner = await keyOwnerOf(site, name);
  const certificates = readCertificates(await readInput(io, file));
  if (certificates.length === 0) io.fail('bad-input', `${file} holds no certificate`);
  const pending = await readPendingKey(owner.directory);
  const inUse = await readKeyFile(owner.directory, suffixOf(usage));
  const keys = [pending, inUse].filter((bytes) => bytes !== undefined).map((bytes) => keyOf(bytes, site));
  const pair = findPair(keys, certificates, usage);
  await installAndTell(io, site, owner, pair, options);
  if (pending && keys[0]!.equals(pair.privateKey)) await dropPending(owner.directory);
}

function keyOf(bytes: Uint8Array, { conf }: Site) {
  return parsePrivateKey(bytes, conf.key_passwd);
}
