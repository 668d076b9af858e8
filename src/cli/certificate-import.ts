import { Command } from 'commander';
import { silentLog } from '../log.ts';
import { canonicalAddress, parseAddress } from '../mime/address.ts';
import type { Store } from '../store/store.ts';
import { CertificateFolder } from '../trust/certificate-folder.ts';
import { TrustError } from '../trust/error.ts';
import { keepPicked, OperatorCertificates, type PickedCertificates } from '../trust/operator-certificates.ts';
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
    .argument(
      '<file>',
      'PEM or DER; of several, those that name the address, with their chain; - for standard input',
    );
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
  const { store, site } = open;
  const anchors = new SiteTrust(site, silentLog);
  const certificates = new UserCertificates(io.clock, anchors);
  const found = await new OperatorCertificates({ anchors, clock: io.clock }).pick(
    store,
    await readInput(io, file),
    address,
    'both',
  );
  await store.transaction((tx) => keepPicked(tx, certificates, found, { address, source: 'operator' }));
  const parts = { folder: site.certDir, store, certificates, anchors, clock: io.clock, log: silentLog };
  await new CertificateFolder(parts).mirror(address);
  await tell(io, store, address, found, options);
}

/** What became of each is read back: of two with one kind of key, the newer one is in use alone. */
async function tell(
  io: CliIo,
  store: Store,
  address: string,
  { picked, passedOver }: PickedCertificates,
  options: Options,
): Promise<void> {
  const records = new Map((await store.certificates.ofAddress(address)).map((one) => [one.sha256, one]));
  const kept = picked.map(({ certificate }) => records.get(certificate.sha256)!);
  if (options.json)
    printJson(
      io,
      kept.map(({ usage, sha256, status }) => ({ address, use: usage, sha256, status })),
    );
  else for (const one of kept) io.stdout(`${address}: ${one.usage}, serial ${one.serial}, ${one.status}\n`);
  for (const { certificate, code, reason } of passedOver)
    io.stderr(`ssympa: passed over: serial ${certificate.serial} (${code}): ${reason}\n`);
}
