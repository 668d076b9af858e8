import { enqueueServiceMail, type ServiceMail } from '../delivery/service-mail.ts';
import type { Repositories } from '../store/store.ts';
import { mayAnswer } from './limits.ts';
import type { RequestParts } from './operation.ts';

/** An answer to the sender of a post. */
export interface Answer {
  /** Makes it one of its kind. */
  readonly subject: string;
  readonly template: string;
  /** The list that the post came to; empty where there is none. */
  readonly list: string;
  /** The envelope sender. */
  readonly to: string;
  /** How the post came, where it came encrypted. */
  readonly cameAs?: ServiceMail['cameAs'];
  readonly variables: ServiceMail['variables'];
}

/**
 * Answers the sender of a post, in the transaction of what it tells, unless that address or its domain had too many
 * answers lately: whoever it names need not have sent the post.
 */
export async function answerSender(
  tx: Repositories,
  { subject, to, ...mail }: Answer,
  parts: Pick<RequestParts, 'site' | 'log'>,
): Promise<void> {
  if (await mayAnswer(tx, to, parts)) await enqueueServiceMail(tx, subject, { ...mail, to: [to] });
}
