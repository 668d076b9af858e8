import { SsympaError } from '../errors.ts';
import type { JobHandler, JobOutcome } from '../store/job-runner.ts';
import type { Job } from '../store/jobs.ts';
import type { Repositories } from '../store/store.ts';
import type { CertificateDirectory } from '../trust/certificate-directory.ts';
import type { NewCertificate } from '../trust/user-certificates.ts';
import { keepAndTell } from './certificate-news.ts';
import type { RequestParts } from './operation.ts';

/** What looking up certificates works with. */
export interface LookUpParts extends RequestParts {
  readonly directory: CertificateDirectory;
}

const maxAttempts = 5;
const firstPauseMs = 60_000;

/**
 * Makes the handler that asks the directory for the certificates of one address, and lets go what waits for them. Nobody
 * who proved a certificate is looked up.
 */
export function lookUpCertificatesHandler(parts: LookUpParts): JobHandler {
  return async (job) => {
    const { address } = job.payload as { address: string };
    if (!parts.directory.isNamed || !(await isDue(address, parts))) return { status: 'done' };
    try {
      const found = await parts.directory.find(address);
      const outcomes = await parts.store.transaction((tx) => takeIn(tx, address, found, parts));
      if (outcomes.some((outcome) => outcome !== 'known'))
        parts.log.info('certificates looked up', { address, outcomes: outcomes.join(' ') });
      return { status: 'done' };
    } catch (error) {
      if (error instanceof SsympaError) return notAnswered(job, address, error, parts);
      throw error;
    }
  };
}

/** Who was looked up a moment ago is not again; nor is one whose certificate somebody else brought. */
async function isDue(address: string, { store, site, clock, certificates }: LookUpParts): Promise<boolean> {
  const records = await store.certificates.list({ address, status: 'trusted' });
  const choice = (await certificates.chooseForEncryption(store, [address])).get(address);
  if (choice?.status === 'found') {
    const { sha256 } = choice.certificate;
    if (records.find((record) => record.sha256 === sha256)?.source !== 'ldap') return false;
  }
  const last = await store.certificateLookUps.find(address);
  const pauseMs =
    choice?.status === 'found' ? site.conf.ldap_certificate_refresh : site.conf.ldap_certificate_retry;
  return last === undefined || last.lookedAt + pauseMs <= clock.now();
}

async function takeIn(
  tx: Repositories,
  address: string,
  found: readonly NewCertificate[],
  parts: LookUpParts,
): Promise<readonly string[]> {
  const { domain } = parts.lists.robotOf(address);
  const outcomes: string[] = [];
  for (const incoming of found) outcomes.push(await keepAndTell(tx, incoming, domain, parts));
  const there = new Set(found.map(({ certificate }) => certificate.sha256));
  for (const record of await tx.certificates.list({ address, status: 'trusted' }))
    if (record.source === 'ldap' && !there.has(record.sha256)) {
      await tx.certificates.setStatus(record.id, 'superseded', 'no longer in the directory');
      outcomes.push('gone');
    }
  await tx.certificateLookUps.note(address, found.length);
  return outcomes;
}

/** What the directory said before stays in use while it does not answer. */
async function notAnswered(
  job: Job,
  address: string,
  { code, message: reason, temporary }: SsympaError,
  { store, clock, log }: LookUpParts,
): Promise<JobOutcome> {
  if (temporary && job.attempts + 1 < maxAttempts) {
    const atMs = clock.now() + firstPauseMs * 2 ** job.attempts;
    return { status: 'retry', atMs, code, reason };
  }
  log.error('certificates not looked up', { code, reason });
  const last = await store.certificateLookUps.find(address);
  await store.certificateLookUps.note(address, last?.found ?? 0);
  return { status: 'done' };
}
