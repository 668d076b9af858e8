import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** System folders that a user's PATH often lacks. */
const systemFolders = ['/usr/sbin', '/sbin', '/usr/lib/postfix/sbin', '/usr/libexec'];

/**
 * Finds a program that a test drives.
 *
 * @returns its path, or undefined where it is not installed
 */
function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...systemFolders];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Tells whether a program is installed, for `describe.skipIf`.
 *
 * @throws Error where it is missing and `CI=true`: there nothing may be skipped
 */
export function hasProgram(name: string): boolean {
  const found = findProgram(name) !== undefined;
  if (!found && process.env.CI === 'true') throw new Error(`the program ${name} is not installed`);
  return found;
}

/**
 * Gives the path of a program.
 *
 * @throws Error where it is not installed
 */
export function requireProgram(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`the program ${name} is not installed`);
  return path;
}

/**
 * Tells whether the tests run as root, for `it.skipIf`: nobody else can give a file away.
 *
 * @throws Error where they do not and `CI=true`: there nothing may be skipped
 */
export function runsAsRoot(): boolean {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && process.env.CI === 'true') throw new Error('the tests do not run as root');
  return isRoot;
}
