import { dropModerationCopies } from '../delivery/drop-moderation-copies.ts';
import { enqueueServiceMail } from '../delivery/service-mail.ts';
import type { List } from '../lists/list.ts';
import { mayBeAnswered } from '../message/automatic.ts';
import { MessageError } from '../message/error.ts';
import { readReceivedMessage } from '../message/received-message.ts';
import { findField } from '../mime/header.ts';
import type { PipelineParts } from '../pipeline/post.ts';
import { answerSender } from '../requests/answer-sender.ts';
import { newId } from '../secrets.ts';
import type { MessageSummary } from '../store/messages.ts';

const dayMs = 86_400_000;

/** Messages looked at in one run, the oldest first. */
const maxMessages = 10_000;

interface Overdue {
  readonly message: MessageSummary;
  readonly list: List | undefined;
  readonly days: number;
}

/**
 * Drops posts that waited too long for an editor or for their sender (`clean_delay_queuemod`, `clean_delay_queueauth`), and
 * tells the sender; the editors of a list are told once a run.
 *
 * @param signal ends it early; what is left is done at the next look
 */
export async function expireHeld(parts: PipelineParts, signal: AbortSignal): Promise<void> {
  const { store, clock } = parts;
  const held = await store.messages.listByState(['moderation', 'auth'], { limit: maxMessages });
  const overdue: Overdue[] = [];
  for (const message of held) {
    const one = await waitOf(message, parts);
    if ((message.decidedAt ?? message.receivedAt) + one.days * dayMs <= clock.now()) overdue.push(one);
  }
  const done: Overdue[] = [];
  for (const one of overdue) {
    if (signal.aborted) break;
    await expire(one, parts);
    done.push(one);
  }
  await tellEditors(done, parts);
  await store.transaction((tx) => tx.requestKeys.takeExpired(1_000));
}

async function waitOf(message: MessageSummary, { lists, site }: PipelineParts): Promise<Overdue> {
  const list = await lists.find(message.list);
  const { clean_delay_queueauth: forSender, clean_delay_queuemod: byDefault } = site.conf;
  const days = message.state === 'auth' ? forSender : (list?.config.clean_delay_queuemod ?? byDefault);
  return { message, list, days };
}

async function expire({ message, list, days }: Overdue, parts: PipelineParts): Promise<void> {
  const { store, clock } = parts;
  const answered = await whomToTell(message, parts);
  await store.transaction(async (tx) => {
    // Somebody may have decided since.
    if ((await tx.messages.lockedState(message.id)) !== message.state) return;
    await tx.messages.setState(message.id, 'expired', {
      code: 'wait-over',
      reason: `nobody decided within ${days} days`,
    });
    await tx.requestKeys.useAllOf(message.id, '', 'expired');
    await dropModerationCopies(tx, message.id, clock.now());
    await tx.messages.dropRaw(message.id);
    if (!answered) return;
    const waitedFor = message.state === 'auth' ? 'confirmation' : 'moderation';
    const answer = {
      subject: `held-expired ${message.id}`,
      template: 'held-expired',
      list: list?.address ?? '',
      to: message.envelopeSender,
      variables: { days, waitedFor, messageId: answered.messageId },
    };
    await answerSender(tx, answer, parts);
  });
}

/** Whether the sender of a post may be told, and what the answer refers to. */
async function whomToTell(
  { id }: MessageSummary,
  { store }: PipelineParts,
): Promise<{ readonly messageId: string | null } | undefined> {
  const stored = await store.messages.find(id);
  if (!stored) return undefined;
  const { recipient, envelopeSender, raw, receivedAt } = stored;
  try {
    const received = readReceivedMessage({ id, recipient, envelopeSender, raw, receivedAtMs: receivedAt });
    if (!mayBeAnswered(received)) return undefined;
    return { messageId: findField(received.entity.header, 'message-id')?.body ?? null };
  } catch (error) {
    if (error instanceof MessageError) return undefined;
    throw error;
  }
}

async function tellEditors(overdue: readonly Overdue[], { store, clock }: PipelineParts): Promise<void> {
  const moderated = overdue.filter(({ message, list }) => message.state === 'moderation' && list);
  for (const [list, some] of Map.groupBy(moderated, ({ list: of }) => of!.address))
    await store.transaction((tx) =>
      enqueueServiceMail(tx, `held-expired-editors ${newId(clock.now())}`, {
        template: 'held-expired-editors',
        list,
        to: 'editors',
        variables: { count: some.length, days: some[0]!.days },
      }),
    );
}
