import type { Log } from '../log.ts';
import { automaticOrigin } from '../message/automatic.ts';
import { discard } from './disposition.ts';
import { type PipelineParts, type Post, proceed, type StepResult, settled } from './post.ts';
import { sitePattern } from './site-pattern.ts';

/**
 * Drops what went through this list before, and what machines made where the list wants that, without an answer
 * (RFC 3834 §2).
 */
export async function refuseLoops(post: Post, { log }: PipelineParts): Promise<StepResult<Post>> {
  const conf = post.list?.config ?? post.robot.conf;
  const origin = automaticOrigin(post.message, robotSenders(conf.loop_prevention_regex, log));
  if (origin === undefined) return proceed(post);
  // A loop is a loop; what machines write may be wanted, as at a list for reports.
  const kept = origin !== 'loop' && !conf.reject_mail_from_automates_feature;
  return kept ? proceed(post) : settled(discard(origin));
}

function robotSenders(pattern: string, log: Log): ((localPart: string) => boolean) | undefined {
  if (pattern === '') return undefined;
  const expression = `^(?:${pattern})(?:-request|-owner)?$`;
  const senders = sitePattern('loop_prevention_regex', expression, log);
  return (localPart) => senders?.matches(localPart) ?? false;
}
