import { Command } from 'commander';
import { canonicalAddress } from '../mime/address.ts';
import type { CertificateRecord, CertificateStatus } from '../store/certificates.ts';
import type { Store } from '../store/store.ts';
import { type CliIo, printJson, printTable } from './io.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';

interface Options extends SiteOptions, JsonOptions {
  readonly history?: boolean;
}

/** `ssympa certificate list [ADDR]` */
export function certificateListCommand(io: CliIo): Command {
  const command = new Command('list')
    .description('Lists the certificates of one person, or of all.')
    .argument('[address]', 'whose certificates');
  return listing(io, command, undefined);
}

/** `ssympa certificate pending [ADDR]` */
export function certificatePendingCommand(io: CliIo): Command {
  const command = new Command('pending')
    .description('Lists the certificates that wait until somebody confirms them.')
    .argument('[address]', 'whose certificates');
  return listing(io, command, 'pending');
}

function listing(io: CliIo, command: Command, status: CertificateStatus | undefined): Command {
  command.option('--history', 'with JSON: what became of each, and when');
  return withJson(withConf(command)).action((address: string | undefined, options: Options) =>
    withOpenSite(io, options, async ({ store }) => {
      const records = await store.certificates.list({
        ...(address !== undefined && { address: canonicalAddress(address) }),
        ...(status && { status }),
      });
      if (options.json) return printJson(io, await described(records, store, options.history ?? false));
      printTable(
        io,
        records.map((one) => [one.id, one.address, one.usage, one.status, one.source, day(one.notAfter)]),
      );
    }),
  );
}

async function described(records: readonly CertificateRecord[], store: Store, withHistory: boolean) {
  if (!withHistory) return records.map(describeCertificate);
  const all: object[] = [];
  for (const record of records)
    all.push({ ...describeCertificate(record), history: await historyOf(record, store) });
  return all;
}

async function historyOf({ id }: CertificateRecord, store: Store) {
  const events = await store.certificates.history(id);
  return events.map(({ at, ...event }) => ({ at: new Date(at).toISOString(), ...event }));
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
