import type { Robot } from '../config/site.ts';
import { canonicalAddress } from '../mime/address.ts';
import type { Repositories } from '../store/store.ts';
import type { List } from './list.ts';
import type { Lists } from './lists.ts';

/** Tells whether an address is a listmaster of a domain, or of the whole site. */
export function isListmaster(robot: Robot, address: string): boolean {
  const canonical = canonicalAddress(address);
  return [...robot.conf.listmaster, ...robot.siteListmasters].some(
    (one) => canonicalAddress(one) === canonical,
  );
}

/**
 * Tells whether an address is an owner of a list.
 *
 * @param list `name`, which is one of the domain `robot`, or `name@domain`; an unknown list has no owners
 */
export async function isOwner(lists: Lists, robot: Robot, list: string, address: string): Promise<boolean> {
  const found = await listOfRobot(lists, robot, list);
  return found?.owners.includes(canonicalAddress(address)) ?? false;
}

/** Tells whether an address is an editor of a list, or an owner where the list has no editors. */
export async function isEditor(lists: Lists, robot: Robot, list: string, address: string): Promise<boolean> {
  const found = await listOfRobot(lists, robot, list);
  return found?.editors.includes(canonicalAddress(address)) ?? false;
}

/** Tells whether an address is subscribed to a list. */
export async function isSubscriber(
  lists: Lists,
  store: Pick<Repositories, 'subscribers'>,
  robot: Robot,
  list: string,
  address: string,
): Promise<boolean> {
  const found = await listOfRobot(lists, robot, list);
  return found ? store.subscribers.isSubscriber(found.address, canonicalAddress(address)) : false;
}

async function listOfRobot(lists: Lists, robot: Robot, list: string): Promise<List | undefined> {
  return lists.find(list.includes('@') ? list : `${list}@${robot.domain}`);
}
