import type { Robot } from '../config/site.ts';
import type { List } from '../lists/list.ts';

/** Scenarios of lists that govern requests, and the parameter that names each. */
const ofLists = {
  subscribe: ({ config }: List) => config.subscribe,
  unsubscribe: ({ config }: List) => config.unsubscribe,
  add: ({ config }: List) => config.add,
  del: ({ config }: List) => config.del,
  invite: ({ config }: List) => config.invite,
  review: ({ config }: List) => config.review,
  remind: ({ config }: List) => config.remind,
  info: ({ config }: List) => config.info,
  visibility: ({ config }: List) => config.visibility,
  archive_mail_access: ({ config }: List) => config.archive.mail_access,
} as const;

/** Scenarios of a domain. */
const ofRobots = {
  create_list: ({ conf }: Robot) => conf.create_list,
  family_signoff: ({ conf }: Robot) => conf.family_signoff,
  global_remind: ({ conf }: Robot) => conf.global_remind,
  move_user: ({ conf }: Robot) => conf.move_user,
} as const;

/** A function whose scenario a list names. */
export type ListFunction = keyof typeof ofLists;

/** A function whose scenario a domain names. */
export type RobotFunction = keyof typeof ofRobots;

/** Gives the name of the scenario that governs a function on a list. */
export function listScenario(name: ListFunction, list: List): string {
  return ofLists[name](list);
}

/** Gives the name of the scenario that governs a function in a domain. */
export function robotScenario(name: RobotFunction, robot: Robot): string {
  return ofRobots[name](robot);
}
