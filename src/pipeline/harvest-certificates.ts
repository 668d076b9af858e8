import { keepAndTell } from '../requests/certificate-news.ts';
import { harvestOf } from '../trust/harvest.ts';
import type { KeepOutcome } from '../trust/user-certificates.ts';
import { type OpenedPost, type PipelineParts, proceed, type StepResult } from './post.ts';

/**
 * Keeps the certificates of a valid signature by the sender, whatever is decided about the message afterwards, and
 * lets go what waited for them. Of one that waits to be confirmed, and of one that takes the place of another, the
 * person hears.
 */
export async function harvestCertificates(
  post: OpenedPost,
  parts: PipelineParts,
): Promise<StepResult<OpenedPost>> {
  const { store, certificates, folder, clock, log } = parts;
  const { certificates: found, preferenceFault } = harvestOf(post.opened, post.trust, clock.now());
  if (preferenceFault)
    log.warn('preferred certificate not kept', { message: post.message.id, code: preferenceFault });
  const address = found[0]?.address;
  if (address === undefined) return proceed(post);
  const judged = await certificates.judgeNarrow(store, found);
  const outcomes = await store.transaction(async (tx) => {
    const kept: KeepOutcome[] = [];
    for (const incoming of judged) kept.push(await keepAndTell(tx, incoming, post.robot.domain, parts));
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
