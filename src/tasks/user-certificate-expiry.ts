import { enqueueServiceMail } from '../delivery/service-mail.ts';
import { formatName } from '../pki/name-text.ts';
import type { CertificateRecord, StoredUsage } from '../store/certificates.ts';
import type { TaskRun } from './task-run.ts';

/** What the mail knows. */
export const userWarningVariables: readonly string[] = [
  'address',
  'stage',
  'expiresAt',
  'certificate',
  'serial',
];

/**
 * Warns the persons whose certificates in use end before a time or have ended, each once a stage, and retires what has
 * ended. Nobody is warned of a certificate for which another one in use stands in.
 */
export async function warnOfUserCertificates(template: string, untilMs: number, run: TaskRun): Promise<void> {
  const { store, log } = run.parts;
  const ending = await store.certificates.expiring(Math.max(untilMs, run.nowMs) + 1);
  let told = 0;
  for (const record of ending) {
    run.signal.throwIfAborted();
    if (await warnOf(record, template, untilMs, run)) told++;
  }
  if (told > 0) log.info('persons warned of certificates', { count: told });
}

async function warnOf(
  record: CertificateRecord,
  template: string,
  untilMs: number,
  { parts, nowMs, key }: TaskRun,
): Promise<boolean> {
  const stage = record.notAfter < nowMs ? 'expired' : 'expiring';
  const { address, id, serial, notAfter: expiresAt } = record;
  const certificate = formatName(parts.certificates.parsed(record).subject);
  return parts.store.transaction(async (tx) => {
    const known = await tx.certificates.ofAddress(address);
    // What was withdrawn or replaced meanwhile is nobody's concern.
    if (known.find((one) => one.id === id)?.status !== 'trusted') return false;
    if (stage === 'expired') await tx.certificates.setStatus(id, 'expired');
    const lasting = known.filter(
      (one) => one.id !== id && one.status === 'trusted' && one.notAfter > untilMs,
    );
    if (isServedBy(lasting, record.usage)) return false;
    if (!(await tx.certificateWarnings.mark(id, stage))) return false;
    await enqueueServiceMail(tx, `task ${key} ${template} ${id}`, {
      template,
      list: '',
      to: [address],
      variables: { address, stage, expiresAt, certificate, serial },
    });
    return true;
  });
}

/** Tells whether others can do all that a certificate does. */
function isServedBy(others: readonly CertificateRecord[], usage: StoredUsage): boolean {
  const uses: readonly StoredUsage[] = usage === 'both' ? ['sign', 'encrypt'] : [usage];
  return uses.every((use) => others.some((one) => one.usage === 'both' || one.usage === use));
}
