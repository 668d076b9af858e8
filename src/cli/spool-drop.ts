import { dropModerationCopies } from '../delivery/drop-moderation-copies.ts';
import { finishWithin } from '../delivery/finish.ts';
import type { Repositories, Store } from '../store/store.ts';
import { pendingRequest, type SpoolEntry, splitRowId } from './spool-entries.ts';

const droppedByOperator = { code: 'dropped', reason: 'dropped by the operator' } as const;

/** Drops something that waits, with all that waits with it. */
export async function dropEntry(store: Store, entry: SpoolEntry, nowMs: number): Promise<void> {
  if (entry.kind === 'quarantine') return dropJob(store, entry.id, nowMs);
  const note = droppedByOperator;
  if (entry.kind === 'waiting' || entry.kind === 'outgoing') {
    const [distributionId, address] = splitRowId(entry.id);
    return store.transaction(async (tx) => {
      await tx.deliveries.record([
        { distributionId, address, state: 'dropped', code: note.code, reply: note.reason },
      ]);
      await finishWithin(tx, await tx.distributions.get(distributionId), nowMs);
    });
  }
  if (await pendingRequest(store, entry.id))
    return store.transaction(async (tx) => {
      await tx.requestKeys.use(entry.id, 'the operator', 'dropped');
    });
  await dropMessage(store, entry.id, nowMs);
}

/** With a post that waits go the keys of its editors or its sender, and the copies for editors that are not out yet. */
async function dropMessage(store: Store, id: string, nowMs: number): Promise<void> {
  const job = await store.jobs.find('process-message', id);
  await store.transaction(async (tx) => {
    await tx.requestKeys.useAllOf(id, 'the operator', 'dropped');
    await tx.messages.setState(id, 'discarded', droppedByOperator);
    await dropModerationCopies(tx, id, nowMs);
    await tx.messages.dropRaw(id);
    if (job) await tx.jobs.complete(job.id);
  });
}

/** What a job was put aside for is dropped with it: a message, or the recipients of a packet. */
async function dropJob(store: Store, id: string, nowMs: number): Promise<void> {
  const job = (await store.jobs.list({ states: ['quarantined'] })).find((one) => one.id === id);
  if (!job) return;
  await store.transaction(async (tx) => {
    if (job.kind === 'process-message') {
      await tx.messages.setState(job.subject, 'discarded', droppedByOperator);
      await tx.messages.dropRaw(job.subject);
    }
    if (job.kind === 'deliver-packet') await dropPacket(tx, job.payload as unknown as PacketPayload, nowMs);
    await tx.jobs.complete(id);
  });
}

interface PacketPayload {
  readonly distributionId: string;
  readonly packet: number;
}

async function dropPacket(
  tx: Repositories,
  { distributionId, packet }: PacketPayload,
  nowMs: number,
): Promise<void> {
  const rows = await tx.deliveries.pendingOfPacket(distributionId, packet);
  const { code, reason: reply } = droppedByOperator;
  await tx.deliveries.record(
    rows.map(({ address }) => ({ distributionId, address, state: 'dropped', code, reply })),
  );
  await finishWithin(tx, await tx.distributions.get(distributionId), nowMs);
}
