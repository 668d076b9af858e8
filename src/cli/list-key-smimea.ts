import { Command } from 'commander';
import { silentLog } from '../log.ts';
import { canonicalAddress } from '../mime/address.ts';
import type { Certificate } from '../pki/certificate.ts';
import { TrustError } from '../trust/error.ts';
import { encryptionIdentity, ListKeyring, signingIdentity } from '../trust/list-keys.ts';
import { formatSmimeaLine, smimeaNameOf } from '../trust/smimea-name.ts';
import { type CliIo, printJson } from './io.ts';
import { keyOwnerOf } from './key-owner.ts';
import { type JsonOptions, type SiteOptions, siteOf, withConf, withJson } from './site-options.ts';

type Options = SiteOptions & JsonOptions;

/** `ssympa list key smimea LIST` */
export function listKeySmimeaCommand(io: CliIo): Command {
  const command = new Command('smimea')
    .description(
      'Writes the SMIMEA records (RFC 8162) of the certificates of a list, to be put into the zone of its domain.',
    )
    .argument('<list>', 'name or name@domain; `sympa` for the address that takes commands');
  return withJson(withConf(command)).action(async (name: string, options: Options) => {
    const site = await siteOf(io, options);
    const { address, directory } = await keyOwnerOf(site, name);
    const owner = smimeaNameOf(canonicalAddress(address));
    if (owner === undefined) throw new TrustError('bad-address', `${address} has no name in the DNS`);
    const keys = await new ListKeyring(() => site.conf.key_passwd, silentLog).keysOf(directory);
    const inUse = [encryptionIdentity(keys), signingIdentity(keys)].flatMap((identity) => identity ?? []);
    const certificates = new Map(inUse.map(({ certificate }) => [certificate.sha256, certificate]));
    if (certificates.size === 0)
      throw new TrustError('no-such-key', `${address} has no key that can be used`, {
        hint: `ssympa list key show ${name}`,
      });
    const lines = [...certificates.values()].map((certificate) => lineOf(owner, certificate));
    if (options.json) return printJson(io, { address, name: owner, records: lines });
    for (const line of lines) io.stdout(`${line}\n`);
  });
}

/** The certificate in full, as whoever writes to the list needs it (RFC 8162 §2), for itself. */
function lineOf(owner: string, { der: data }: Certificate): string {
  const form = { usage: 'dane-ee', selector: 'certificate', matchingType: 'full' } as const;
  return formatSmimeaLine(owner, { ...form, data });
}
