import { Command } from 'commander';
import { silentLog } from '../log.ts';
import { canonicalAddress, parseAddress } from '../mime/address.ts';
import { readCertificates } from '../pki/pem.ts';
import { checkOperatorCertificate } from '../trust/certificate-check.ts';
import { CertificateFolder } from '../trust/certificate-folder.ts';
import { enqueueRelease } from '../trust/enqueue-release.ts';
import { TrustError } from '../trust/error.ts';
import { SiteTrust } from '../trust/site-trust.ts';
import { UserCertificates } from '../trust/user-certificates.ts';
import { type CliIo, printJson } from './io.ts';
import { readInput } from './read-input.ts';
import {
  type JsonOptions,
  type OpenSite,
  type SiteOptions,
  withConf,
  withJson,
  withOpenSite,
} from './site-options.ts';

type Options = SiteOptions & JsonOptions;

/** `ssympa certificate import ADDR FILE` */
export function certificateImportCommand(io: CliIo): Command {
  const command = new Command('import')
    .description('Keeps the certificates of a person. Posts that wait for one go out.')
    .argument('<address>', 'whose certificates they are')
    .argument('<file>', 'PEM or DER, several in a file; - for standard input');
  return withJson(withConf(command)).action((address: string, file: string, options: Options) =>
    withOpenSite(io, options, (open) => importFile(io, open, address, file, options)),
  );
}

async function importFile(
  io: CliIo,
  open: OpenSite,
  text: string,
  file: string,
  options: Options,
): Promise<void> {
  const parsed = parseAddress(text);
  if (parsed === undefined)
    throw new TrustError('bad-address', `${JSON.stringify(text.slice(0, 320))} is no address`);
  const address = canonicalAddress(parsed);
  const found = readCertificates(await readInput(io, file));
  if (found.length === 0) throw new TrustError('not-a-certificate', `${file} holds no certificate`);
  const certificates = new UserCertificates(io.clock, new SiteTrust(open.site, silentLog));
  const kept = found.map((certificate) => ({
    certificate,
    usage: checkOperatorCertificate(certificate, address, 'both', io.clock.now()),
  }));
  await open.store.transaction(async (tx) => {
    for (const one of kept) {
      await certificates.keep(tx, {
        address,
        ...one,
        source: 'operator',
        signingTimeMs: null,
        capabilities: null,
      });
      await enqueueRelease(tx, address, one.certificate.sha256);
    }
  });
  const { store, site } = open;
  await new CertificateFolder({
    folder: site.certDir,
    store,
    certificates,
    clock: io.clock,
    log: silentLog,
  }).mirror(address);
  if (options.json)
    printJson(
      io,
      kept.map((one) => ({ address, use: one.usage, sha256: one.certificate.sha256 })),
    );
  else for (const one of kept) io.stdout(`${address}: ${one.usage}, serial ${one.certificate.serial}\n`);
}
