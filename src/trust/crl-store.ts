import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { shownAddress } from '../fetching/shown-address.ts';
import { isMissing, makeFolder, readFileIfThere, writeFileAtomically } from '../files.ts';
import type { Certificate } from '../pki/certificate.ts';
import { findExtension } from '../pki/certificate-extensions.ts';
import type { CertificateList } from '../pki/crl.ts';
import { sameBytes } from '../pki/der.ts';
import { PkiError } from '../pki/error.ts';
import { checkIssuerSignature } from '../pki/issuer-signature.ts';
import { sameName } from '../pki/name.ts';
import { oids } from '../pki/oid.ts';
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
  /** Where it was fetched, as it may be shown; undefined for a file that somebody put there. */
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
   * sits between could put one there that is never replaced. Nor is one of another issuer or of another scope than the
   * one at hand: what that revokes would be forgotten. Where an authority changed them on purpose, the operator deletes
   * the file.
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
      throw new TrustError(
        'crl-not-verified',
        `no trusted authority signed the list of ${shownAddress(url)}`,
      );
    if (fresh.thisUpdateMs > atMs + clockSkewMs)
      throw new TrustError('crl-not-verified', `the list of ${shownAddress(url)} is of the future`);
    const known = await this.find(url);
    if (known.some(({ sha256 }) => sha256 === fresh.sha256)) return 'unchanged';
    for (const one of known) checkSuccession(one, fresh, url);
    if (known.some(({ thisUpdateMs }) => thisUpdateMs > fresh.thisUpdateMs)) return 'older';
    await makeFolder(this.#directory);
    await writeFileAtomically(this.#fileOf(url), fresh.der, 0o644);
    return 'kept';
  }

  #fileOf(url: string): string {
    const name = encodeURIComponent(url);
    return join(this.#directory, name.length <= maxNameLength ? name : `${sha256Hex(url)}.crl`);
  }
}

function checkSuccession(known: CertificateList, fresh: CertificateList, url: string): void {
  const other = !sameName(known.issuer, fresh.issuer) ? 'issuer' : !hasScopeOf(known, fresh) ? 'scope' : null;
  if (other === null) return;
  const text = `the list of ${shownAddress(url)} is of another ${other} than the one at hand, which stays`;
  const hint = 'to take it, delete the file of the one at hand: ssympa crl list --json names it';
  throw new TrustError('crl-not-verified', text, { hint });
}

/** RFC 5280 §5: scope is what kinds of certificates and reasons a list covers; a delta says less than a complete one. */
function hasScopeOf(known: CertificateList, fresh: CertificateList): boolean {
  const point = ({ extensions }: CertificateList) =>
    findExtension(extensions, oids.issuingDistributionPoint)?.value ?? new Uint8Array();
  const isDelta = ({ baseCrlNumber }: CertificateList) => baseCrlNumber !== undefined;
  return isDelta(known) === isDelta(fresh) && sameBytes(point(known), point(fresh));
}

function readFetched(url: string, bytes: Uint8Array): CertificateList {
  const shown = shownAddress(url);
  try {
    const [crl, ...others] = readCrls(bytes);
    if (crl && others.length === 0) return crl;
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause;
    throw new TrustError('crl-unreadable', `what ${shown} gives is no revocation list: ${cause.message}`, {
      cause,
    });
  }
  throw new TrustError('crl-unreadable', `what ${shown} gives is not one revocation list`);
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
    return url.includes('://') ? shownAddress(url) : undefined;
  } catch {
    return undefined;
  }
}
