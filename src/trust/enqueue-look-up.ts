import type { Site } from '../config/site.ts';
import type { Repositories } from '../store/store.ts';

/** Asks for the certificates of an address to be looked up in the directory, where the site names one. */
export async function enqueueLookUp(
  repositories: Pick<Repositories, 'jobs'>,
  address: string,
  { conf }: Pick<Site, 'conf'>,
): Promise<void> {
  if (conf.ldap_certificate_host === undefined) return;
  await repositories.jobs.enqueue({
    role: 'tasks',
    kind: 'look-up-certificates',
    subject: address,
    payload: { address },
  });
}
