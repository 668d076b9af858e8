import { reject } from './disposition.ts';
import { type PipelineParts, type Post, proceed, type StepResult, settled } from './post.ts';

/** Refuses a post that names nobody in From, or that came to a list which is not open. */
export async function requireSender(post: Post, _parts: PipelineParts): Promise<StepResult<Post>> {
  if (!post.list) return settled(reject('list-unknown'));
  if (post.list.status !== 'open') return settled(reject('list-no-open'));
  return post.message.sender.status === 'known' ? proceed(post) : settled(reject('no-sender'));
}
