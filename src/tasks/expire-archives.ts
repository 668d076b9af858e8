import type { PipelineParts } from '../pipeline/post.ts';
import { newId } from '../secrets.ts';

const hourMs = 3_600_000;
/** Posts that one transaction takes out. */
const batch = 100;

/**
 * Takes the posts out of the archives whose months are older than `archive.max_month` of their list, and lets go of their
 * bytes. Once an hour on whichever node; the rest of a large archive follows.
 */
export async function expireArchives(
  { store, lists, clock }: Pick<PipelineParts, 'store' | 'lists' | 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  const nowMs = clock.now();
  // Nobody renews or releases it: it is the time until the next look.
  if (!(await store.locks.acquire('archives looked at', newId(nowMs), hourMs))) return;
  for (const address of await store.archivePosts.lists()) {
    const months = (await lists.find(address))?.config.archive.max_month ?? 0;
    if (months === 0) continue;
    const first = monthBefore(nowMs, months);
    while (!signal.aborted && (await takeBatch(store, address, first)) === batch);
    if (signal.aborted) return;
  }
}

function takeBatch(store: PipelineParts['store'], list: string, month: string): Promise<number> {
  return store.transaction(async (tx) => {
    const taken = await tx.archivePosts.takeBefore(list, month, batch);
    for (const { messageId, distributionId } of taken) {
      await tx.distributions.dropContent(distributionId);
      await tx.messages.dropRaw(messageId);
    }
    return taken.length;
  });
}

/** Gives the month so many before that of a time: `2026-11`. */
function monthBefore(nowMs: number, months: number): string {
  const now = new Date(nowMs);
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - Math.min(months, 9_999)))
    .toISOString()
    .slice(0, 7);
}
