import type { Robot } from '../config/site.ts';
import { isListmaster } from '../lists/roles.ts';
import type { ListSituation, RequestParts } from './operation.ts';
import type { Requester } from './requester.ts';

/** People for whom some commands are there. */
export type Role = 'owner' | 'editor' | 'listmaster';

/** Tells whether somebody has the rights of a listmaster: one of them, or the operator. */
export function actsAsListmaster({ channel, sender }: Requester, robot: Robot): boolean {
  return channel === 'command-line' || isListmaster(robot, sender);
}

/** Tells whether somebody has the rights of an owner or an editor of a list; a listmaster has them on every list. */
export function actsAs(
  role: 'owner' | 'editor',
  { list, requester }: Pick<ListSituation, 'list' | 'requester'>,
): boolean {
  const people = { owner: list.owners, editor: list.editors }[role];
  return people.includes(requester.sender) || actsAsListmaster(requester, list.robot);
}

/** Tells what somebody is on any list of the domain that was asked; a listmaster may do what owners and editors do. */
export async function rolesHeld(
  requester: Requester,
  { lists }: Pick<RequestParts, 'lists'>,
): Promise<ReadonlySet<Role>> {
  const { sender, robot } = requester;
  if (actsAsListmaster(requester, robot)) return new Set<Role>(['owner', 'editor', 'listmaster']);
  const ofDomain = (await lists.all()).filter((list) => list.robot.domain === robot.domain);
  const roles = new Set<Role>();
  if (ofDomain.some(({ owners }) => owners.includes(sender))) roles.add('owner');
  if (ofDomain.some(({ editors }) => editors.includes(sender))) roles.add('editor');
  return roles;
}
