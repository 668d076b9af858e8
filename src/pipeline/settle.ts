import type { DistributionRows } from '../delivery/recipient-plan.ts';
import type { ServiceMail } from '../delivery/service-mail.ts';
import { tellKeyUnavailable } from '../delivery/tell-key-unavailable.ts';
import { enqueueMissingNotice } from '../delivery/waiting.ts';
import { mayBeAnswered } from '../message/automatic.ts';
import { noteOfVerdict } from '../message/verdict-note.ts';
import { type Answer, answerSender } from '../requests/answer-sender.ts';
import type { MessageState, StoredMessage } from '../store/messages.ts';
import type { Repositories } from '../store/store.ts';
import type { Disposition } from './disposition.ts';
import type { Clearance, OpenedPost, PipelineParts, Post } from './post.ts';

const states: Readonly<Record<Disposition['status'], MessageState>> = {
  distribute: 'distributed',
  forward: 'forwarded',
  record: 'recorded',
  hold: 'held',
  reject: 'refused',
  execute: 'executed',
  discard: 'discarded',
};

/** States of a hold by what it waits for. */
const holdStates: Readonly<Record<string, MessageState>> = {
  'key-unavailable': 'held',
  moderation: 'moderation',
  'sender-confirmation': 'auth',
};

/** Gives the state that a disposition leaves a message in. */
function stateOf(disposition: Disposition): MessageState {
  return disposition.status === 'hold' ? holdStates[disposition.code]! : states[disposition.status];
}

/** Writes state, verdict and decision of a message. */
export async function writeDecision(
  tx: Repositories,
  post: Post | OpenedPost,
  disposition: Disposition,
): Promise<void> {
  const told =
    'code' in disposition
      ? { code: disposition.code, reason: disposition.reason }
      : { code: null, reason: null };
  const explanation = 'explanation' in disposition ? disposition.explanation : null;
  await tx.messages.setState(post.message.id, stateOf(disposition), {
    ...told,
    verdict: 'opened' in post ? JSON.stringify(noteOfVerdict(post.opened)) : null,
    decision: explanation ? JSON.stringify(explanation) : null,
    // The code of a hold takes the place of the mark, and the post is decided on again afterwards.
    ...(post.clearance !== 'none' && { extra: JSON.stringify({ clearance: post.clearance }) }),
  });
  // Nothing comes of the message any more, so nothing needs its bytes.
  if (disposition.status === 'reject' || disposition.status === 'discard')
    await tx.messages.dropRaw(post.message.id);
}

/** Tells what was said of a message after it was held. */
export function clearanceOf({ code, extra }: Pick<StoredMessage, 'code' | 'extra'>): Clearance {
  if (code === 'released' || code === 'confirmed') return code;
  const known = extra === null ? {} : (JSON.parse(extra) as { clearance?: Clearance });
  return known.clearance ?? 'none';
}

/** Writes down who could not be served, and asks for the notices and reports about it. */
export async function writeMissing(
  tx: Repositories,
  post: Post,
  rows: DistributionRows,
  parts: PipelineParts,
): Promise<void> {
  const waiting = rows.deliveries.filter((row) => row.state === 'waiting');
  if (waiting.length === 0 || !post.list) return;
  const list = post.list.address;
  for (const row of waiting) {
    await enqueueMissingNotice(tx, list, row.address);
    await tx.reports.add({
      list,
      address: row.address,
      distributionId: rows.distribution.id,
      code: row.code ?? '',
    });
  }
  const to = senderToTell(post);
  if (to === undefined || post.kind !== 'post' || !parts.site.conf.cert_missing_report) return;
  const variables = { count: waiting.length, messageId: messageIdOf(post) };
  const about = { subject: `sender-report ${rows.distribution.id}`, template: 'cert-missing-report-sender' };
  await answerSender(tx, { ...about, ...secrecyOf(post), list, to, variables }, parts);
}

/** Asks for the answer to the sender of a refused post. */
export async function writeRefusal(
  tx: Repositories,
  post: Post,
  disposition: Disposition,
  parts: PipelineParts,
): Promise<void> {
  if (disposition.status !== 'reject') return;
  const to = senderToTell(post);
  if (to === undefined) return;
  // Every failure to read, and the replay of a ciphertext, is answered with the same words (RFC 3218 §2.3).
  const unreadable = disposition.code === 'not-readable' || disposition.code === 'already-distributed';
  const answer: Answer = {
    subject: `refusal ${post.message.id}`,
    template: unreadable ? 'not-readable' : 'post-rejected',
    list: post.list?.address ?? '',
    to,
    // Whether it opened at all must show nowhere: what could not be accepted looks like what could not be read.
    ...(unreadable ? {} : secrecyOf(post)),
    variables: unreadable
      ? { messageId: messageIdOf(post) }
      : { messageId: messageIdOf(post), ...reasonOf(post, disposition) },
  };
  await answerSender(tx, answer, parts);
}

/** Who sent a command to a list is told where commands go. */
function reasonOf(
  { robot }: Post,
  { code, scenarioReason }: Extract<Disposition, { readonly status: 'reject' }>,
): ServiceMail['variables'] {
  if (code === 'misaddressed-command')
    return { reason: code, commands: `${robot.conf.email}@${robot.domain}` };
  return { reason: scenarioReason ?? code };
}

/** Tells the listmaster, once a period and list, that posts wait for a key. */
export async function writeHold(
  tx: Repositories,
  post: Post,
  disposition: Disposition,
  parts: PipelineParts,
): Promise<void> {
  if (disposition.status !== 'hold' || disposition.code !== 'key-unavailable' || !post.list) return;
  await tellKeyUnavailable(tx, post.list.address, parts);
}

/** What speaks of a post that came encrypted is encrypted where it can be. */
export function secrecyOf(post: Post | OpenedPost): Pick<ServiceMail, 'cameAs'> {
  if (!('opened' in post) || post.opened.decryption.status !== 'opened') return {};
  return { cameAs: post.opened.decryption.aead ? 'aead' : 'cbc' };
}

/** The address that may be told of a failure: the envelope sender (RFC 3834 §4), unless a machine wrote. */
export function senderToTell({ message }: Post): string | undefined {
  return mayBeAnswered(message) ? message.envelopeSender : undefined;
}

/** Gives the Message-ID of a message as its header has it. */
export function messageIdOf({ message }: Post): string | null {
  return (
    message.entity.header.fields.find((field) => field.name.toLowerCase() === 'message-id')?.body ?? null
  );
}
