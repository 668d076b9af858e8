import { isListmaster } from '../lists/roles.ts';
import type { RequestParts } from './operation.ts';
import type { Requester } from './requester.ts';

/** People for whom some commands are there. */
export type Role = 'owner' | 'editor' | 'listmaster';

/** Tells what somebody is on any list of the domain that was asked; a listmaster may do what owners and editors do. */
export async function rolesHeld(
  { sender, robot, channel }: Requester,
  { lists }: Pick<RequestParts, 'lists'>,
): Promise<ReadonlySet<Role>> {
  if (channel === 'command-line' || isListmaster(robot, sender))
    return new Set<Role>(['owner', 'editor', 'listmaster']);
  const ofDomain = (await lists.all()).filter((list) => list.robot.domain === robot.domain);
  const roles = new Set<Role>();
  if (ofDomain.some(({ owners }) => owners.includes(sender))) roles.add('owner');
  if (ofDomain.some(({ editors }) => editors.includes(sender))) roles.add('editor');
  return roles;
}
