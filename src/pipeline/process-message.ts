import { MessageError } from '../message/error.ts';
import { readReceivedMessage } from '../message/received-message.ts';
import type { JobHandler, JobOutcome } from '../store/job-runner.ts';
import type { StoredMessage } from '../store/messages.ts';
import { decideOnce, isUndecided, type StillUndecided } from './decide-once.ts';
import type { Disposition, HoldCode } from './disposition.ts';
import type { OpenedPost, PipelineParts, Post } from './post.ts';
import { clearanceOf, writeDecision, writeHold, writeRefusal } from './settle.ts';
import { settleCommands } from './settle-commands.ts';
import { settleConfirmation } from './settle-confirmation.ts';
import { settleDistribution, settleForward } from './settle-distribution.ts';
import { settleModeration } from './settle-moderation.ts';
import { settleRecord } from './settle-record.ts';
import { type Outcome, runSteps } from './steps.ts';

/** How long a message whose key cannot be loaded waits before the next look. */
const heldRetryMs = 15_000;

/** Makes the handler that takes one received message through the steps and writes down what becomes of it. */
export function processMessageHandler(parts: PipelineParts): JobHandler {
  return async (job) => {
    const stored = await parts.store.messages.find(job.subject);
    // A decision is made once: a job that ran before a crash finds the message settled.
    if (!stored || !isUndecided(stored)) return { status: 'done' };
    return settle(await decide(stored, parts), decideOnce(job, stored), parts);
  };
}

async function decide(stored: StoredMessage, parts: PipelineParts): Promise<Outcome | undefined> {
  const robot = parts.lists.robotOf(stored.recipient);
  const list = stored.list === '' ? undefined : await parts.lists.find(stored.list);
  const { id, recipient, envelopeSender, raw, receivedAt } = stored;
  try {
    const message = readReceivedMessage({ id, recipient, envelopeSender, raw, receivedAtMs: receivedAt });
    const post: Post = { kind: stored.kind, message, robot, list, clearance: clearanceOf(stored) };
    return await runSteps(post, parts);
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    // Nothing of such a message is used, not even to answer it; the operator finds it with its reason.
    await parts.store.messages.setState(id, 'refused', { code: error.code, reason: error.message });
    return undefined;
  }
}

async function settle(
  outcome: Outcome | undefined,
  isOurs: StillUndecided,
  parts: PipelineParts,
): Promise<JobOutcome> {
  if (!outcome) return { status: 'done' };
  const { post, disposition } = outcome;
  parts.log.info('message settled', {
    message: post.message.id,
    list: post.list?.address,
    disposition: disposition.status,
    code: 'code' in disposition ? disposition.code : null,
  });
  if (disposition.status === 'distribute' && 'opened' in post)
    await settleDistribution(post, disposition, isOurs, parts);
  else if (disposition.status === 'forward' && 'opened' in post)
    await settleForward(post, disposition, isOurs, parts);
  else if (disposition.status === 'execute' && 'opened' in post)
    await settleCommands(post, disposition.batch, isOurs, parts);
  else if (disposition.status === 'record') await settleRecord(post, disposition, isOurs, parts);
  else if (disposition.status === 'hold' && 'opened' in post && Object.hasOwn(holds, disposition.code))
    await holds[disposition.code]!(post, disposition, isOurs, parts);
  else await settleQuietly(post, disposition, isOurs, parts);
  return afterwards(disposition, parts);
}

type SettleHold = (
  post: OpenedPost,
  disposition: Disposition,
  isOurs: StillUndecided,
  parts: PipelineParts,
) => Promise<void>;

/** Holds that ask somebody. */
const holds: Readonly<Partial<Record<HoldCode, SettleHold>>> = {
  moderation: settleModeration,
  'sender-confirmation': settleConfirmation,
};

/** Writes a disposition that sends nothing to subscribers. */
async function settleQuietly(
  post: Post,
  disposition: Disposition,
  isOurs: StillUndecided,
  parts: PipelineParts,
): Promise<void> {
  await parts.store.transaction(async (tx) => {
    if (!(await isOurs(tx))) return;
    await writeDecision(tx, post, disposition);
    await writeRefusal(tx, post, disposition, parts);
    await writeHold(tx, post, disposition, parts);
  });
}

function afterwards(disposition: Disposition, parts: PipelineParts): JobOutcome {
  if (disposition.status !== 'hold' || disposition.code !== 'key-unavailable') return { status: 'done' };
  const atMs = parts.clock.now() + heldRetryMs;
  return {
    status: 'retry',
    atMs,
    code: disposition.code,
    reason: disposition.reason,
    countsAsAttempt: false,
  };
}
