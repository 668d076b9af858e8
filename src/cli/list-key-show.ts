import { Command } from 'commander';
import { certificateAddresses, certificateUses } from '../pki/certificate.ts';
import { formatName } from '../pki/name-text.ts';
import { readPendingRequest } from '../trust/list-key-files.ts';
import type { ListIdentity, ListKeys } from '../trust/list-keys.ts';
import { type CliIo, printJson, printTable } from './io.ts';
import { keyOwnerOf } from './key-owner.ts';
import { generationName, keysOf, rolesOf } from './key-roles.ts';
import { type JsonOptions, type SiteOptions, siteOf, withConf, withJson } from './site-options.ts';

type Options = SiteOptions & JsonOptions;

/** `ssympa list key show LIST` */
export function listKeyShowCommand(io: CliIo): Command {
  const command = new Command('show')
    .description('Shows the keys of a list: which one is given out, which signs, which only decrypt.')
    .argument('<list>', 'name or name@domain; `sympa` for the address that takes commands');
  return withJson(withConf(command)).action(async (name: string, options: Options) => {
    const site = await siteOf(io, options);
    const owner = await keyOwnerOf(site, name);
    const { address, directory } = owner;
    const keys = await keysOf(site, owner);
    const shown = keys.identities.map((identity) => describe(identity, keys));
    const pending = (await readPendingRequest(directory)) !== undefined;
    if (options.json) return printJson(io, { address, keys: shown, problems: keys.problems, pending });
    printTable(
      io,
      shown.map((key) => [key.generation, key.roles.join(', '), key.notAfter.slice(0, 10), key.subject]),
    );
    for (const { file, reason, hint } of keys.problems) io.stdout(`${file}: ${reason} ${hint}\n`);
    if (pending) io.stdout('a key waits for its certificate: ssympa list key csr, ssympa list key install\n');
    if (shown.length === 0 && !pending && keys.problems.length === 0) io.stdout(`${address} has no key\n`);
  });
}

function describe(identity: ListIdentity, keys: ListKeys) {
  const { certificate, chain, generation } = identity;
  const { sign, encrypt } = certificateUses(certificate);
  return {
    generation: generationName(generation),
    roles: rolesOf(identity, keys),
    purposes: [...(sign ? ['sign'] : []), ...(encrypt ? ['encrypt'] : [])],
    subject: formatName(certificate.subject),
    issuer: formatName(certificate.issuer),
    serial: certificate.serial,
    addresses: certificateAddresses(certificate),
    notBefore: new Date(certificate.notBeforeMs).toISOString(),
    notAfter: new Date(certificate.notAfterMs).toISOString(),
    sha256: certificate.sha256,
    intermediates: chain.length,
  };
}
