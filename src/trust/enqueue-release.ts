import type { Repositories } from '../store/store.ts';

/** Asks for the posts that wait for a certificate of this address to go out, now that this one came. */
export async function enqueueRelease(
  repositories: Pick<Repositories, 'jobs'>,
  address: string,
  certificateSha256: string,
): Promise<void> {
  // One job a certificate: a job of the same address that runs right now may have looked before this one came.
  const subject = `${address} ${certificateSha256.slice(0, 16)}`;
  await repositories.jobs.enqueue({
    role: 'delivery',
    kind: 'release-waiting',
    subject,
    payload: { address },
  });
}
