import { existsSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Site } from '../config/site.ts';
import { isMissing } from '../files.ts';
import { ListsError } from './error.ts';
import type { List } from './list.ts';
import { place, syncFolder, writing } from './list-draft.ts';
import { checkNewListName } from './list-name.ts';

/** File of a list's folder that names the address which the list had before. */
const formerFile = 'moved_from';

/** The folder of a list that is to have another name. Neither function waits for anything. */
export interface ListRename {
  /** `name@domain`, from now on. */
  readonly address: string;
  /** Says why it cannot be done, as far as that can be seen. */
  fault(): 'no-such-list' | 'list-exists' | undefined;
  /**
   * Renames it; what the list was called before stands in it then.
   *
   * @throws ListsError `list-not-writable`
   */
  write(): void;
}

/**
 * Makes ready another name of a list, in its domain.
 *
 * @throws ListsError `bad-list-name`, `reserved-list-name`
 */
export function draftRename(list: List, name: string, site: Site): ListRename {
  const { robot, directory } = list;
  checkNewListName(name, robot.conf);
  if (site.robots.some(({ domain }) => domain === name))
    throw new ListsError('reserved-list-name', `${name} is a domain of the site`);
  const target = join(robot.explDir, name);
  return {
    address: `${name}@${robot.domain}`,
    fault: () => {
      if (!existsSync(directory)) return 'no-such-list';
      return existsSync(target) ? 'list-exists' : undefined;
    },
    write: () =>
      writing(directory, () => {
        place(join(directory, formerFile), `${list.address}\n`, renameSync);
        renameSync(directory, target);
        syncFolder(dirname(target));
      }),
  };
}

/** Gives the address that a list had before it was renamed. */
export function formerAddress({ directory }: Pick<List, 'directory'>): string | undefined {
  try {
    return readFileSync(join(directory, formerFile), 'utf8').trim();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
