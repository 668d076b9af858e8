import { enqueueRelease } from '../trust/certificate-folder.ts';
import { certificatesToHarvest } from '../trust/harvest.ts';
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
  for (const incoming of found) {
    const outcome = await store.transaction(async (tx) => {
      const kept = await certificates.keep(tx, incoming);
      if (kept === 'new') await enqueueRelease(tx, incoming.address, incoming.certificate.sha256);
      return kept;
    });
    if (outcome !== 'known')
      log.info('certificate from a signed message', { message: post.message.id, outcome });
  }
  const address = found[0]?.address;
  // The folder only mirrors the store: housekeeping writes what could not be written now.
  if (address !== undefined) {
    await folder.mirror(address).catch((error: unknown) => {
      log.error('certificate folder not written', { code: (error as NodeJS.ErrnoException).code });
    });
  }
  return proceed(post);
}
