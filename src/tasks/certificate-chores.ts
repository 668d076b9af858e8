import type { PipelineParts } from '../pipeline/post.ts';
import { enqueueLookUp } from '../trust/enqueue-look-up.ts';

/** Persons whom the directory is asked about again at one look. */
const lookedUpAtOnce = 200;

/** Takes revoked certificates out of use. */
export async function markRevoked({ revocations }: PipelineParts, signal: AbortSignal): Promise<void> {
  await revocations.mark(signal);
}

/** Has the directory asked again about those whose certificates came from it a while ago. */
export async function refreshLookUps({ store, site, clock }: PipelineParts): Promise<void> {
  const { ldap_certificate_host: host, ldap_certificate_refresh: refreshMs } = site.conf;
  if (host === undefined) return;
  for (const address of await store.certificateLookUps.staleBefore(clock.now() - refreshMs, lookedUpAtOnce))
    await enqueueLookUp(store, address, site);
}
