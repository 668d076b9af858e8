import { automaticOrigin } from '../message/automatic.ts';
import { discard } from './disposition.ts';
import { type PipelineParts, type Post, proceed, type StepResult, settled } from './post.ts';

/** Drops what went through this list before and what machines made, without an answer (RFC 3834 §2). */
export async function refuseLoops(post: Post, parts: PipelineParts): Promise<StepResult<Post>> {
  const origin = automaticOrigin(post.message, parts.robotSenders);
  return origin ? settled(discard(origin)) : proceed(post);
}
