import { Command } from 'commander';
import { silentLog } from '../log.ts';
import { takeIntoUse } from '../requests/certificate-news.ts';
import { CertificateFolder } from '../trust/certificate-folder.ts';
import { SiteTrust } from '../trust/site-trust.ts';
import { UserCertificates } from '../trust/user-certificates.ts';
import { describeCertificate } from './certificate-list.ts';
import { type CliIo, printJson } from './io.ts';
import {
  type JsonOptions,
  type OpenSite,
  type SiteOptions,
  withConf,
  withJson,
  withOpenSite,
} from './site-options.ts';

type Options = SiteOptions & JsonOptions;

/** `ssympa certificate confirm ID` */
export function certificateConfirmCommand(io: CliIo): Command {
  const command = new Command('confirm')
    .description(
      'Takes a certificate that waits into use, in the place of the one before. Posts that wait for it go out, and the person is told.',
    )
    .argument('<id>', 'as `certificate pending` gives it');
  return withJson(withConf(command)).action((id: string, options: Options) =>
    withOpenSite(io, options, (open) => confirm(io, open, id, options)),
  );
}

async function confirm(
  io: CliIo,
  { store, site, lists }: OpenSite,
  id: string,
  options: Options,
): Promise<void> {
  const { clock } = io;
  const anchors = new SiteTrust(site, silentLog);
  const certificates = new UserCertificates(clock, anchors);
  const record = await store.certificates.get(id);
  const by = { by: 'the operator', domain: lists.robotOf(record.address).domain };
  const isDone = await store.transaction((tx) => takeIntoUse(tx, record, by, { certificates, clock }));
  if (!isDone)
    io.fail('bad-input', `the certificate ${id} does not wait, or has ended: it is ${record.status}`);
  const parts = { folder: site.certDir, store, certificates, anchors, clock, log: silentLog };
  await new CertificateFolder(parts).mirror(record.address);
  const now = await store.certificates.get(id);
  if (options.json) printJson(io, describeCertificate(now));
  else io.stdout(`${now.address}: serial ${now.serial} is used from now on\n`);
}
