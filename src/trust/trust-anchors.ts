import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isFaultOfFile, isMissing } from '../files.ts';
import type { Log } from '../log.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { CertificateList } from '../pki/crl.ts';
import { PkiError } from '../pki/error.ts';
import { TrustError } from './error.ts';
import { readTrustFile, type TrustFileContent } from './read-trust-file.ts';

/** The largest bundle that is read; the platform bundles are about a quarter of a megabyte. */
const maxBundleBytes = 64 << 20;
/** Files of a `capath` beyond this number are not looked at. */
const maxFolderFiles = 20_000;
const filesTogether = 64;

/** Accepted roots, and the revocation lists that lie beside them. */
export interface TrustMaterial {
  readonly trustAnchors: readonly Certificate[];
  readonly crls: readonly CertificateList[];
}

const nobody: TrustMaterial = { trustAnchors: [], crls: [] };
const nothing: TrustFileContent = { ...nobody, faults: [] };

/** Where accepted roots lie, by absolute paths. */
export interface TrustPlaces {
  readonly cafile?: string | undefined;
  readonly capath?: string | undefined;
}

/** Something in a file of roots that is not used. */
export interface TrustFault {
  readonly path: string;
  /** A clause for people. */
  readonly reason: string;
}

/**
 * Reads the accepted roots of `cafile` and `capath` and keeps them until a file changes.
 * Each certificate in them is an anchor, self-signed or not; without either, or where they were emptied, nobody is trusted.
 */
export class TrustAnchors {
  readonly #cafile: string | undefined;
  readonly #capath: string | undefined;
  readonly #log: Log;
  #fingerprint = '';
  #material: TrustMaterial = nobody;
  #faults: readonly TrustFault[] = [];
  #look: Promise<TrustMaterial> | undefined;

  constructor(paths: TrustPlaces, log: Log) {
    this.#cafile = paths.cafile;
    this.#capath = paths.capath;
    this.#log = log;
  }

  /**
   * Gives what the files hold now. Who asks while they are looked at shares that look: hundreds of lists name the same files.
   *
   * @throws TrustError `trust-file-unreadable` when a named file or folder is missing, or holds something and no certificate
   *   that can be read
   */
  current(): Promise<TrustMaterial> {
    this.#look ??= this.#lookOnce().finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  async #lookOnce(): Promise<TrustMaterial> {
    const files = await this.#files();
    const fingerprint = files.map(({ path, version }) => `${path} ${version}`).join('\n');
    if (fingerprint === this.#fingerprint) return this.#material;
    const read = await inChunks(files, (file) => this.#readFile(file));
    this.#faults = read.flatMap(({ faults }, i) =>
      faults.map((reason) => ({ path: files[i]!.path, reason })),
    );
    for (const { path, reason } of this.#faults)
      this.#log.warn('not taken from a trust file', { path, reason });
    this.#material = {
      trustAnchors: withoutDoubles(read.flatMap((part) => part.trustAnchors)),
      crls: read.flatMap((part) => part.crls),
    };
    this.#fingerprint = fingerprint;
    return this.#material;
  }

  /**
   * Gives what the files hold that cannot be used.
   *
   * @throws TrustError as {@link current}
   */
  async faults(): Promise<readonly TrustFault[]> {
    await this.current();
    return this.#faults;
  }

  async #files(): Promise<readonly TrustFile[]> {
    const files: TrustFile[] = [];
    if (this.#cafile !== undefined) files.push(await describeFile(this.#cafile, true));
    if (this.#capath !== undefined) {
      const folder = this.#capath;
      const names = (await readFolder(folder)).slice(0, maxFolderFiles);
      const found = await inChunks(names, (name) =>
        describeFile(join(folder, name), false).catch(noneWhereOdd),
      );
      files.push(...onePerFile(found.filter((file) => file !== undefined)));
    }
    return files;
  }

  async #readFile(file: TrustFile): Promise<TrustFileContent> {
    try {
      const bytes = await readFile(file.path);
      const material = readTrustFile(bytes);
      if (!file.required || material.trustAnchors.length > 0) return material;
      // Emptied, as by `ssympa trust remove`, it trusts nobody; a file that is broken is no such decision.
      if (isEmptied(bytes)) return { ...material, faults: ['it holds no certificate'] };
      throw new OddFile('it holds no certificate that can be read');
    } catch (error) {
      if (file.required || !isOdd(error)) throw unreadable(file.path, error);
      // A folder of roots may hold other things (README, links that lead nowhere); one of them harms no other.
      this.#log.warn('trust file ignored', { path: file.path });
      return nothing;
    }
  }
}

/** A file that is there and is none of anchors. */
class OddFile extends Error {}

/** Tells whether an error is of the file itself; too many open files, or a disk that fails, takes no anchor from a folder. */
function isOdd(error: unknown): boolean {
  const cause = error instanceof TrustError ? error.cause : error;
  return cause instanceof OddFile || cause instanceof PkiError || isMissing(cause) || isFaultOfFile(cause);
}

function noneWhereOdd(error: unknown): undefined {
  if (!isOdd(error)) throw error;
}

/** Tells whether a file holds nothing but text around certificates that are not there any more. */
function isEmptied(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('latin1');
  return !text.includes('-----BEGIN') && !/[^\t\n\r\u0020-\u007E\u0080-\u00FF]/.test(text);
}

interface TrustFile {
  readonly path: string;
  /** Changes with the file that the path leads to. */
  readonly version: string;
  readonly required: boolean;
}

async function describeFile(path: string, required: boolean): Promise<TrustFile> {
  try {
    const info = await stat(path);
    if (!info.isFile() || info.size > maxBundleBytes) throw new OddFile('it is no file of reasonable size');
    const version = `${info.dev} ${info.ino} ${info.size} ${info.mtimeMs} ${info.ctimeMs}`;
    return { path, version, required };
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The hashed names of `c_rehash` are links to files of the same folder: each file is read once. */
function onePerFile(files: readonly TrustFile[]): readonly TrustFile[] {
  return [...new Map(files.map((file) => [file.version, file])).values()];
}

/** Few at a time: a folder may hold more files than may be open at once. */
async function inChunks<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += filesTogether)
    results.push(...(await Promise.all(items.slice(i, i + filesTogether).map(work))));
  return results;
}

async function readFolder(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function withoutDoubles(certificates: readonly Certificate[]): readonly Certificate[] {
  return [...new Map(certificates.map((certificate) => [certificate.sha256, certificate])).values()];
}

function unreadable(path: string, cause: unknown): TrustError {
  const { code } = cause as NodeJS.ErrnoException;
  const odd = cause instanceof OddFile ? cause.message : 'it holds no certificate that can be read';
  const why = isMissing(cause)
    ? 'there is no such file'
    : code?.startsWith('E')
      ? `it cannot be read (${code})`
      : odd;
  return new TrustError('trust-file-unreadable', `${path}: ${why}`, { cause });
}
