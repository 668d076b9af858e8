import { Command } from 'commander';
import { canonicalAddress } from '../mime/address.ts';
import {
  type Certificate,
  certificateAddresses,
  certificateUses,
  parseCertificate,
} from '../pki/certificate.ts';
import { formatName } from '../pki/name-text.ts';
import { formatPem, readCertificates } from '../pki/pem.ts';
import type { CliIo } from './io.ts';
import { printJson, printTable } from './io.ts';
import { readInput } from './read-input.ts';
import { type JsonOptions, type SiteOptions, withConf, withJson, withOpenSite } from './site-options.ts';

type Options = SiteOptions & JsonOptions;

/** `ssympa certificate show FILE|ADDR` */
export function certificateShowCommand(io: CliIo): Command {
  const command = new Command('show')
    .description('Shows the certificates of a file or of a person.')
    .argument('<file-or-address>', 'a file, PEM or DER, or an address');
  return withJson(withConf(command)).action(async (what: string, options: Options) => {
    const shown = (await certificatesOf(io, what, options)).map(describe);
    if (options.json) return printJson(io, shown);
    for (const one of shown) {
      printTable(
        io,
        Object.entries(one).map(([name, value]) => [
          name,
          Array.isArray(value) ? value.join(', ') : String(value),
        ]),
      );
      io.stdout('\n');
    }
  });
}

/** `ssympa certificate export ADDR` */
export function certificateExportCommand(io: CliIo): Command {
  const command = new Command('export')
    .description('Writes the certificates in use of a person as PEM.')
    .argument('<address>', 'whose certificates');
  return withConf(command).action(async (address: string, options: Options) => {
    for (const certificate of await storedCertificates(io, address, options))
      io.stdout(formatPem('CERTIFICATE', certificate.der));
  });
}

async function certificatesOf(io: CliIo, what: string, options: Options): Promise<readonly Certificate[]> {
  if (/^[^/]+@[^/]+$/.test(what)) return storedCertificates(io, what, options);
  const found = readCertificates(await readInput(io, what));
  if (found.length === 0) io.fail('bad-input', `${what} holds no certificate`);
  return found;
}

async function storedCertificates(
  io: CliIo,
  address: string,
  options: Options,
): Promise<readonly Certificate[]> {
  return withOpenSite(io, options, async ({ store }) => {
    const records = await store.certificates.list({ address: canonicalAddress(address), status: 'trusted' });
    if (records.length === 0) io.fail('not-found', `no certificate of ${address} is in use`);
    return records.map((record) => parseCertificate(record.der));
  });
}

function describe(certificate: Certificate) {
  const { sign, encrypt } = certificateUses(certificate);
  return {
    subject: formatName(certificate.subject),
    issuer: formatName(certificate.issuer),
    serial: certificate.serial,
    addresses: certificateAddresses(certificate),
    purposes: [...(sign ? ['sign'] : []), ...(encrypt ? ['encrypt'] : [])],
    notBefore: new Date(certificate.notBeforeMs).toISOString(),
    notAfter: new Date(certificate.notAfterMs).toISOString(),
    sha256: certificate.sha256,
  };
}
