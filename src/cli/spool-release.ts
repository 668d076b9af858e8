import { planHeldRequest } from '../requests/confirm-request.ts';
import { distribute } from '../requests/distribute.ts';
import type { PlannedRequest } from '../requests/plan-request.ts';
import { reportCodes } from '../requests/report.ts';
import type { Repositories } from '../store/store.ts';
import type { CliIo } from './io.ts';
import { operatorOnList, operatorSituation } from './operator.ts';
import type { OpenSite } from './site-options.ts';
import { pendingRequest, type SpoolEntry } from './spool-entries.ts';

/** Lets go what waits for somebody's word: the operator's stands for it. */
export async function releaseHeld(io: CliIo, open: OpenSite, entry: SpoolEntry): Promise<void> {
  if (entry.kind === 'moderation') return distributePost(io, open, entry);
  if (await open.store.messages.find(entry.id)) return confirmPost(io, open, entry);
  return approveRequest(io, open, entry);
}

async function distributePost(io: CliIo, open: OpenSite, entry: SpoolEntry): Promise<void> {
  const list = await open.lists.get(entry.list);
  const situation = operatorOnList(io, open, list, {});
  const act = await distribute.prepare({ list: list.address, key: entry.id }, situation);
  await carryOut(io, open, act);
}

async function confirmPost(io: CliIo, { store }: OpenSite, { id }: SpoolEntry): Promise<void> {
  await store.transaction(async (tx) => {
    if ((await tx.messages.lockedState(id)) !== 'auth') io.fail('answer-is-no', `${id} waits no more`);
    await tx.requestKeys.useAllOf(id, 'the operator', 'released');
    await tx.messages.setState(id, 'incoming', { code: 'released', reason: 'released by the operator' });
    await tx.jobs.enqueue({ role: 'pipeline', kind: 'process-message', subject: id });
  });
}

async function approveRequest(io: CliIo, open: OpenSite, { id, list }: SpoolEntry): Promise<void> {
  const row = await pendingRequest(open.store, id);
  if (!row) return io.fail('answer-is-no', `${id} waits no more`);
  const { parts, requester } = operatorSituation(io, open, open.lists.robotOf(list), {});
  const { perform } = await planHeldRequest(row, requester, parts);
  await carryOut(io, open, perform);
}

/** What is refused changes nothing: the request goes on waiting. */
async function carryOut(io: CliIo, { store }: OpenSite, act: PlannedRequest['perform']): Promise<void> {
  await store.transaction(async (tx: Repositories) => {
    const { status, code } = await act(tx);
    if (status === 'refused') io.fail('answer-is-no', `nothing is done: ${reportCodes[code].meaning}`);
  });
}
