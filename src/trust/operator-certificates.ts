import type { Clock } from '../clock.ts';
import { SsympaError } from '../errors.ts';
import { canonicalAddress } from '../mime/address.ts';
import { type Certificate, certificateAddresses } from '../pki/certificate.ts';
import { validatePath } from '../pki/path.ts';
import { readCertificates } from '../pki/pem.ts';
import type { Repositories } from '../store/store.ts';
import { checkOperatorCertificate } from './certificate-check.ts';
import type { CertificateUsage } from './certificate-file-name.ts';
import { enqueueRelease } from './enqueue-release.ts';
import { TrustError } from './error.ts';
import { type AuthorityStore, KeptAuthorities } from './kept-authorities.ts';
import { isRevokedBy } from './revocation.ts';
import type { JudgedTrust, SiteTrust } from './site-trust.ts';
import type { UserCertificates } from './user-certificates.ts';

/** A certificate of a file that is kept for the address. */
export interface PickedCertificate {
  readonly certificate: Certificate;
  readonly usage: CertificateUsage;
  /** The authorities of its valid path; none where no anchor stands for it. */
  readonly authorities: readonly Certificate[];
}

/** A certificate of a file that is not kept, and why. */
export interface PassedOver {
  readonly certificate: Certificate;
  readonly code: string;
  readonly reason: string;
}

/** What one file of an operator holds for an address: at least one certificate that is kept. */
export interface PickedCertificates {
  readonly picked: readonly PickedCertificate[];
  readonly passedOver: readonly PassedOver[];
}

interface Parts {
  readonly anchors: Pick<SiteTrust, 'for'>;
  readonly clock: Clock;
}

interface Judging {
  readonly address: string;
  readonly wanted: CertificateUsage;
  readonly trust: JudgedTrust;
  readonly between: readonly Certificate[];
  readonly atMs: number;
}

/** Reads files of certificates that an operator hands in: by the command, or in the folder. */
export class OperatorCertificates {
  readonly #parts: Parts;
  readonly #authorities = new KeptAuthorities();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Picks the certificates of the person from a file: each that names the address and passes the checks. The authorities
   * among the others are the chain of those, and are passed over where they are not.
   *
   * @param address the canonical address that they are to be kept for
   * @param wanted what the name of the file says
   * @throws PkiError when the file is none of certificates; TrustError with what is wrong with the first that names the
   * address, when no other is good, `not-a-certificate`, `address-not-in-certificate`, `trust-file-unreadable`
   */
  async pick(
    repositories: AuthorityStore,
    bytes: Uint8Array,
    address: string,
    wanted: CertificateUsage,
  ): Promise<PickedCertificates> {
    const found = uniqueOf(readCertificates(bytes));
    if (found.length === 0) throw new TrustError('not-a-certificate', 'the file holds no certificate');
    const own = ofAddress(found, address);
    const others = found.filter((one) => !own.includes(one));
    const between = [...others.filter(isAuthority), ...(await this.#authorities.of(repositories))];
    const trust = await this.#parts.anchors.for();
    const judging = { address, wanted, trust, between, atMs: this.#parts.clock.now() };
    const meant = own.length > 0 ? own : [found.find((one) => !isAuthority(one)) ?? found[0]!];
    const judged = meant.map((one) => judge(one, judging));
    const picked = judged.flatMap((one) => ('error' in one ? [] : [one]));
    const refused = judged.flatMap((one) => ('error' in one ? [one] : []));
    if (picked.length === 0) throw refused[0]!.error;
    return { picked, passedOver: [...refused.map(passedOver), ...strangers(others, picked, address)] };
  }
}

/**
 * Keeps what was picked, and asks for what waits to go out. The one that is valid from the latest day comes last, so that it
 * is the one in use of several with one kind of key.
 */
export async function keepPicked(
  tx: Repositories,
  certificates: UserCertificates,
  { picked }: PickedCertificates,
  { address, source }: { readonly address: string; readonly source: 'operator' | 'folder' },
): Promise<void> {
  const together = picked.map(({ certificate }) => certificate.sha256);
  const byAge = picked.toSorted((a, b) => a.certificate.notBeforeMs - b.certificate.notBeforeMs);
  for (const one of byAge) {
    const about = { address, source, signingTimeMs: null, capabilities: null, together };
    await certificates.keep(tx, { ...about, ...one });
    await enqueueRelease(tx, address, one.certificate.sha256);
  }
}

/** An authority that names the address, as openssl's own self-signed certificates do, is the person's where no other is. */
function ofAddress(found: readonly Certificate[], address: string): readonly Certificate[] {
  const naming = found.filter((one) => certificateAddresses(one).map(canonicalAddress).includes(address));
  const persons = naming.filter((one) => !isAuthority(one));
  return persons.length > 0 ? persons : naming;
}

function judge(
  certificate: Certificate,
  { address, wanted, trust, between, atMs }: Judging,
): PickedCertificate | { readonly certificate: Certificate; readonly error: SsympaError } {
  try {
    const usage = checkOperatorCertificate(certificate, address, wanted, atMs);
    if (isRevokedBy(trust, certificate, between, atMs))
      throw new TrustError('certificate-revoked', 'a revocation list at hand names the certificate', {
        hint: 'ssympa crl list shows the lists at hand; the person needs another certificate',
      });
    const verdict = validatePath({ ...trust, certificate, untrusted: between, atMs, purpose: 'any' });
    return { certificate, usage, authorities: verdict.status === 'valid' ? verdict.path.slice(1) : [] };
  } catch (error) {
    if (error instanceof SsympaError) return { certificate, error };
    throw error;
  }
}

function passedOver(one: { readonly certificate: Certificate; readonly error: SsympaError }): PassedOver {
  return { certificate: one.certificate, code: one.error.code, reason: one.error.message };
}

/** What is neither the person's nor in the chain of what is kept. */
function strangers(
  others: readonly Certificate[],
  picked: readonly PickedCertificate[],
  address: string,
): readonly PassedOver[] {
  const chain = new Set(picked.flatMap(({ authorities }) => authorities.map(({ sha256 }) => sha256)));
  return others
    .filter(({ sha256 }) => !chain.has(sha256))
    .map((certificate) => ({
      certificate,
      code: 'address-not-in-certificate',
      reason: isAuthority(certificate)
        ? 'it is of an authority, and no anchor stands for it'
        : `it does not name ${address}`,
    }));
}

function isAuthority({ basicConstraints }: Certificate): boolean {
  return basicConstraints?.ca === true;
}

function uniqueOf(found: readonly Certificate[]): readonly Certificate[] {
  return [...new Map(found.map((one) => [one.sha256, one])).values()];
}
