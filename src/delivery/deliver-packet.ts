import { formatVerp } from '../lists/verp.ts';
import type { OutgoingCopy, RecipientReply } from '../smtp/transport.ts';
import type { DeliveryRow } from '../store/deliveries.ts';
import type { Distribution } from '../store/distributions.ts';
import type { JobHandler, JobOutcome } from '../store/job-runner.ts';
import { backoffMs } from '../store/job-runner.ts';
import type { Job } from '../store/jobs.ts';
import type { Copy, CopySource } from './copy-source.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { type DistributionPolicy, parsePolicy } from './distribution-policy.ts';
import { DeliveryError, deliveryErrorCodes } from './error.ts';
import { finishDistribution } from './finish.ts';
import { takesVerp } from './packets.ts';
import type { Payloads } from './payloads.ts';
import { enqueueMissingNotice, keepWaitingUntilMs } from './waiting.ts';

/** How long a key that cannot be loaded is waited for before the next look. */
const keyRetryMs = 15_000;

type Outcome = Parameters<DeliveryParts['store']['deliveries']['record']>[0][number];

/** One transaction with the peer: a copy and the recipients that get it. */
interface Shipment {
  readonly copy: OutgoingCopy;
  readonly rows: readonly DeliveryRow[];
}

/** Makes the handler that sends one packet and writes down the outcome of each recipient before the next copy. */
export function deliverPacketHandler(parts: DeliveryParts, payloads: Payloads): JobHandler {
  return async (job) => {
    const { distributionId, packet } = job.payload as { distributionId: string; packet: number };
    const distribution = await parts.store.distributions.get(distributionId);
    const rows = await parts.store.deliveries.pendingOfPacket(distributionId, packet);
    if (rows.length > 0) {
      const held = await sendRows(parts, payloads, distribution, rows);
      if (held) return held;
    }
    const left = await parts.store.deliveries.pendingOfPacket(distributionId, packet);
    if (left.length > 0) return tryAgain(parts, job, distribution, left);
    if (await finishDistribution(parts, distribution)) payloads.forget(distribution.id);
    return { status: 'done' };
  };
}

async function sendRows(
  parts: DeliveryParts,
  payloads: Payloads,
  distribution: Distribution,
  rows: readonly DeliveryRow[],
): Promise<JobOutcome | undefined> {
  let source: CopySource;
  try {
    source = await payloads.copiesOf(distribution);
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.code !== 'key-unavailable') throw error;
    const atMs = parts.clock.now() + keyRetryMs;
    return { status: 'retry', atMs, code: error.code, reason: error.message, countsAsAttempt: false };
  }
  const connection = await parts.transport.acquire();
  try {
    for await (const shipment of shipments(parts, distribution, source, rows)) {
      const replies = await connection.send(shipment.copy);
      // RFC 5321 §4.2.5: the final reply hands responsibility over; it is on the disk before the next copy starts.
      await parts.recorder.record(shipment.rows.map((row) => outcomeOf(row, replies)));
      if (replies.every(lostConnection)) break;
    }
  } finally {
    connection.release();
  }
  return undefined;
}

async function* shipments(
  parts: DeliveryParts,
  distribution: Distribution,
  source: CopySource,
  rows: readonly DeliveryRow[],
): AsyncGenerator<Shipment> {
  const policy = parsePolicy(distribution.policy);
  const choices = policy.seal
    ? await parts.certificates.chooseForEncryption(
        parts.store,
        rows.map((row) => row.address),
      )
    : undefined;
  const together: DeliveryRow[] = [];
  for (const row of rows) {
    if (!choices && !alone(row, distribution, policy)) {
      together.push(row);
      continue;
    }
    const choice = choices?.get(row.address);
    const found = choice?.status === 'found' ? choice : undefined;
    const recipient = {
      address: row.address,
      certificate: found?.certificate,
      capabilities: found?.capabilities ?? null,
    };
    const copy = source.copyFor(recipient);
    if (copy.status === 'waits') await makeWait(parts, distribution, row, copy);
    else yield shipmentOf(parts, distribution, policy, copy, [row], true);
  }
  const shared =
    together.length > 0
      ? source.copyFor({ address: '', certificate: undefined, capabilities: null })
      : undefined;
  if (shared?.status === 'copy') yield shipmentOf(parts, distribution, policy, shared, together, false);
}

function alone(row: DeliveryRow, distribution: Distribution, policy: DistributionPolicy): boolean {
  if (policy.envelope === 'verp') return true;
  return policy.envelope === 'owner' && takesVerp(row.address, distribution.sequence, policy.verpRate);
}

function shipmentOf(
  parts: DeliveryParts,
  distribution: Distribution,
  policy: DistributionPolicy,
  made: Extract<Copy, { status: 'copy' }>,
  rows: readonly DeliveryRow[],
  verp: boolean,
): Shipment {
  const recipients = rows.map((row) => row.address);
  const envelopeSender = envelopeSenderFor(parts, distribution, policy, verp ? recipients[0]! : undefined);
  const { pieces, eightBitBody: eightBit } = made;
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const smtputf8 = made.utf8Header || recipients.some((address) => !isAscii(address));
  return { copy: { envelopeSender, recipients, pieces, size, smtputf8, eightBit }, rows };
}

function envelopeSenderFor(
  parts: DeliveryParts,
  distribution: Distribution,
  policy: DistributionPolicy,
  only: string | undefined,
): string {
  if (policy.envelope === 'null') return '';
  const robot = parts.lists.robotOf(distribution.list);
  if (only !== undefined)
    return formatVerp(distribution.list, only, parts.verpKey, { prefix: robot.conf.bounce_email_prefix });
  const at = distribution.list.lastIndexOf('@');
  return `${distribution.list.slice(0, at)}${robot.conf.return_path_suffix}${distribution.list.slice(at)}`;
}

function outcomeOf(row: DeliveryRow, replies: readonly RecipientReply[]): Outcome {
  const reply = replies.find((one) => one.recipient === row.address);
  const state = reply?.status === 'sent' ? 'sent' : reply?.status === 'permanent' ? 'failed' : 'pending';
  const code = reply ? `${reply.code} ${reply.enhanced}`.trim() : '';
  const { distributionId, address } = row;
  return { distributionId, address, state, code, reply: reply?.text.slice(0, 500) ?? '' };
}

function lostConnection(reply: RecipientReply): boolean {
  return reply.status === 'temporary' && (reply.code === 0 || reply.code === 421);
}

async function makeWait(
  parts: DeliveryParts,
  distribution: Distribution,
  row: DeliveryRow,
  copy: Extract<Copy, { status: 'waits' }>,
): Promise<void> {
  const nowMs = parts.clock.now();
  const { distributionId, address } = row;
  const reply = deliveryErrorCodes[copy.code].meaning;
  await parts.store.transaction(async (tx) => {
    const keepUntil = keepWaitingUntilMs(parts.site, nowMs);
    await tx.deliveries.record([
      { distributionId, address, state: 'waiting', code: copy.code, reply, keepUntil },
    ]);
    await tx.reports.add({ list: distribution.list, address, distributionId, code: copy.code });
    await enqueueMissingNotice(tx, distribution.list, address);
  });
}

async function tryAgain(
  parts: DeliveryParts,
  job: Job,
  distribution: Distribution,
  left: readonly DeliveryRow[],
): Promise<JobOutcome> {
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
  await finishDistribution(parts, distribution);
  return { status: 'done' };
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
