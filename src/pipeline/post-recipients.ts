import type { OpenedPost, PipelineParts } from './post.ts';

/** Gives the subscribers that a post goes to: all but those who want no mail, or not their own. */
export async function postRecipients(post: OpenedPost, { store }: PipelineParts): Promise<readonly string[]> {
  const sender = post.message.sender.status === 'known' ? post.message.sender.address : '';
  const addresses: string[] = [];
  for await (const subscriber of store.subscribers.iterate(post.list!.address)) {
    if (subscriber.reception === 'nomail') continue;
    if (subscriber.reception === 'not_me' && subscriber.address === sender) continue;
    addresses.push(subscriber.address);
  }
  return addresses;
}
