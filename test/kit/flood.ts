import type { RecipientReply } from '../../src/smtp/transport.ts';
import { type ReadMail, readMail } from './command-mail.ts';
import { plainMessage } from './mail.ts';
import type { TestSite } from './site.ts';

/** One mail of a flood. */
export interface FloodMail {
  readonly from: string;
  readonly to: string;
  readonly subject?: string;
  readonly text?: string;
  /** That of `from` when left out; empty for the null sender. */
  readonly envelopeSender?: string;
  readonly more?: readonly string[];
}

/** Connections that a flood comes in by. */
const connections = 2;

/**
 * Sends many mails at once, waits for all that follows, and gives what came out.
 *
 * @throws Error when one was not taken
 */
export async function flood(site: TestSite, mails: readonly FloodMail[]): Promise<readonly ReadMail[]> {
  const before = site.sink.messages.length;
  const posts = mails.map(({ from, to, subject = '', text = '', envelopeSender = from, more = [] }) => ({
    raw: plainMessage({ from, to, subject, more }, `${text}\r\n`),
    from: envelopeSender,
    to,
  }));
  const share = Math.ceil(posts.length / connections);
  const shares = Array.from({ length: connections }, (_, i) => posts.slice(i * share, (i + 1) * share));
  const replies = (await Promise.all(shares.map((some) => site.postAll(some)))).flat();
  refuseRefused(replies);
  await site.settled(60_000);
  await site.idle(60_000);
  return site.sink.messages.slice(before).map(readMail);
}

function refuseRefused(replies: readonly RecipientReply[]): void {
  const refused = replies.find(({ status }) => status !== 'sent');
  if (refused) throw new Error(`not taken: ${refused.code} ${refused.enhanced} ${refused.text}`);
}

/** Makes the same mail many times, numbered. */
export function times(count: number, make: (n: number) => FloodMail): readonly FloodMail[] {
  return Array.from({ length: count }, (_, n) => make(n));
}

/** Gives what went to an address. */
export function mailsTo(mails: readonly ReadMail[], address: string): readonly ReadMail[] {
  return mails.filter(({ to }) => to.includes(address));
}
