import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { type Certificate, parseCertificate } from '../pki/certificate.ts';
import { formatName } from '../pki/name-text.ts';
import type { CertificateRecord } from '../store/certificates.ts';
import type { Store } from '../store/store.ts';
import { KeptAuthorities } from './kept-authorities.ts';
import { isRevokedBy } from './revocation.ts';
import type { JudgedTrust, SiteTrust } from './site-trust.ts';

interface Parts {
  readonly store: Store;
  readonly anchors: Pick<SiteTrust, 'for'>;
  readonly clock: Clock;
  readonly log: Log;
}

const pageSize = 500;

/**
 * Takes certificates out of use that the revocation lists at hand name. While no list changes, only those are looked at
 * that changed themselves. What is below a revoked authority stays: {@link EncryptionPaths} passes over it as long as that is
 * its path.
 */
export class RevokedCertificates {
  readonly #parts: Parts;
  readonly #authorities = new KeptAuthorities();
  #lists = '';
  #sinceMs = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Looks once.
   *
   * @returns how many were taken out of use
   */
  async mark(signal?: AbortSignal): Promise<number> {
    const trust = await this.#parts.anchors.for();
    const lists = trust.crls.map(({ sha256 }) => sha256).join(' ');
    const sinceMs = lists === this.#lists ? this.#sinceMs : 0;
    const nowMs = this.#parts.clock.now();
    const between = trust.crls.length === 0 ? [] : await this.#authorities.of(this.#parts.store);
    let marked = 0;
    if (trust.crls.length > 0)
      for await (const record of this.#changedSince(sinceMs, signal))
        if (isRevoked(record, trust, between, nowMs) && (await this.#revoke(record))) marked++;
    if (signal?.aborted) return marked;
    this.#lists = lists;
    this.#sinceMs = nowMs;
    return marked;
  }

  async *#changedSince(sinceMs: number, signal: AbortSignal | undefined): AsyncGenerator<CertificateRecord> {
    const { certificates } = this.#parts.store;
    let after = '';
    while (!signal?.aborted) {
      const page = await certificates.changedSince(sinceMs, after, pageSize);
      yield* page;
      if (page.length < pageSize) return;
      after = page.at(-1)!.id;
    }
  }

  async #revoke({ id }: CertificateRecord): Promise<boolean> {
    const { store, log } = this.#parts;
    const isDone = await store.transaction(async (tx) => {
      const now = await tx.certificates.find(id);
      if (now?.status !== 'trusted' && now?.status !== 'pending') return false;
      await tx.certificates.setStatus(id, 'revoked', 'named by a revocation list');
      return true;
    });
    if (isDone) log.warn('certificate revoked', { certificate: id });
    return isDone;
  }
}

/** Parsing waits for a list of the issuer's name: there may be many certificates. */
function isRevoked(
  record: CertificateRecord,
  trust: JudgedTrust,
  between: readonly Certificate[],
  atMs: number,
): boolean {
  const mayName = trust.crls.some(
    (list) => list.issuingDistributionPoint !== undefined || formatName(list.issuer) === record.issuer,
  );
  return mayName && isRevokedBy(trust, parseCertificate(record.der), between, atMs);
}
