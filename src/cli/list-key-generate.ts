import { Command, InvalidArgumentError } from 'commander';
import { parseCertificate } from '../pki/certificate.ts';
import { generateKeyPair, mailKeyAlgorithms } from '../pki/generate-key.ts';
import { readPendingRequest, writePending } from '../trust/list-key-files.ts';
import { makeKeyRequest, makeSelfSigned, privateKeyPem } from '../trust/new-list-key.ts';
import { type CliIo, printJson } from './io.ts';
import { withUse, writeAndTell } from './key-install-options.ts';
import { algorithmNamed, keyOwnerOf, usageNamed } from './key-owner.ts';
import { type JsonOptions, type SiteOptions, siteOf, withConf, withJson } from './site-options.ts';

interface Options extends SiteOptions, JsonOptions {
  readonly algorithm: string;
  readonly for: string;
  readonly selfSigned?: boolean;
  readonly days: number;
  readonly replace?: boolean;
}

const defaultDays = 1_096;

/** `ssympa list key generate LIST` */
export function listKeyGenerateCommand(io: CliIo): Command {
  const command = new Command('generate')
    .description(
      'Makes a key and a certification request with the address of the list. The key waits until `list key install` brings its certificate.',
    )
    .argument('<list>', 'name or name@domain; `sympa` for the address that takes commands')
    .option('--algorithm <name>', `one of ${mailKeyAlgorithms.join(', ')}`, 'rsa-3072')
    .option('--self-signed', 'make a self-signed certificate and install the pair at once')
    .option('--days <number>', 'how long the self-signed certificate is valid', parseDays, defaultDays)
    .option('--replace', 'write over a key that waits; with --self-signed, replace the pair that is there');
  return withJson(withConf(withUse(command))).action((list: string, options: Options) =>
    generate(io, list, options),
  );
}

async function generate(io: CliIo, name: string, options: Options): Promise<void> {
  const usage = usageNamed(io, options.for);
  const algorithm = algorithmNamed(io, options.algorithm);
  const site = await siteOf(io, options);
  const owner = await keyOwnerOf(site, name);
  const { address, directory } = owner;
  if (!options.selfSigned && !options.replace && (await readPendingRequest(directory)) !== undefined)
    io.fail('answer-is-no', `a key of ${address} waits for its certificate already`, {
      hint: 'ssympa list key csr writes its request; --replace makes another key in its place',
    });
  const keys = generateKeyPair(algorithm);
  if (options.selfSigned) {
    const der = makeSelfSigned({ keys, address, usage }, { nowMs: io.clock.now(), days: options.days });
    const pair = { privateKey: keys.privateKey, certificate: parseCertificate(der), chain: [] };
    return writeAndTell(io, site, owner, pair, options, { accept: [], trust: undefined });
  }
  const request = makeKeyRequest({ keys, address, usage });
  await writePending(directory, {
    privateKey: privateKeyPem(keys.privateKey, site.conf.key_passwd),
    request,
  });
  if (options.json) printJson(io, { address, request });
  else io.stdout(request);
}

/** `ssympa list key csr LIST` */
export function listKeyCsrCommand(io: CliIo): Command {
  const command = new Command('csr')
    .description('Writes the certification request of the key that waits for its certificate.')
    .argument('<list>', 'name or name@domain; `sympa` for the address that takes commands');
  return withConf(command).action(async (name: string, options: SiteOptions) => {
    const owner = await keyOwnerOf(await siteOf(io, options), name);
    const request = await readPendingRequest(owner.directory);
    const hint = 'ssympa list key generate makes one';
    io.stdout(
      request ?? io.fail('not-found', `no key of ${owner.address} waits for a certificate`, { hint }),
    );
  });
}

function parseDays(text: string): number {
  const days = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (days < 1) throw new InvalidArgumentError('not a number of days.');
  return days;
}
