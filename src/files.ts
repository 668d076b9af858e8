import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { randomToken } from './secrets.ts';

/** Whom a file belongs to. */
export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Writes a file so that a reader, or a crash, sees the old bytes or the new ones, never a part.
 * The data is on the disk when the promise resolves (file and folder are synced).
 *
 * @param mode permission bits of the new file
 * @param owner whom root gives the file to before it gets its name; without it, it is whose the process is
 */
export async function writeFileAtomically(
  path: string,
  data: string | Uint8Array,
  mode = 0o640,
  owner?: FileOwner,
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path).slice(0, 60)}.${randomToken(6)}.tmp`);
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      if (owner) await handle.chown(owner.uid, owner.gid);
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/**
 * Makes a folder and those above it that are missing. What root makes belongs to the owner of the folder that it lies in,
 * who is to use it.
 */
export async function makeFolder(path: string, mode = 0o750): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode });
  if (first === undefined || process.getuid?.() !== 0) return;
  const owner = await stat(dirname(first));
  const below = relative(first, resolve(path)).split(sep);
  for (let depth = 0; depth <= below.length; depth++) {
    const made = join(first, ...below.slice(0, depth));
    await giveFolder(made, owner);
  }
}

/** Whoever may write into the folder above could put a link in its place, which is not followed. */
async function giveFolder(path: string, { uid, gid }: FileOwner): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await handle.chown(uid, gid);
  } finally {
    await handle.close();
  }
}

/** Removes a file, where there is one; it is gone from the disk when the promise resolves. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

/**
 * Reads a file of at most `maxBytes`.
 *
 * @returns the bytes, or `undefined` when there is no such file
 * @throws RangeError when it is larger
 */
export async function readFileIfThere(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    const info = await stat(path);
    if (info.size > maxBytes) throw new RangeError(`${path} is larger than ${maxBytes} bytes`);
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const codesOfUnusableFiles: readonly unknown[] = ['EACCES', 'EISDIR', 'ENAMETOOLONG', 'ELOOP'];

/**
 * Tells whether an error of `readFileIfThere` is a fault of that file, which somebody has to mend. Anything else (too many
 * open files, a disk that fails) says nothing of the file, and may pass.
 */
export function isFaultOfFile(error: unknown): boolean {
  return (
    error instanceof RangeError ||
    codesOfUnusableFiles.includes((error as NodeJS.ErrnoException | null)?.code)
  );
}

/** Tells whether an I/O error means that the path does not exist. */
export function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
