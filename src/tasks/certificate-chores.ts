import type { PipelineParts } from '../pipeline/post.ts';
import { namesSource } from '../trust/certificate-sources.ts';
import { enqueueLookUp } from '../trust/enqueue-look-up.ts';

/** Persons whom the sources are asked about again at one look. */
const lookedUpAtOnce = 200;

/** Takes revoked certificates out of use. */
export async function markRevoked({ revocations }: PipelineParts, signal: AbortSignal): Promise<void> {
  await revocations.mark(signal);
}

/** Puts aside what has no path to an anchor any more, and brings back what has one again. */
export async function markPathless({ pathless }: PipelineParts, signal: AbortSignal): Promise<void> {
  await pathless.mark(signal);
}

/** Has the sources asked again about those whose certificates came from them a while ago. */
export async function refreshLookUps({ store, site, clock }: PipelineParts): Promise<void> {
  if (!namesSource(site.conf)) return;
  for (const address of await store.certificateLookUps.dueBefore(clock.now(), lookedUpAtOnce))
    await enqueueLookUp(store, address, site);
}
