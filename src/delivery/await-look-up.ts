import type { JobOutcome } from '../store/job-runner.ts';
import type { Job } from '../store/jobs.ts';
import { enqueueLookUp } from '../trust/enqueue-look-up.ts';
import type { DeliveryParts } from './delivery-parts.ts';

const pauseMs = 2_000;
/** The directory may be asked about others first; nobody is left without a notice for longer. */
const patienceMs = 60_000;

/**
 * Has the directory of the site asked before somebody is told that a certificate is missing; the copies of others are on
 * their way meanwhile.
 *
 * @returns undefined where there is nothing to wait for
 */
export async function awaitLookUp(
  job: Job,
  address: string,
  { store, site, clock }: Pick<DeliveryParts, 'store' | 'site' | 'clock'>,
): Promise<JobOutcome | undefined> {
  const { ldap_certificate_host: host, ldap_certificate_retry: retryMs } = site.conf;
  if (host === undefined) return undefined;
  const nowMs = clock.now();
  const last = await store.certificateLookUps.find(address);
  if ((last && last.lookedAt + retryMs > nowMs) || job.createdAt + patienceMs < nowMs) return undefined;
  await enqueueLookUp(store, address, site);
  const reason = 'the directory is asked for the certificate';
  return {
    status: 'retry',
    atMs: nowMs + pauseMs,
    code: 'certificate-missing',
    reason,
    countsAsAttempt: false,
  };
}
