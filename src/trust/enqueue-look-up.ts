import type { Site } from '../config/site.ts';
import type { Repositories } from '../store/store.ts';
import { namesSource } from './certificate-sources.ts';

const kind = 'look-up-certificates';

/** Asks for the certificates of an address to be looked up, where the site names a source. */
export async function enqueueLookUp(
  { jobs }: Pick<Repositories, 'jobs'>,
  address: string,
  { conf }: Pick<Site, 'conf'>,
): Promise<void> {
  if (!namesSource(conf)) return;
  // Asked for once more, a job that pauses because a source is out of reach would run at once.
  if (await jobs.find(kind, address)) return;
  await jobs.enqueue({ role: 'tasks', kind, subject: address, payload: { address } });
}
