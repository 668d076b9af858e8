import type { WaitingRow } from '../store/deliveries.ts';
import type { Job } from '../store/jobs.ts';
import type { MessageState, MessageSummary } from '../store/messages.ts';
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

const maxEntries = 10_000;

type Reader = (store: Store) => Promise<readonly SpoolEntry[]>;

const readers: Readonly<Record<SpoolKind, Reader>> = {
  incoming: (store) => messagesIn(store, 'incoming', ['incoming', 'held']),
  moderation: (store) => messagesIn(store, 'moderation', ['moderation']),
  auth: (store) => messagesIn(store, 'auth', ['auth']),
  outgoing: async (store) =>
    (await store.deliveries.deferred({ limit: maxEntries })).map((row) => entryOfRow('outgoing', row)),
  waiting: async (store) => (await store.deliveries.waiting()).map((row) => entryOfRow('waiting', row)),
  quarantine: async (store) => (await store.jobs.list({ states: ['quarantined'] })).map(entryOfJob),
};

/** Gives what waits, of one kind or all. */
export async function spoolEntries(
  store: Store,
  kind: SpoolKind | undefined,
): Promise<readonly SpoolEntry[]> {
  const kinds = kind === undefined ? spoolKinds : [kind];
  return (await Promise.all(kinds.map((one) => readers[one](store)))).flat();
}

async function messagesIn(
  store: Store,
  kind: SpoolKind,
  states: readonly MessageState[],
): Promise<readonly SpoolEntry[]> {
  const messages = await store.messages.listByState(states, { limit: maxEntries });
  return messages.map((message) => entryOfMessage(kind, message));
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
