import type { Site } from '../config/site.ts';
import type { Repositories } from '../store/store.ts';

const kind = 'look-up-certificates';

/** Asks for the certificates of an address to be looked up in the directory, where the site names one. */
export async function enqueueLookUp(
  { jobs }: Pick<Repositories, 'jobs'>,
  address: string,
  { conf }: Pick<Site, 'conf'>,
): Promise<void> {
  if (conf.ldap_certificate_host === undefined) return;
  // Asked for once more, a job that pauses because the directory is out of reach would run at once.
  if (await jobs.find(kind, address)) return;
  await jobs.enqueue({ role: 'tasks', kind, subject: address, payload: { address } });
}
