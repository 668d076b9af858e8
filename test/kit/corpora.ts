import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const archive = resolve(import.meta.dirname, '../../../shared/corpora/corpora.tar.gz');

/**
 * Finds a corpus that lies beside the repository; the archive is unpacked into the temporary folder once, for all test processes.
 *
 * @param name folder of the corpus, as `index.json` of the archive has it.
 * @returns its folder, or undefined where there is no archive or no such corpus.
 */
export function corpusFolder(name: string): string | undefined {
  const root = unpack();
  const folder = root === undefined ? undefined : join(root, name);
  return folder !== undefined && existsSync(folder) ? folder : undefined;
}

let root: string | undefined;

function unpack(): string | undefined {
  if (root !== undefined) return root;
  if (!existsSync(archive)) return undefined;
  const { size, mtimeMs } = statSync(archive);
  const target = join(tmpdir(), `ssympa-corpora-${process.getuid?.() ?? 0}-${size}-${Math.trunc(mtimeMs)}`);
  if (!existsSync(target)) unpackInto(target);
  root = target;
  return root;
}

/** Two processes may do this at once: each unpacks for itself, and the first to rename wins. */
function unpackInto(target: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'ssympa-corpora-new-'));
  execFileSync('tar', ['-xzf', archive, '-C', folder]);
  const inner = existsSync(join(folder, 'corpora')) ? join(folder, 'corpora') : folder;
  try {
    renameSync(inner, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
  rmSync(folder, { recursive: true, force: true });
}
