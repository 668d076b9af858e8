import type { JobOutcome } from '../store/job-runner.ts';
import type { Job } from '../store/jobs.ts';
import { namesSource, pausesOf } from '../trust/certificate-sources.ts';
import { enqueueLookUp } from '../trust/enqueue-look-up.ts';
import type { DeliveryParts } from './delivery-parts.ts';

const pauseMs = 2_000;
/** The sources may be asked about others first; nobody is left without a notice for longer. */
const patienceMs = 60_000;

/**
 * Has the sources of the site asked before somebody is told that a certificate is missing; the copies of others are on
 * their way meanwhile.
 *
 * @returns undefined where there is nothing to wait for
 */
export async function awaitLookUp(
  job: Job,
  address: string,
  { store, site, clock }: Pick<DeliveryParts, 'store' | 'site' | 'clock'>,
): Promise<JobOutcome | undefined> {
  if (!namesSource(site.conf)) return undefined;
  const { retryMs } = pausesOf(site.conf);
  const nowMs = clock.now();
  const last = await store.certificateLookUps.find(address);
  if ((last && last.lookedAt + retryMs > nowMs) || job.createdAt + patienceMs < nowMs) return undefined;
  await enqueueLookUp(store, address, site);
  const reason = 'the certificate is looked up';
  return {
    status: 'retry',
    atMs: nowMs + pauseMs,
    code: 'certificate-missing',
    reason,
    countsAsAttempt: false,
  };
}
