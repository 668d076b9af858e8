import { enqueueResend } from '../delivery/resend-post.ts';
import type { List } from '../lists/list.ts';
import { newId } from '../secrets.ts';
import type { ArchivePost } from '../store/archive-posts.ts';
import { addressSubject, type RateLimit } from '../store/rates.ts';
import type { Repositories } from '../store/store.ts';
import type { ListSituation } from './operation.ts';
import { done, type RequestReport, refused } from './report.ts';

/** How often the archives may send posts to one address: whoever writes in its name could flood it. */
const perAddress: RateLimit = { max: 20, periodMs: 3_600_000, decay: 0 };

/** What is said where an archive has nothing of what is asked for. */
export function archiveLack({ address, config }: List): RequestReport {
  return config.process_archive
    ? done('nothing-to-show')
    : refused('no-archive', { values: { list: address } });
}

/** Sends archived posts to whoever asked, each as a copy of its own, sealed for that person where it came encrypted. */
export async function sendArchived(
  tx: Repositories,
  posts: readonly ArchivePost[],
  { list, requester, parts }: ListSituation,
  left: { readonly more: number; readonly next: string } = { more: 0, next: '' },
): Promise<RequestReport> {
  if (posts.length === 0) return archiveLack(list);
  if (!(await tx.rates.allow(addressSubject('archive', requester.sender), perAddress)))
    return refused('too-many-requests');
  const nowMs = parts.clock.now();
  for (const post of posts)
    await enqueueResend(tx, post, requester.sender, `${post.list} ${post.sequence} ${newId(nowMs)}`);
  return done('posts-sent', { values: { list: list.address, count: posts.length, ...left } });
}
