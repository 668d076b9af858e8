import { formatCall, type RequestCall } from '../requests/call.ts';
import type { HeldRequest } from '../requests/hold-request.ts';
import type { WaitingRow } from '../store/deliveries.ts';
import type { Job } from '../store/jobs.ts';
import type { MessageState, MessageSummary } from '../store/messages.ts';
import type { RequestKey } from '../store/request-keys.ts';
import type { Store } from '../store/store.ts';

/** Why something waits. */
export const spoolKinds = ['incoming', 'outgoing', 'moderation', 'auth', 'waiting', 'quarantine'] as const;

export type SpoolKind = (typeof spoolKinds)[number];

/** One thing that waits, in the form of the JSON contract. */
export interface SpoolEntry {
  readonly id: string;
  readonly kind: SpoolKind;
  readonly list: string;
  readonly sender: string | null;
  readonly recipient: string;
  /** ISO 8601. */
  readonly since: string;
  readonly reason: string | null;
  readonly code: string | null;
}

/** What waits, the oldest of each kind. */
export interface SpoolListing {
  readonly entries: readonly SpoolEntry[];
  /** Kinds of which more waits than is shown. */
  readonly cut: readonly SpoolKind[];
}

type Reader = (store: Store, limit: number) => Promise<readonly SpoolEntry[]>;

const kindsOfStates: Readonly<Partial<Record<MessageState, SpoolKind>>> = {
  incoming: 'incoming',
  held: 'incoming',
  moderation: 'moderation',
  auth: 'auth',
};

const readers: Readonly<Record<SpoolKind, Reader>> = {
  incoming: (store, limit) => messagesIn(store, ['incoming', 'held'], limit),
  moderation: (store, limit) => messagesIn(store, ['moderation'], limit),
  auth: async (store, limit) =>
    oldestFirst([
      ...(await messagesIn(store, ['auth'], limit)),
      ...(await store.requestKeys.pending('confirm', undefined, limit)).map(entryOfRequest),
      ...(await store.requestKeys.pending('approve', undefined, limit)).map(entryOfRequest),
    ]),
  outgoing: async (store, limit) =>
    (await store.deliveries.deferred({ limit })).map((row) => entryOfRow('outgoing', row)),
  waiting: async (store) => (await store.deliveries.waiting()).map((row) => entryOfRow('waiting', row)),
  quarantine: async (store) => (await store.jobs.list({ states: ['quarantined'] })).map(entryOfJob),
};

/**
 * Gives what waits, of one kind or all.
 *
 * @param limit the most of a kind
 */
export async function spoolEntries(
  store: Store,
  kind: SpoolKind | undefined,
  limit: number,
): Promise<SpoolListing> {
  const kinds = kind === undefined ? spoolKinds : [kind];
  const found = await Promise.all(
    kinds.map(async (one) => ({ kind: one, entries: await readers[one](store, limit + 1) })),
  );
  return {
    entries: found.flatMap(({ entries }) => entries.slice(0, limit)),
    cut: found.filter(({ entries }) => entries.length > limit).map((one) => one.kind),
  };
}

/** Finds one thing that waits by its id, however much there is. */
export async function findEntry(store: Store, id: string): Promise<SpoolEntry | undefined> {
  if (id.includes('/')) return findRow(store, id);
  const message = await store.messages.find(id);
  const kind = message && kindsOfStates[message.state];
  if (message && kind) return entryOfMessage(kind, message);
  const job = (await store.jobs.list({ states: ['quarantined'] })).find((one) => one.id === id);
  if (job) return entryOfJob(job);
  const row = await pendingRequest(store, id);
  return row && entryOfRequest(row);
}

/** Gives the request that waits under an id of `spool list`; the id is the digest of a key, and opens nothing. */
export async function pendingRequest(store: Store, id: string): Promise<RequestKey | undefined> {
  const row = await store.requestKeys.find(id);
  if (row?.kind !== 'confirm' && row?.kind !== 'approve') return undefined;
  return row.usedAt === null && row.request !== null ? row : undefined;
}

async function findRow(store: Store, id: string): Promise<SpoolEntry | undefined> {
  const [distributionId, address] = splitRowId(id);
  const row = (await store.deliveries.ofDistribution(distributionId)).find((one) => one.address === address);
  if (row?.state !== 'pending' && row?.state !== 'waiting') return undefined;
  const { list } = await store.distributions.get(distributionId);
  return entryOfRow(row.state === 'waiting' ? 'waiting' : 'outgoing', { ...row, list });
}

/** Times of one form compare as text. */
function oldestFirst(entries: readonly SpoolEntry[]): readonly SpoolEntry[] {
  return entries.toSorted((a, b) => Number(a.since > b.since) - Number(a.since < b.since));
}

async function messagesIn(
  store: Store,
  states: readonly MessageState[],
  limit: number,
): Promise<readonly SpoolEntry[]> {
  const messages = await store.messages.listByState(states, { limit });
  return messages.map((message) => entryOfMessage(kindsOfStates[message.state]!, message));
}

function entryOfMessage(kind: SpoolKind, message: MessageSummary): SpoolEntry {
  const { id, list, envelopeSender, recipient, receivedAt, reason, code } = message;
  return {
    id,
    kind,
    list,
    sender: envelopeSender,
    recipient,
    since: new Date(receivedAt).toISOString(),
    reason,
    code,
  };
}

/** A request says what was asked; the key that it waits for is known to nobody but its reader. */
function entryOfRequest({ digest, kind, list, address, request, createdAt }: RequestKey): SpoolEntry {
  const { call, sender } = JSON.parse(request ?? '{}') as HeldRequest;
  const command = formatCall(call as RequestCall);
  const waitsFor = kind === 'approve' ? 'an owner' : 'a confirmation';
  return {
    id: digest,
    kind: 'auth',
    list,
    sender,
    recipient: address,
    since: new Date(createdAt).toISOString(),
    reason: `${command} waits for ${waitsFor}`,
    code: kind === 'approve' ? 'owner-approval' : 'confirmation',
  };
}

function entryOfRow(kind: SpoolKind, row: WaitingRow): SpoolEntry {
  const id = `${row.distributionId}/${row.address}`;
  const since = new Date(row.updatedAt).toISOString();
  return {
    id,
    kind,
    list: row.list,
    sender: null,
    recipient: row.address,
    since,
    reason: row.reply,
    code: row.code,
  };
}

function entryOfJob(job: Job): SpoolEntry {
  const since = new Date(job.createdAt).toISOString();
  return {
    id: job.id,
    kind: 'quarantine',
    list: '',
    sender: null,
    recipient: job.subject,
    since,
    reason: job.reason,
    code: job.code,
  };
}

/** Takes the id of a recipient apart: distribution and address. */
export function splitRowId(id: string): readonly [string, string] {
  const slash = id.indexOf('/');
  return [id.slice(0, slash), id.slice(slash + 1)];
}
