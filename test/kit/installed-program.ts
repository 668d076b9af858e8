import { chmodSync, constants, cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** The part of `package-lock.json` that says what runs with the program. */
interface LockFile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
}

/**
 * Copies the program with what it needs to run to a folder where every user may read it, as an installation is: a
 * checkout may lie in a home that nobody else can enter.
 *
 * @param folder an empty folder
 * @returns the path of its `ssympa`
 */
export function installProgram(folder: string): string {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  const needed = Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path.startsWith('node_modules/') && !dev && !devOptional)
    .map(([path]) => path);
  const parts = ['bin', 'src', 'defaults', 'package.json', ...needed.filter(isThere)];
  for (const path of parts)
    cpSync(join(root, path), join(folder, path), { recursive: true, mode: constants.COPYFILE_FICLONE });
  openToAll(folder);
  return join(folder, 'bin/ssympa');
}

/** Packages for other machines stand in the lock file too. */
function isThere(path: string): boolean {
  return statSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
}

function openToAll(path: string): void {
  const info = statSync(path);
  chmodSync(path, info.mode | (info.isDirectory() || info.mode & 0o100 ? 0o555 : 0o444));
  if (info.isDirectory()) for (const name of readdirSync(path)) openToAll(join(path, name));
}
