import { enqueueServiceMail } from '../delivery/service-mail.ts';
import { newId } from '../secrets.ts';
import type { CertificateRecord } from '../store/certificates.ts';
import type { Repositories } from '../store/store.ts';
import { enqueueRelease } from '../trust/enqueue-release.ts';
import type { KeepOutcome, NewCertificate } from '../trust/user-certificates.ts';
import { issueKey } from './keys.ts';
import { mayMail } from './limits.ts';
import type { RequestParts } from './operation.ts';

type Parts = Pick<RequestParts, 'site' | 'certificates' | 'clock' | 'log'>;

type Told = Pick<CertificateRecord, 'address' | 'issuer' | 'serial' | 'sha256'>;

/**
 * Keeps a certificate that was found, lets go what waits for it, and tells its person where it is pending or takes the
 * place of another; of a pending one the owners of the lists of that person hear, too.
 *
 * @param domain whose service writes to the person
 */
export async function keepAndTell(
  tx: Repositories,
  incoming: NewCertificate,
  domain: string,
  parts: Parts,
): Promise<KeepOutcome> {
  const outcome = await parts.certificates.keep(tx, incoming);
  // A client that announces a better cipher lets go what waited for one, too.
  if (outcome === 'new' || outcome === 'renewed' || outcome === 'replaced')
    await enqueueRelease(tx, incoming.address, incoming.certificate.sha256);
  if (outcome !== 'pending' && outcome !== 'replaced') return outcome;
  const records = await tx.certificates.ofAddress(incoming.address);
  const record = records.find(({ sha256 }) => sha256 === incoming.certificate.sha256)!;
  if (outcome === 'pending') {
    await askAboutCertificate(tx, record, domain, parts);
    await noteForOwners(tx, record);
  } else await tellReplaced(tx, record, domain, parts);
  return outcome;
}

/** Has the owners of the lists of its person told, or the listmasters where there are none. */
async function noteForOwners(tx: Repositories, { address, sha256 }: Told): Promise<void> {
  const lists = await tx.subscribers.listsOf(address);
  for (const list of lists.length > 0 ? lists : ['']) await tx.reports.addAlert(list, address, sha256);
}

/**
 * Sends the person of a pending certificate a key that takes it into use.
 *
 * @returns false when too much went to that address or its domain lately
 */
export async function askAboutCertificate(
  tx: Repositories,
  record: Told,
  domain: string,
  parts: Parts,
): Promise<boolean> {
  const { address, sha256 } = record;
  if (!(await mayMail(tx, address, parts))) return false;
  const days = parts.site.conf.clean_delay_queuesubscribe;
  const held = {
    call: { name: 'confirm-certificate', arguments: { certificate: sha256 } },
    sender: address,
    domain,
  };
  const nowMs = parts.clock.now();
  const key = await issueKey(tx, { kind: 'confirm', list: '', address, held, days }, nowMs);
  await enqueueServiceMail(tx, `certificate-pending ${newId(nowMs)}`, {
    template: 'certificate-pending',
    list: '',
    domain,
    to: [address],
    replyTo: 'commands',
    variables: { key, days, ...variablesOf(record) },
  });
  return true;
}

/**
 * Takes a pending certificate into use, lets go what waits for it, and tells its person.
 *
 * @returns false when it does not wait any more
 */
export async function takeIntoUse(
  tx: Repositories,
  record: Told & { readonly id: string },
  { by, domain }: { readonly by: string; readonly domain: string },
  parts: Pick<Parts, 'certificates' | 'clock'>,
): Promise<boolean> {
  if (!(await parts.certificates.confirm(tx, record.id, by))) return false;
  await enqueueRelease(tx, record.address, record.sha256);
  await tellReplaced(tx, record, domain, parts);
  return true;
}

async function tellReplaced(
  tx: Repositories,
  record: Told,
  domain: string,
  { clock }: Pick<Parts, 'clock'>,
): Promise<void> {
  await enqueueServiceMail(tx, `certificate-replaced ${newId(clock.now())}`, {
    template: 'certificate-replaced',
    list: '',
    domain,
    to: [record.address],
    variables: variablesOf(record),
  });
}

function variablesOf({ address, issuer, serial, sha256: fingerprint }: Told) {
  return { address, issuer, serial, fingerprint };
}
