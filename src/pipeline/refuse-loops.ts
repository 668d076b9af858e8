import { RE2JS } from 're2js';
import type { Log } from '../log.ts';
import { automaticOrigin } from '../message/automatic.ts';
import { discard } from './disposition.ts';
import { type PipelineParts, type Post, proceed, type StepResult, settled } from './post.ts';

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

const compiled = new Map<string, (localPart: string) => boolean>();

/** The pattern is tried in linear time, since local parts come from anywhere. */
function robotSenders(pattern: string, log: Log): ((localPart: string) => boolean) | undefined {
  if (pattern === '') return undefined;
  const kept = compiled.get(pattern);
  if (kept) return kept;
  const test = compile(pattern) ?? nobody;
  if (test === nobody) log.error('loop_prevention_regex not usable', { pattern });
  compiled.set(pattern, test);
  return test;
}

const nobody = () => false;

/** Perl's patterns are more than linear time allows: one that is not taken must not stop all mail. */
function compile(pattern: string): ((localPart: string) => boolean) | undefined {
  try {
    const expression = RE2JS.compile(`^(?:${pattern})(?:-request|-owner)?$`, RE2JS.CASE_INSENSITIVE);
    return (localPart) => expression.matches(localPart);
  } catch {
    return undefined;
  }
}
