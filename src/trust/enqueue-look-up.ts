import type { Site } from '../config/site.ts';
import type { Repositories } from '../store/store.ts';
import { namesSource } from './certificate-sources.ts';

const kind = 'look-up-certificates';

/** Asks for the certificates of an address to be looked up, where the site names a source. */
export async function enqueueLookUp(
  store: Pick<Repositories, 'jobs'>,
  address: string,
  site: Pick<Site, 'conf'>,
): Promise<void> {
  await enqueueLookUps(store, [address], site);
}

/** Asks for the certificates of addresses to be looked up, where the site names a source. */
export async function enqueueLookUps(
  { jobs }: Pick<Repositories, 'jobs'>,
  addresses: readonly string[],
  { conf }: Pick<Site, 'conf'>,
): Promise<void> {
  if (!namesSource(conf)) return;
  // Asked for once more, a job that pauses because a source is out of reach would run at once.
  await jobs.enqueueNew(
    addresses.map((address) => ({ role: 'tasks', kind, subject: address, payload: { address } })),
  );
}
