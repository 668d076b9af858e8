import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, makeFolder, readFileIfThere, writeFileAtomically } from '../files.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { CertificateList } from '../pki/crl.ts';
import { PkiError } from '../pki/error.ts';
import { checkIssuerSignature } from '../pki/issuer-signature.ts';
import { sameName } from '../pki/name.ts';
import { readCrls } from '../pki/pem.ts';
import { sha256Hex } from '../secrets.ts';
import { TrustError } from './error.ts';

/** The largest list that is taken. */
export const maxCrlBytes = 64 << 20;
/** Clocks of authorities may go before ours. */
const clockSkewMs = 3_600_000;
const maxNameLength = 240;

/** One file of the folder of revocation lists. */
export interface StoredCrl {
  readonly file: string;
  /** Where it was fetched; undefined for a file that somebody put there. */
  readonly url: string | undefined;
  /** Empty where the file cannot be read. */
  readonly crls: readonly CertificateList[];
}

/** How a list stands to a moment. */
export type CrlState = 'current' | 'stale' | 'not-yet-valid' | 'unreadable';

/** Tells whether a list may vouch for a certificate at a moment. */
export function crlState({ thisUpdateMs, nextUpdateMs }: CertificateList, atMs: number): CrlState {
  if (thisUpdateMs > atMs) return 'not-yet-valid';
  return (nextUpdateMs ?? Number.POSITIVE_INFINITY) < atMs ? 'stale' : 'current';
}

/** The folder of revocation lists: a file for each address that one was fetched from. */
export class CrlStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Gives every file, by name. */
  async list(): Promise<readonly StoredCrl[]> {
    const names = await readdir(this.#directory).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    const stored: StoredCrl[] = [];
    for (const name of names.filter((one) => !one.startsWith('.')).sort()) {
      const file = join(this.#directory, name);
      stored.push({ file, url: urlOf(name), crls: await readListFile(file) });
    }
    return stored;
  }

  /** Gives what was fetched from an address; nothing when that was never done. */
  async find(url: string): Promise<readonly CertificateList[]> {
    return readListFile(this.#fileOf(url));
  }

  /**
   * Keeps a list that was fetched, in place of an older one. A list that no known authority signed is not kept: whoever
   * sits between could put one there that is never replaced.
   *
   * @param authorities certificates whose path to an anchor is valid
   * @returns `older` when the newer one was here already, which is what a replay looks like
   * @throws TrustError `crl-unreadable`, `crl-not-verified`
   */
  async keep(
    url: string,
    bytes: Uint8Array,
    authorities: readonly Certificate[],
    atMs: number,
  ): Promise<'kept' | 'unchanged' | 'older'> {
    const fresh = readFetched(url, bytes);
    if (!authorities.some((authority) => isSignedBy(fresh, authority)))
      throw new TrustError('crl-not-verified', `no trusted authority signed the list of ${url}`);
    if (fresh.thisUpdateMs > atMs + clockSkewMs)
      throw new TrustError('crl-not-verified', `the list of ${url} is of the future`);
    const known = (await this.find(url)).find(({ issuer }) => sameName(issuer, fresh.issuer));
    if (known?.sha256 === fresh.sha256) return 'unchanged';
    if (known && known.thisUpdateMs > fresh.thisUpdateMs) return 'older';
    await makeFolder(this.#directory);
    await writeFileAtomically(this.#fileOf(url), fresh.der, 0o644);
    return 'kept';
  }

  #fileOf(url: string): string {
    const name = encodeURIComponent(url);
    return join(this.#directory, name.length <= maxNameLength ? name : `${sha256Hex(url)}.crl`);
  }
}

function readFetched(url: string, bytes: Uint8Array): CertificateList {
  try {
    const [crl, ...others] = readCrls(bytes);
    if (crl && others.length === 0) return crl;
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause;
    throw new TrustError('crl-unreadable', `what ${url} gives is no revocation list: ${cause.message}`, {
      cause,
    });
  }
  throw new TrustError('crl-unreadable', `what ${url} gives is not one revocation list`);
}

async function readListFile(file: string): Promise<readonly CertificateList[]> {
  try {
    const bytes = await readFileIfThere(file, maxCrlBytes);
    return bytes ? readCrls(bytes) : [];
  } catch (error) {
    const isFolder = (error as NodeJS.ErrnoException).code === 'EISDIR';
    if (isFolder || error instanceof PkiError || error instanceof RangeError) return [];
    throw error;
  }
}

function isSignedBy(crl: CertificateList, authority: Certificate): boolean {
  if (!sameName(crl.issuer, authority.subject)) return false;
  if (authority.keyUsage !== undefined && !authority.keyUsage.has('cRLSign')) return false;
  return checkIssuerSignature(crl, authority, false, () => {}).status === 'good';
}

function urlOf(name: string): string | undefined {
  try {
    const url = decodeURIComponent(name);
    return url.includes('://') ? url : undefined;
  } catch {
    return undefined;
  }
}
