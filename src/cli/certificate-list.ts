import { Command } from 'commander';
import { canonicalAddress } from '../mime/address.ts';
import type { CertificateRecord } from '../store/certificates.ts';
import { type CliIo, printJson, printTable } from './io.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';

type Options = SiteOptions & JsonOptions;

/** `ssympa certificate list [ADDR]` */
export function certificateListCommand(io: CliIo): Command {
  const command = new Command('list')
    .description('Lists the certificates of one person, or of all.')
    .argument('[address]', 'whose certificates');
  return withJson(withConf(command)).action((address: string | undefined, options: Options) =>
    withOpenSite(io, options, async ({ store }) => {
      const records = await store.certificates.list(
        address === undefined ? {} : { address: canonicalAddress(address) },
      );
      if (options.json) printJson(io, records.map(describeCertificate));
      else
        printTable(
          io,
          records.map((one) => [one.id, one.address, one.usage, one.status, one.source, day(one.notAfter)]),
        );
    }),
  );
}

/** Gives a stored certificate in the form of the JSON contract. */
export function describeCertificate(record: CertificateRecord) {
  return {
    id: record.id,
    address: record.address,
    use: record.usage,
    source: record.source,
    status: record.status,
    notAfter: new Date(record.notAfter).toISOString(),
    signingTime: record.signingTime === null ? null : new Date(record.signingTime).toISOString(),
    sha256: record.sha256,
    capabilities: record.capabilities,
  };
}

function day(ms: number): string {
  return `until ${new Date(ms).toISOString().slice(0, 10)}`;
}
