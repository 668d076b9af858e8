import { Command } from 'commander';
import { PkiError } from '../pki/error.ts';
import { openPkcs12, type Pkcs12 } from '../pki/pkcs12.ts';
import { findPair } from '../trust/install-list-key.ts';
import { type KeyOwner, siteKeyOwner } from '../trust/site-key.ts';
import type { CliIo } from './io.ts';
import { type InstallCommandOptions, installAndTell, withInstallOptions } from './key-install-options.ts';
import { keyOwnerOf, robotOf, usageNamed } from './key-owner.ts';
import { readFirstLine, readInput } from './read-input.ts';
import { siteOf } from './site-options.ts';

interface Options extends InstallCommandOptions {
  readonly listname?: string;
  readonly robot?: string;
  readonly pkcs12?: string;
  readonly passwordFile?: string;
  readonly legacy?: boolean;
}

/** `ssympa p12topem --listname LIST FILE.p12` */
export function p12topemCommand(io: CliIo): Command {
  const command = new Command('p12topem')
    .description(
      'Installs the certificate and the key of a PKCS#12 file for a list: cert.pem and private_key in its folder. The pair, the address, the purpose, the validity and the chain are checked first; exit 1 when a check fails, and nothing is written.',
    )
    .argument('[file]', 'the PKCS#12 file; - for standard input')
    .option('--pkcs12 <file>', 'the PKCS#12 file, in place of the argument')
    .option('--listname <list>', 'the list, name or name@domain')
    .option(
      '--robot <domain>',
      'the domain of the list; without a list, the key is for its address of commands',
    )
    .option('--password-file <file>', 'its first line opens the PKCS#12 file; - for standard input')
    .option('--legacy', 'read RC2 and 3DES, too');
  return withInstallOptions(command).action((file: string | undefined, options: Options) =>
    install(io, file, options),
  );
}

async function install(io: CliIo, argument: string | undefined, options: Options): Promise<void> {
  const file = argument ?? options.pkcs12 ?? io.fail('usage', 'no PKCS#12 file is named');
  if (argument !== undefined && options.pkcs12 !== undefined) io.fail('usage', 'two PKCS#12 files are named');
  const usage = usageNamed(io, options.for);
  const site = await siteOf(io, options);
  const owner = await ownerOf(io, site, options);
  const bytes = await readInput(io, file);
  const password =
    options.passwordFile === undefined ? undefined : await readFirstLine(io, options.passwordFile);
  const { keys, certificates } = open(bytes, password, options.legacy ?? false);
  const pair = findPair(
    keys.map(({ key }) => key),
    certificates,
    usage,
  );
  await installAndTell(io, site, owner, pair, options);
}

async function ownerOf(
  io: CliIo,
  site: Awaited<ReturnType<typeof siteOf>>,
  { listname, robot }: Options,
): Promise<KeyOwner> {
  const domain = robot === undefined ? undefined : robotOf(site, robot);
  if (listname === undefined)
    return siteKeyOwner(domain ?? io.fail('usage', '--listname or --robot must be given'));
  return keyOwnerOf(site, domain && !listname.includes('@') ? `${listname}@${domain.domain}` : listname);
}

const hints: Readonly<Record<string, string>> = {
  'weak-encryption': 'with --legacy, RC2 and 3DES are read as well',
  'password-needed': 'put the password into the first line of a file and name it with --password-file',
};

function open(bytes: Uint8Array, password: string | undefined, legacy: boolean): Pkcs12 {
  try {
    return openPkcs12(bytes, password, { legacy });
  } catch (error) {
    const hint = error instanceof PkiError ? hints[error.code] : undefined;
    if (!(error instanceof PkiError) || hint === undefined) throw error;
    throw new PkiError(error.code, error.message, { cause: error, hint });
  }
}
