import { parsePolicy } from '../delivery/distribution-policy.ts';
import { takesVerp } from '../delivery/packets.ts';
import type { List } from '../lists/list.ts';
import type { Header } from '../mime/header.ts';
import type { Distribution } from '../store/distributions.ts';
import type { PipelineParts } from './post.ts';
import { messageIdIn } from './post-id.ts';

/**
 * How long after a post a bounce of it counts. Mail systems try for four or five days (RFC 5321 §4.5.4.1). It is shorter than
 * the shortest time that subscribers are scored for, so that nobody who kept old posts can make up bounces of such a time.
 */
const lateAfterMs = 7 * 86_400_000;

/** A post that a list distributed. */
export interface SentPost {
  /** The stored message. */
  readonly postId: string;
  readonly distribution: Distribution;
  /** A bounce of it may still count. */
  readonly isRecent: boolean;
}

/** Finds the post that a returned header is of, by its Message-ID; `undefined` where the list distributed no such post. */
export async function sentPost(
  list: List,
  returned: Header | undefined,
  { store, clock }: Pick<PipelineParts, 'store' | 'clock'>,
): Promise<SentPost | undefined> {
  const messageId = returned && messageIdIn(returned);
  const postId = messageId === undefined ? undefined : await store.postIds.find(list.address, messageId);
  if (postId === undefined) return undefined;
  const distribution = (await store.distributions.ofMessage(postId)).find((one) => isOfPost(one, list));
  if (!distribution) return undefined;
  return { postId, distribution, isRecent: distribution.createdAt > clock.now() - lateAfterMs };
}

function isOfPost(distribution: Distribution, list: List): boolean {
  const { sequence, policy } = distribution;
  return distribution.list === list.address && sequence > 0 && !parsePolicy(policy).onRequest;
}

/**
 * Tells whether a copy went to an address under the return address that all recipients share, so that its bounce cannot
 * prove itself. Whoever bounced before gets a return address of one's own (`shipments`): only a first bounce is believed
 * without proof.
 */
export async function wentOutUnmarked(
  { distribution }: SentPost,
  address: string,
  { store }: Pick<PipelineParts, 'store'>,
): Promise<boolean> {
  const { envelope, verpRate } = parsePolicy(distribution.policy);
  if (envelope !== 'owner' || takesVerp(address, distribution.sequence, verpRate)) return false;
  if (!(await store.deliveries.find(distribution.id, address))) return false;
  const bouncer = await store.bouncers.find(distribution.list, address);
  return bouncer === undefined || bouncer.firstAt > distribution.createdAt;
}
