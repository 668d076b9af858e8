import type { Clock } from '../clock.ts';
import { canonicalAddress } from '../mime/address.ts';
import { type Certificate, parseCertificate } from '../pki/certificate.ts';
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

/** What became of a certificate handed in. */
export type KeepOutcome = 'new' | 'known' | 'older';

/** The store of user certificates: which are in use, and which one encrypts. */
export class UserCertificates {
  readonly #clock: Clock;
  readonly #parsed = new Map<string, Certificate>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Keeps a certificate. It comes into use unless one of later signing time already serves all that it could; what it
   * replaces stays in the store as `superseded`.
   */
  async keep(repositories: Repositories, incoming: NewCertificate): Promise<KeepOutcome> {
    const nowMs = this.#clock.now();
    const known = await repositories.certificates.ofAddress(incoming.address);
    const same = known.find((record) => record.sha256 === incoming.certificate.sha256);
    const rivals = known.filter(
      (record) => record !== same && isInUse(record) && covers(incoming.usage, record.usage),
    );
    const timeMs = incoming.signingTimeMs ?? (incoming.source === 'message' ? 0 : nowMs);
    const older = rivals.some((record) => effectiveTimeMs(record) > timeMs);
    if (same && isInUse(same) && effectiveTimeMs(same) >= timeMs && incoming.source === 'message')
      return 'known';
    await repositories.certificates.upsert(
      this.#record(incoming, same, older ? 'superseded' : 'trusted', nowMs),
    );
    if (older) return 'older';
    for (const record of rivals) await repositories.certificates.setStatus(record.id, 'superseded');
    return same && isInUse(same) ? 'known' : 'new';
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
      issuer: '',
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
    const best = valid.toSorted((a, b) => effectiveTimeMs(b) - effectiveTimeMs(a))[0];
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

/** Tells whether a certificate of one usage can do all that one of another usage does. */
function covers(usage: CertificateUsage, other: CertificateUsage): boolean {
  return usage === 'both' || usage === other;
}

/** The time by which certificates of one person compare: that of the signature, or of the operator's act. */
function effectiveTimeMs(record: CertificateRecord): number {
  return record.signingTime ?? (record.source === 'message' ? 0 : record.updatedAt);
}
