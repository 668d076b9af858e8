import { enqueueRelease } from '../trust/enqueue-release.ts';
import { certificatesToHarvest } from '../trust/harvest.ts';
import type { KeepOutcome } from '../trust/user-certificates.ts';
import { type OpenedPost, type PipelineParts, proceed, type StepResult } from './post.ts';

/**
 * Keeps the certificates of a valid signature by the sender, whatever is decided about the message afterwards, and
 * lets go what waited for them.
 */
export async function harvestCertificates(
  post: OpenedPost,
  parts: PipelineParts,
): Promise<StepResult<OpenedPost>> {
  const { store, certificates, folder, clock, log } = parts;
  const found = certificatesToHarvest(post.opened, post.trust, clock.now());
  const address = found[0]?.address;
  if (address === undefined) return proceed(post);
  const outcomes = await store.transaction(async (tx) => {
    const kept: KeepOutcome[] = [];
    for (const incoming of found) {
      const outcome = await certificates.keep(tx, incoming);
      kept.push(outcome);
      // A client that announces a better cipher lets go what waited for one, too.
      if (outcome === 'new' || outcome === 'renewed')
        await enqueueRelease(tx, incoming.address, incoming.certificate.sha256);
    }
    return kept;
  });
  for (const outcome of outcomes)
    if (outcome !== 'known')
      log.info('certificate from a signed message', { message: post.message.id, outcome });
  // The folder only mirrors the store: housekeeping writes what could not be written now.
  await folder.mirror(address).catch((error: unknown) => {
    log.error('certificate folder not written', { code: (error as NodeJS.ErrnoException).code });
  });
  return proceed(post);
}
