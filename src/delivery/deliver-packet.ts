import { classOfStatus } from '../smtp/bounce-status.ts';
import type { RecipientReply } from '../smtp/transport.ts';
import type { DeliveryRow } from '../store/deliveries.ts';
import type { Distribution } from '../store/distributions.ts';
import type { JobHandler, JobOutcome } from '../store/job-runner.ts';
import { backoffMs } from '../store/job-runner.ts';
import type { Job } from '../store/jobs.ts';
import type { CopySource } from './copy-source.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { parsePolicy } from './distribution-policy.ts';
import { DeliveryError, deliveryErrorCodes } from './error.ts';
import { finishDistribution } from './finish.ts';
import type { PostRefusal, RecordedOutcome } from './outcome-recorder.ts';
import type { Payloads } from './payloads.ts';
import { shipments } from './shipments.ts';
import { tellKeyUnavailable } from './tell-key-unavailable.ts';

/** How long a key that cannot be loaded is waited for before the next look. */
const keyRetryMs = 15_000;

/** Makes the handler that sends one packet and writes down the outcome of each recipient before the next copy. */
export function deliverPacketHandler(parts: DeliveryParts, payloads: Payloads): JobHandler {
  return async (job) => {
    const { distributionId, packet } = job.payload as { distributionId: string; packet: number };
    const distribution = await parts.store.distributions.get(distributionId);
    const rows = await parts.store.deliveries.pendingOfPacket(distributionId, packet);
    if (rows.length > 0) {
      const held = await sendOrHold(parts, payloads, distribution, rows);
      if (held) return held;
    }
    const left = await parts.store.deliveries.pendingOfPacket(distributionId, packet);
    const again = left.length > 0 ? await tryAgain(parts, job, distribution, left) : undefined;
    if (again) return again;
    if (await finishDistribution(parts, distribution)) payloads.forget(distribution.id);
    return { status: 'done' };
  };
}

async function sendOrHold(
  parts: DeliveryParts,
  payloads: Payloads,
  distribution: Distribution,
  rows: readonly DeliveryRow[],
): Promise<JobOutcome | undefined> {
  try {
    await payloads.use(distribution, (source) => sendRows(parts, distribution, source, rows));
    return undefined;
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.code !== 'key-unavailable') throw error;
    await parts.store.transaction((tx) => tellKeyUnavailable(tx, distribution.list, parts));
    const atMs = parts.clock.now() + keyRetryMs;
    return { status: 'retry', atMs, code: error.code, reason: error.message, countsAsAttempt: false };
  }
}

async function sendRows(
  parts: DeliveryParts,
  distribution: Distribution,
  source: CopySource,
  rows: readonly DeliveryRow[],
): Promise<void> {
  const connection = await parts.transport.acquire();
  try {
    for await (const shipment of shipments(parts, distribution, source, rows)) {
      const replies = await connection.send(shipment.copy);
      // RFC 5321 §4.2.5: the final reply hands responsibility over; it is on the disk before the next copy starts.
      const nowMs = parts.clock.now();
      await parts.recorder.record(
        shipment.rows.map((row) => outcomeOf({ distribution, row, nowMs }, replies)),
      );
      if (replies.every(lostConnection)) break;
    }
  } finally {
    connection.release();
  }
}

interface Tried {
  readonly distribution: Distribution;
  readonly row: DeliveryRow;
  readonly nowMs: number;
}

function outcomeOf({ distribution, row, nowMs }: Tried, replies: readonly RecipientReply[]): RecordedOutcome {
  const reply = replies.find((one) => one.recipient === row.address);
  const state = reply?.status === 'sent' ? 'sent' : reply?.status === 'permanent' ? 'failed' : 'pending';
  const code = reply ? `${reply.code} ${reply.enhanced}`.trim() : '';
  const { distributionId, address } = row;
  const refusal = state === 'failed' ? refusalOf(distribution, reply!, nowMs) : undefined;
  const outcome = { distributionId, address, state, code, reply: reply?.text.slice(0, 500) ?? '' } as const;
  return { ...outcome, ...(refusal && { refusal }) };
}

/**
 * A mailbox that the peer refuses for good while we talk to it bounces like one that a report comes of: nobody else would
 * send one. It must answer that recipient, and the status must name the mailbox: what refuses the mail or its sender says
 * nothing of its readers.
 */
function refusalOf(
  distribution: Distribution,
  { enhanced, answers }: RecipientReply,
  receivedAt: number,
): PostRefusal | undefined {
  const { sequence, list, messageId: postId, policy } = distribution;
  if (answers !== 'recipient' || sequence === 0 || parsePolicy(policy).onRequest) return undefined;
  return classOfStatus(enhanced)?.isOfMailbox ? { list, postId, status: enhanced, receivedAt } : undefined;
}

function lostConnection(reply: RecipientReply): boolean {
  return reply.status === 'temporary' && (reply.code === 0 || reply.code === 421);
}

async function tryAgain(
  parts: DeliveryParts,
  job: Job,
  distribution: Distribution,
  left: readonly DeliveryRow[],
): Promise<JobOutcome | undefined> {
  const nowMs = parts.clock.now();
  const keepMs = parts.site.conf.clean_delay_queue * 86_400_000;
  if (nowMs - distribution.createdAt < keepMs) {
    const atMs = nowMs + backoffMs(job.attempts);
    return { status: 'retry', atMs, code: 'temporary', reason: `${left.length} recipients refused for now` };
  }
  const reply = deliveryErrorCodes['delivery-expired'].meaning;
  await parts.store.deliveries.record(
    left.map((row) => ({
      distributionId: row.distributionId,
      address: row.address,
      state: 'failed' as const,
      code: 'delivery-expired',
      reply,
    })),
  );
  return undefined;
}
