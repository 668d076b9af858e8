import { stat } from 'node:fs/promises';
import type { Robot, Site } from '../config/site.ts';
import { isMissing } from '../files.ts';
import type { List } from './list.ts';

/** Gives the folders that hold files of a list or domain, the nearest first: list, domain, site, shipped. */
export function searchPath(site: Site, where: List | Robot): readonly string[] {
  const own = 'robot' in where ? [where.directory] : [];
  return [...own, robotOf(where).etcDir, site.etcDir, site.defaultsDir];
}

/** Gives the domain of a list, or the domain itself. */
export function robotOf(where: List | Robot): Robot {
  return 'robot' in where ? where.robot : where;
}

/**
 * Gives what changes when a file is written.
 *
 * @returns `undefined` where there is no such file
 */
export async function fileFingerprint(file: string): Promise<string | undefined> {
  try {
    const info = await stat(file);
    return info.isFile() ? `${info.mtimeMs} ${info.ctimeMs} ${info.size} ${info.ino}` : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
