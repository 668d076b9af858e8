import type { Clock } from '../clock.ts';
import { canonicalAddress } from '../mime/address.ts';
import { type Certificate, parseCertificate } from '../pki/certificate.ts';
import { formatName } from '../pki/name-text.ts';
import type { CertificateRecord } from '../store/certificates.ts';
import type { Repositories } from '../store/store.ts';
import type { CertificateUsage } from './certificate-file-name.ts';

/** Parsed certificates kept by digest: parsing is cheap, making the public key of one is not. */
const maxParsedCertificates = 20_000;

/** The certificate that a message to one person is sealed with, or why there is none. */
export type EncryptionChoice =
  | {
      readonly status: 'found';
      readonly certificate: Certificate;
      readonly capabilities: readonly string[] | null;
    }
  | {
      readonly status: 'none';
      readonly code: 'no-certificate' | 'certificate-expired';
      readonly reason: string;
    };

/** A certificate to be kept, with all that decides whether it becomes the one in use. */
export interface NewCertificate {
  /** Canonical address. */
  readonly address: string;
  readonly certificate: Certificate;
  readonly usage: CertificateUsage;
  readonly source: CertificateRecord['source'];
  /** Claimed time of the signature that brought it; `null` for what an operator brought. */
  readonly signingTimeMs: number | null;
  /** Encryption algorithms that a valid signature announced, best first; `null` when none did. */
  readonly capabilities: readonly string[] | null;
}

/** What became of a certificate handed in; `renewed`: it was in use, and what is known of its person has changed. */
export type KeepOutcome = 'new' | 'renewed' | 'known' | 'older';

/** The store of user certificates: which are in use, and which one encrypts. */
export class UserCertificates {
  readonly #clock: Clock;
  readonly #parsed = new Map<string, Certificate>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Keeps a certificate. It comes into use unless those of later signing time already serve all that it could; what it
   * replaces stays in the store as `superseded`. What an operator brings always comes into use; what an operator
   * withdrew comes back only with a later signature, and what was revoked with none.
   */
  async keep(repositories: Repositories, incoming: NewCertificate): Promise<KeepOutcome> {
    const nowMs = this.#clock.now();
    const known = await repositories.certificates.ofAddress(incoming.address);
    const same = known.find((record) => record.sha256 === incoming.certificate.sha256);
    const others = known.filter((record) => record !== same && isInUse(record));
    const isOurs = incoming.source === 'message';
    const timeMs = incoming.signingTimeMs ?? (isOurs ? 0 : nowMs);
    if (isOurs && same && bringsNothing(same, timeMs)) return isInUse(same) ? 'known' : 'older';
    const older = isOurs && isServed(incoming.usage, others, timeMs, nowMs);
    await repositories.certificates.upsert(
      this.#record(incoming, same, older ? 'superseded' : 'trusted', nowMs),
    );
    if (older) return 'older';
    for (const record of others)
      if (covers(incoming.usage, record.usage) && (!isOurs || effectiveTimeMs(record) <= timeMs))
        await repositories.certificates.setStatus(record.id, 'superseded');
    if (!same || !isInUse(same)) return 'new';
    return hasNews(incoming, same) ? 'renewed' : 'known';
  }

  #record(
    incoming: NewCertificate,
    same: CertificateRecord | undefined,
    status: CertificateRecord['status'],
    nowMs: number,
  ): Parameters<Repositories['certificates']['upsert']>[0] {
    const { certificate } = incoming;
    const capabilities = incoming.capabilities ?? same?.capabilities ?? null;
    return {
      address: incoming.address,
      usage: incoming.usage,
      source: incoming.source,
      status,
      sha256: certificate.sha256,
      issuer: formatName(certificate.issuer),
      serial: certificate.serial,
      notBefore: certificate.notBeforeMs,
      notAfter: certificate.notAfterMs,
      signingTime: incoming.signingTimeMs,
      firstSeen: same?.firstSeen ?? nowMs,
      updatedAt: nowMs,
      der: certificate.der,
      capabilities,
      note: null,
    };
  }

  /** Chooses, for each address, the certificate that encrypts to it now: valid, then newest. */
  async chooseForEncryption(
    repositories: Repositories,
    addresses: readonly string[],
  ): Promise<ReadonlyMap<string, EncryptionChoice>> {
    const records = await repositories.certificates.ofAddresses(addresses.map(canonicalAddress));
    const byAddress = Map.groupBy(records, (record) => record.address);
    return new Map(
      addresses.map((address) => [address, this.#choose(byAddress.get(canonicalAddress(address)) ?? [])]),
    );
  }

  #choose(records: readonly CertificateRecord[]): EncryptionChoice {
    const nowMs = this.#clock.now();
    const able = records.filter((record) => isInUse(record) && covers(record.usage, 'encrypt'));
    const valid = able.filter((record) => record.notBefore <= nowMs && nowMs <= record.notAfter);
    const best = valid.toSorted(
      // Of a pair that came at once, the certificate for encryption alone is meant.
      (a, b) => effectiveTimeMs(b) - effectiveTimeMs(a) || rank(a.usage) - rank(b.usage),
    )[0];
    if (best) {
      return { status: 'found', certificate: this.parsed(best), capabilities: best.capabilities };
    }
    const expired = able.length > 0 || records.some((record) => record.status === 'expired');
    return expired
      ? { status: 'none', code: 'certificate-expired', reason: 'the certificate on file has expired' }
      : { status: 'none', code: 'no-certificate', reason: 'no certificate that may encrypt is on file' };
  }

  /** Gives the parsed form of a stored certificate. */
  parsed(record: CertificateRecord): Certificate {
    const kept = this.#parsed.get(record.sha256);
    if (kept) return kept;
    const certificate = parseCertificate(record.der);
    if (this.#parsed.size >= maxParsedCertificates) this.#parsed.clear();
    this.#parsed.set(record.sha256, certificate);
    return certificate;
  }
}

function isInUse(record: CertificateRecord): boolean {
  return record.status === 'trusted';
}

/** A message brings nothing for its certificate when a later one did, or when an operator put the certificate away. */
function bringsNothing(same: CertificateRecord, timeMs: number): boolean {
  if (same.status === 'revoked') return true;
  if (same.status === 'withdrawn') return same.updatedAt >= timeMs;
  return isInUse(same) && effectiveTimeMs(same) >= timeMs;
}

/** Tells whether valid certificates of later time do, together, all that one of a usage could. */
function isServed(
  usage: CertificateUsage,
  others: readonly CertificateRecord[],
  timeMs: number,
  nowMs: number,
): boolean {
  const later = others.filter((record) => effectiveTimeMs(record) > timeMs && nowMs <= record.notAfter);
  const uses: readonly CertificateUsage[] = usage === 'both' ? ['sign', 'encrypt'] : [usage];
  return uses.every((use) => later.some((record) => covers(record.usage, use)));
}

function hasNews({ usage, capabilities }: NewCertificate, same: CertificateRecord): boolean {
  const announced = capabilities !== null && capabilities.join() !== (same.capabilities ?? []).join();
  return announced || usage !== same.usage;
}

/** Tells whether a certificate of one usage can do all that one of another usage does. */
function covers(usage: CertificateUsage, other: CertificateUsage): boolean {
  return usage === 'both' || usage === other;
}

function rank(usage: CertificateUsage): number {
  return usage === 'encrypt' ? 0 : 1;
}

/** The time by which certificates of one person compare: that of the signature, or of the operator's act. */
function effectiveTimeMs(record: CertificateRecord): number {
  return record.signingTime ?? (record.source === 'message' ? 0 : record.updatedAt);
}
