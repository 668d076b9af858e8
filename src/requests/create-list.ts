import { z } from 'zod';
import { ListsError, type ListsErrorCode } from '../lists/error.ts';
import type { List } from '../lists/list.ts';
import { draftList, type NewList } from '../lists/list-draft.ts';
import { canonicalAddress } from '../mime/address.ts';
import { addressArgument, gecosArgument, newListArgument } from './arguments.ts';
import { byOf } from './list-status.ts';
import { tell } from './membership.ts';
import { type Act, type Situation, siteOperation } from './operation.ts';
import { done, type ReportCode, type RequestReport, refused } from './report.ts';

/** What a list that cannot be made is reported as; anything else is no answer but a failure. */
const refusals: Readonly<Partial<Record<ListsErrorCode, ReportCode>>> = {
  'list-exists': 'list-exists',
  'bad-list-name': 'bad-list',
  'reserved-list-name': 'bad-list',
};

/** Makes a list, open at once or, where the scenario says so, pending until a listmaster opens it. */
export const createList = siteOperation({
  word: 'CREATE-LIST',
  order: ['name', 'owner', 'subject'],
  governedBy: 'create_list',
  needsProof: true,
  arguments: z.strictObject({
    name: newListArgument,
    owner: addressArgument.optional(),
    subject: gecosArgument,
  }),
  prepare: async ({ name, owner, subject }, situation) => {
    const { requester, robot, parts } = situation;
    const at = name.lastIndexOf('@');
    if (at >= 0 && name.slice(at + 1) !== robot.domain) return async () => refused('bad-list');
    const wanted = {
      name: at < 0 ? name : name.slice(0, at),
      robot,
      owners: [owner ?? requester.sender],
      ...(subject && { subject }),
      creator: requester.sender,
      nowMs: parts.clock.now(),
    };
    const address = `${wanted.name}@${robot.domain}`;
    const there = await parts.lists.find(address);
    if (there && !isOf(there, wanted))
      return async () => refused('list-exists', { values: { list: address } });
    return refusing(address, () => listAct(wanted, situation, there));
  },
});

/**
 * Makes the act that makes a list.
 *
 * @param there the list, where this same request made it before and was cut off then
 * @throws ListsError, ConfigError for what cannot be a list; the act throws ListsError too
 */
export async function listAct(wanted: NewList, situation: Situation, there?: List): Promise<Act> {
  const { forListmaster, parts } = situation;
  const status = there?.status ?? (forListmaster ? 'pending' : 'open');
  const draft = draftList({ ...wanted, parameters: { status, ...wanted.parameters } }, parts.site);
  return async (tx) => {
    if (!there) draft.write();
    const list = there ?? { address: draft.address };
    await tellOfList(tx, list, status, wanted, situation);
    return done(status === 'pending' ? 'list-pending' : 'list-created', { values: { list: draft.address } });
  };
}

async function tellOfList(
  tx: Parameters<Act>[0],
  list: Pick<List, 'address'>,
  status: string,
  { owners }: NewList,
  { modifiers, parts, requester, robot }: Situation,
): Promise<void> {
  if (modifiers.includes('quiet')) return;
  const by = byOf(requester.sender);
  const nowMs = parts.clock.now();
  if (status === 'pending') {
    const listmasters = parts.lists.listmasters(robot);
    await tell(
      tx,
      list,
      'list-pending-listmaster',
      listmasters,
      { by, owners: owners.map(canonicalAddress) },
      nowMs,
    );
  } else if (owners.some((owner) => canonicalAddress(owner) !== requester.sender))
    await tell(tx, list, 'list-status-owner', 'owners', { status, by }, nowMs);
}

/** The same person asked for the same list before; a mail that is worked on again after a crash gets the same answer. */
function isOf({ config, owners, status }: List, { creator, owners: wanted }: NewList): boolean {
  const isUnused = status === 'open' || status === 'pending';
  return (
    isUnused && config.creation?.email === creator && owners.join() === wanted.map(canonicalAddress).join()
  );
}

/** Turns what cannot be a list into a report, whether that is found before the transaction or within it. */
export async function refusing(address: string, prepare: () => Promise<Act>): Promise<Act> {
  const reportOf = (error: unknown): RequestReport => {
    const code = error instanceof ListsError ? refusals[error.code] : undefined;
    if (!code) throw error;
    return refused(code, { values: { list: address } });
  };
  try {
    const act = await prepare();
    return (tx) => act(tx).catch(reportOf);
  } catch (error) {
    const report = reportOf(error);
    return async () => report;
  }
}
