import type { Repositories } from '../store/store.ts';

/** A mail of the list or the site to somebody, to be rendered and sent by the delivery role. */
export interface ServiceMail {
  readonly template: string;
  /** The list that it is about; empty for mail of the site. */
  readonly list: string;
  /** The domain of mail that is about no list; the main one when left out. */
  readonly domain?: string;
  /** `owners`: whoever owns the list when the mail is made. */
  readonly to: readonly string[] | 'owners' | 'editors';
  /** Where answers go, beside the address that it is from: `commands` is the address that takes commands. */
  readonly replyTo?: 'commands';
  /** How that came which it speaks of; left out where that was not encrypted. What speaks of a secret is sealed if it can be. */
  readonly cameAs?: 'cbc' | 'aead';
  /** Values for the template: never plaintext, nor a secret but the one-time key that the mail is there to bring. */
  readonly variables: Readonly<Record<string, string | number | readonly string[] | null>>;
}

/**
 * Asks for a service mail, in the transaction of what it tells.
 *
 * @param subject makes it one of its kind: a second request under the same subject changes nothing
 */
export async function enqueueServiceMail(
  repositories: Pick<Repositories, 'jobs'>,
  subject: string,
  mail: ServiceMail,
): Promise<void> {
  await repositories.jobs.enqueue({ role: 'delivery', kind: 'service-mail', subject, payload: { ...mail } });
}
