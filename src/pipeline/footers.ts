import { join } from 'node:path';
import { readFileIfThere } from '../files.ts';
import { type Entity, parseEntity } from '../mime/entity.ts';
import { MimeError } from '../mime/error.ts';
import { addFooter } from '../mime/footer.ts';
import type { OpenedPost, PipelineParts } from './post.ts';

const maxFooterBytes = 64 << 10;

/**
 * Adds the list's `message_header` and `message_footer` where no signature can break: never to what is signed or
 * encrypted, clear or opaque, whatever its verdict (the seed: "to prevent any body corruption").
 *
 * @returns the entity to send: the one received, or a new one with the texts added
 */
export async function withFooters(post: OpenedPost, parts: PipelineParts): Promise<Entity> {
  const received = post.message.entity;
  if (post.opened.protected || post.opened.payload) return received;
  const mode = post.list?.config.footer_type ?? 'mime';
  let entity = received;
  for (const [file, position] of [
    ['message_header', 'start'],
    ['message_footer', 'end'],
  ] as const) {
    const text = await findText(post, file, parts);
    if (text === undefined || text.trim() === '') continue;
    try {
      entity = parseEntity(addFooter(entity, { text, position, mode }));
    } catch (error) {
      // A text that cannot be added to this message is left out: the post matters more.
      if (!(error instanceof MimeError)) throw error;
      parts.log.warn('footer left out', { message: post.message.id, code: error.code });
    }
  }
  return entity;
}

async function findText(
  post: OpenedPost,
  file: string,
  { site, log }: PipelineParts,
): Promise<string | undefined> {
  const folders = [...(post.list ? [post.list.directory] : []), post.robot.etcDir, site.etcDir];
  for (const folder of folders) {
    const path = join(folder, file);
    try {
      const bytes = await readFileIfThere(path, maxFooterBytes);
      if (bytes) return new TextDecoder().decode(bytes);
    } catch (error) {
      // Too large, or not readable: the post goes out without it.
      log.warn('footer not readable', { file: path, error: error instanceof Error ? error.name : 'unknown' });
    }
  }
  return undefined;
}
