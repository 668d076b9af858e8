import type { Robot } from '../config/site.ts';
import type { List } from '../lists/list.ts';
import type { RequestParts } from '../requests/operation.ts';
import type { ListKeyring } from '../trust/list-keys.ts';
import { TaskError } from './error.ts';
import { listHint } from './references.ts';
import type { TaskCommand } from './task-model.ts';

/**
 * Fetches certificate revocation lists.
 *
 * @param file name of a file of the folder of the site with one URL a line
 * @param untilMs lists that end before this time are fetched again
 */
export type UpdateCrls = (file: string, untilMs: number) => Promise<void>;

/** What tasks work with; put together by `daemon.ts` and by the command line. */
export interface TaskParts extends RequestParts {
  readonly keyring: ListKeyring;
  /** Where nothing fetches revocation lists, `crl_update` is not among the tasks that run. */
  readonly updateCrls?: UpdateCrls;
}

/** One run of a task. */
export interface TaskRun {
  readonly parts: TaskParts;
  readonly robot: Robot;
  /** The list that the task is about; the whole site without one. */
  readonly list: List | undefined;
  /** What `execution_date` stands for, and the time that commands go by. */
  readonly nowMs: number;
  /** Unlike for each run of each task, alike when a run is done again after a crash or a failure. */
  readonly key: string;
  /** Addresses by variable. */
  readonly variables: Map<string, readonly string[]>;
  /** Tells a command to end where it is. */
  readonly signal: AbortSignal;
  /** Called before each command. */
  readonly onCommand?: (command: TaskCommand) => void;
}

/**
 * Gives the list that a run is about.
 *
 * @throws TaskError `needs-list`
 */
export function listOfRun({ list }: TaskRun): List {
  if (!list)
    throw new TaskError('needs-list', 'the task is about the whole site, not about a list', {
      hint: listHint,
    });
  return list;
}

/** Gives the lists that a run of a task of the site is about: those that are open, or the one that it is run for. */
export async function openLists({ list, parts }: TaskRun): Promise<readonly List[]> {
  if (list) return [list];
  return (await parts.lists.all()).filter(({ status }) => status === 'open');
}
