import { z } from 'zod';
import type { Robot } from '../config/site.ts';
import type { List } from '../lists/list.ts';
import { draftRename, formerAddress, type ListRename } from '../lists/list-rename.ts';
import { listArgument } from './arguments.ts';
import { refusing } from './create-list.ts';
import { byOf } from './list-status.ts';
import { tell } from './membership.ts';
import { type Act, type Situation, siteOperation } from './operation.ts';
import { done, type RequestReport, refused } from './report.ts';
import { actsAsListmaster } from './roles-held.ts';
import { revokeSyncs } from './sync-lock.ts';

/**
 * Gives a list another name in its domain. For listmasters. The folder is renamed within the transaction, as its last
 * step; where the process dies between the two, the same request, made again, finds the folder renamed and does the rest.
 */
export const moveList = siteOperation({
  word: 'MOVE-LIST',
  order: ['list', 'name'],
  governedBy: null,
  needsProof: true,
  arguments: z.strictObject({ list: listArgument, name: listArgument }),
  pointless: async (args, situation) => refusalOf(situation, placesOf(args, situation).robot),
  prepare: async (args, situation) => {
    const { from, to, name, robot } = placesOf(args, situation);
    const refusal = refusalOf(situation, robot);
    if (refusal) return async () => refusal;
    if (name.includes('@') && to !== name) return async () => refused('bad-list');
    const { lists, site } = situation.parts;
    const list = await lists.find(from);
    if (!list) return restAct(await lists.find(to), from, situation);
    if (list.status === 'error_config')
      return async () => refused('list-unusable', { values: { list: from } });
    return refusing(to, async () => renameAct(from, draftRename(list, localPart(to), site), situation));
  },
});

/** Where a list is, and where it is to be. */
interface Places {
  readonly from: string;
  readonly to: string;
  /** The new name as it was given. */
  readonly name: string;
  readonly robot: Robot;
}

function placesOf(
  { list, name }: { readonly list: string; readonly name: string },
  { parts, robot: asked }: Situation,
): Places {
  const from = list.includes('@') ? list : `${list}@${asked.domain}`;
  const robot = parts.lists.robotOf(from);
  return { from, to: `${localPart(name)}@${robot.domain}`, name, robot };
}

function localPart(name: string): string {
  const at = name.lastIndexOf('@');
  return at < 0 ? name : name.slice(0, at);
}

function refusalOf({ requester }: Situation, robot: Robot): RequestReport | undefined {
  return actsAsListmaster(requester, robot) ? undefined : refused('not-listmaster');
}

function renameAct(from: string, rename: ListRename, situation: Situation): Act {
  const { address: to } = rename;
  return async (tx) => {
    const fault = rename.fault();
    if (fault) return refused(fault, { values: { list: fault === 'list-exists' ? to : from } });
    // Subscribers of a list that once had this name did not subscribe to this one.
    if (await tx.listRenames.isKnown(to)) return refused('list-exists', { values: { list: to } });
    await revokeSyncs(tx, [from, to]);
    await tx.listRenames.rename(from, to);
    await tellOwners(tx, from, to, situation);
    rename.write();
    return done('list-moved', { values: { from, list: to } });
  };
}

/** Does what is left of a rename whose folder was renamed; nothing where it was done before. */
function restAct(moved: List | undefined, from: string, situation: Situation): Act {
  if (!moved || formerAddress(moved) !== from)
    return async () => refused('no-such-list', { values: { list: from } });
  const { address: to } = moved;
  return async (tx) => {
    // A list without subscribers and posts may still have a post that waits.
    const isLeft = await tx.listRenames.isKnown(from);
    await revokeSyncs(tx, [from, to]);
    await tx.listRenames.rename(from, to);
    if (isLeft) await tellOwners(tx, from, to, situation);
    return done('list-moved', { values: { from, list: to } });
  };
}

async function tellOwners(
  tx: Parameters<Act>[0],
  from: string,
  to: string,
  { modifiers, parts, requester }: Situation,
): Promise<void> {
  if (modifiers.includes('quiet')) return;
  const variables = { from, by: byOf(requester.sender) };
  await tell(tx, { address: to }, 'list-moved-owner', 'owners', variables, parts.clock.now());
}
