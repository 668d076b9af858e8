import type { Entity } from '../mime/entity.ts';
import { parseEntity } from '../mime/entity.ts';
import { MimeError } from '../mime/error.ts';
import { findFields, type Header } from '../mime/header.ts';
import type { Repositories } from '../store/store.ts';
import type { OpenedPost, PipelineParts } from './post.ts';

/** Fields by which an author keeps a post out of archives; `Archive` is that of RFC 5536 §3.2.2. */
const refusals: readonly (readonly [name: string, value: RegExp])[] = [
  ['x-no-archive', /^\s*yes\b/i],
  ['archive', /^\s*no\b/i],
  ['restrict', /\bno-external-archive\b/i],
];

/** Tells whether a post goes into the archive of its list: the list has one, and the author does not object. */
export function isToBeArchived(post: OpenedPost, { site }: Pick<PipelineParts, 'site'>): boolean {
  const { list, kind } = post;
  if (kind !== 'post' || !list?.config.process_archive) return false;
  if (site.conf.ignore_x_no_archive_header_feature) return true;
  return !refuses(post.message.entity) && !innerRefuses(post);
}

/** Writes a post into the archive of its list. Its bytes stay those of the message as received: ciphertext stays closed. */
export async function archivePost(
  tx: Repositories,
  { list, message }: OpenedPost,
  { distributionId, sequence, sentAt }: { distributionId: string; sequence: number; sentAt: number },
): Promise<void> {
  const month = new Date(sentAt).toISOString().slice(0, 7);
  const messageId = message.id;
  await tx.archivePosts.insert({ list: list!.address, sequence, month, messageId, distributionId, sentAt });
}

/** A header that is protected stands inside; what an author asks for counts there, too. */
function innerRefuses({ opened }: OpenedPost): boolean {
  try {
    return opened.innermost?.use((bytes) => refuses(parseEntity(bytes))) ?? false;
  } catch (error) {
    // What breaks the limits of a message says nothing.
    if (error instanceof MimeError) return false;
    throw error;
  }
}

function refuses({ header }: Entity): boolean {
  return refusals.some(([name, value]) => hasField(header, name, value));
}

function hasField(header: Header, name: string, value: RegExp): boolean {
  return findFields(header, name).some(({ body }) => value.test(body));
}
