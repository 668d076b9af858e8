import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, makeFolder, writeFileAtomically } from '../files.ts';
import { sha256Hex } from '../secrets.ts';
import { TrustError } from './error.ts';

const maxCertificateFileBytes = 256 << 10;
/** Files beyond this number are not looked at. */
const maxFolderFiles = 1_000_000;
/** Files that are looked at together: the disk is busy, and no more of them are open at once. */
const filesTogether = 64;

/** One file of the folder as it is now. */
export interface FolderFile {
  readonly name: string;
  readonly changedAtMs: number;
  /** SHA-256 of its bytes; `undefined` when it cannot be read. */
  readonly digest: string | undefined;
}

/** What lies in the folder. */
export interface FolderView {
  /** Every name that does not start with a dot, whatever it names. */
  readonly names: ReadonlySet<string>;
  readonly files: readonly FolderFile[];
}

/** The files of a folder of certificates, and their digests, read again only when a file changed. */
export class FolderFiles {
  readonly #folder: string;
  readonly #digests = new Map<string, { readonly key: string; readonly sha256: string }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Makes the folder where it is missing.
   *
   * @returns true when it was there
   */
  async ensure(): Promise<boolean> {
    const info = await stat(this.#folder).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (info) return true;
    await makeFolder(this.#folder);
    return false;
  }

  /** Looks at every file: one `stat` each while nothing changes. */
  async look(): Promise<FolderView> {
    const names = (await readdir(this.#folder)).filter((name) => !name.startsWith('.'));
    const all = new Set(names);
    for (const name of this.#digests.keys()) if (!all.has(name)) this.#digests.delete(name);
    const files: FolderFile[] = [];
    const looked = names.slice(0, maxFolderFiles);
    for (let i = 0; i < looked.length; i += filesTogether) {
      const some = await Promise.all(looked.slice(i, i + filesTogether).map((name) => this.#describe(name)));
      files.push(...some.filter((file) => file !== undefined));
    }
    return { names: all, files };
  }

  /** Gives the digest of one file; `undefined` when there is none, or it cannot be read. */
  async digestOf(name: string): Promise<string | undefined> {
    return (await this.#describe(name))?.digest;
  }

  async has(name: string): Promise<boolean> {
    return (await this.#describe(name)) !== undefined;
  }

  /**
   * Reads one file.
   *
   * @throws TrustError `not-a-certificate` when it is too large or cannot be read
   */
  async read(name: string): Promise<Uint8Array> {
    const bytes = await this.#readBounded(join(this.#folder, name));
    if (bytes) return bytes;
    throw new TrustError('not-a-certificate', `the file is larger than ${maxCertificateFileBytes} bytes`);
  }

  async #readBounded(path: string): Promise<Uint8Array | undefined> {
    try {
      return (await stat(path)).size > maxCertificateFileBytes ? undefined : await readFile(path);
    } catch (error) {
      const why = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      throw new TrustError('not-a-certificate', `the file cannot be read (${why})`, { cause: error });
    }
  }

  async write(name: string, text: string): Promise<void> {
    await writeFileAtomically(join(this.#folder, name), text, 0o644);
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true });
  }

  async #describe(name: string): Promise<FolderFile | undefined> {
    const info = await stat(join(this.#folder, name)).catch(() => undefined);
    if (!info?.isFile()) return undefined;
    const key = `${info.ino} ${info.size} ${info.mtimeMs} ${info.ctimeMs}`;
    const kept = this.#digests.get(name);
    const digest = kept?.key === key ? kept.sha256 : await this.#readDigest(name);
    if (digest !== undefined) this.#digests.set(name, { key, sha256: digest });
    return { name, changedAtMs: Math.max(info.mtimeMs, info.ctimeMs), digest };
  }

  async #readDigest(name: string): Promise<string | undefined> {
    try {
      return sha256Hex(await this.read(name));
    } catch {
      // Whoever takes the file in reads it again, and says what is wrong with it.
      return undefined;
    }
  }
}
