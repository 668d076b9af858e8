import type { Clock } from '../clock.ts';
import { canonicalAddress } from '../mime/address.ts';
import { type Certificate, parseCertificate } from '../pki/certificate.ts';
import { sameBytes } from '../pki/der.ts';
import { formatName } from '../pki/name-text.ts';
import { readSpki } from '../pki/public-key.ts';
import type { AuthorityRecord } from '../store/authorities.ts';
import type { CertificateRecord, CertificateSource } from '../store/certificates.ts';
import type { Repositories } from '../store/store.ts';
import {
  type CertificateChange,
  type CertificatePolicy,
  type Contender,
  changeOf,
  isLowerTrust,
  isOperatorsAct,
  isPin,
  mayDisplace,
  mustWait,
  type Newcomer,
  usualCertificatePolicy,
} from './certificate-change.ts';
import type { CertificateUsage } from './certificate-file-name.ts';
import { covers, effectiveTimeMs, isInUse, wasAccepted } from './certificate-standing.ts';
import {
  chooseToEncrypt,
  type EncryptionChoice,
  mayEncrypt,
  type RecordChoice,
} from './encryption-choice.ts';
import { EncryptionPaths } from './encryption-paths.ts';
import type { SiteTrust, TrustTarget } from './site-trust.ts';

/** Parsed certificates kept by digest: parsing is cheap, making the public key of one is not. */
const maxParsedCertificates = 20_000;

/** A certificate to be kept, with all that decides whether it becomes the one in use. */
export interface NewCertificate extends Newcomer {
  /** Canonical address. */
  readonly address: string;
  readonly usage: CertificateUsage;
  readonly source: CertificateRecord['source'];
  /** Claimed time of the signature that brought it; `null` for what an operator brought. */
  readonly signingTimeMs: number | null;
  /** Encryption algorithms that a valid signature announced, best first; `null` when none did. */
  readonly capabilities: readonly string[] | null;
  /** Only the anchors of a list or a domain accept it, as {@link UserCertificates.judgeNarrow} tells. */
  readonly narrow?: boolean;
  /** The record of the DNS that it came with demands a path to an anchor. */
  readonly needsPath?: boolean;
  /** The authorities of its valid path, kept so that the path can be validated again. */
  readonly authorities?: readonly Certificate[];
  /** SHA-256 of what came in the same file: one of another kind of key stands beside it. */
  readonly together?: readonly string[];
}

/**
 * What became of a certificate handed in. `renewed`: it was in use, and what is known of its person has changed;
 * `replaced`: it came into use in the place of another one; `pending`: it waits until it is confirmed.
 */
export type KeepOutcome = 'new' | 'replaced' | 'renewed' | 'known' | 'older' | 'pending';

/** Note of a certificate that was in use until its person left the last list, and came back. */
export const subscribedAnew = 'subscribed-anew';
/** Note of a certificate that was put aside for want of a path, and came back without any act of its person. */
export const pathAgain = 'a path to an anchor again';

/** The store of user certificates: which are in use, and which one encrypts. */
export class UserCertificates {
  readonly #clock: Clock;
  readonly #policy: () => CertificatePolicy;
  readonly #paths: EncryptionPaths;
  readonly #parsed = new Map<string, Certificate>();

  /**
   * @param anchors what paths are validated against, whenever somebody is encrypted to
   * @param policy what the site does with changes, asked each time
   */
  constructor(
    clock: Clock,
    anchors: Pick<SiteTrust, 'for'>,
    policy: () => CertificatePolicy = () => usualCertificatePolicy,
  ) {
    this.#clock = clock;
    this.#paths = new EncryptionPaths(anchors, clock);
    this.#policy = policy;
  }

  /**
   * Tells of certificates that messages brought whether the anchors of the site accept them, or only those of the list or
   * domain that the message came to. Outside of transactions, since it reads files.
   */
  async judgeNarrow(
    repositories: Pick<Repositories, 'authorities'>,
    found: readonly NewCertificate[],
  ): Promise<readonly NewCertificate[]> {
    const judged: NewCertificate[] = [];
    for (const one of found)
      judged.push({
        ...one,
        narrow: await this.#paths.isNarrow(repositories, one.certificate, one.authorities),
      });
    return judged;
  }

  /**
   * Keeps a certificate. It comes into use unless those of later signing time already serve all that it could, or the
   * policy of the site wants it confirmed; what it replaces stays in the store as `superseded`. What an operator brings
   * always comes into use; what an operator withdrew comes back only with a later signature, and what was revoked with
   * none.
   */
  async keep(repositories: Repositories, incoming: NewCertificate): Promise<KeepOutcome> {
    const nowMs = this.#clock.now();
    await repositories.authorities.keep((incoming.authorities ?? []).map(authorityRecord));
    const known = await repositories.certificates.ofAddress(incoming.address);
    const same = known.find((record) => record.sha256 === incoming.certificate.sha256);
    const others = known.filter((record) => record !== same && isInUse(record));
    const isAct = isOperatorsAct(incoming.source);
    const timeMs = incoming.signingTimeMs ?? (isAct ? nowMs : 0);
    if (!isAct && same && bringsNothing(same, incoming.source, timeMs)) {
      const isOtherDemand = incoming.source === 'smimea' && same.needsPath !== (incoming.needsPath ?? false);
      if (isOtherDemand && same.source === 'smimea')
        await repositories.certificates.upsert({ ...same, needsPath: !same.needsPath });
      return isInUse(same) ? 'known' : 'older';
    }
    const own = { ...incoming, narrow: incoming.narrow ?? false };
    const above = others.filter((record) => mayDisplace(this.#contender(record), own));
    const isOlder = !isAct && isServed(incoming, above, timeMs, nowMs);
    const change = isAct || (same && wasAccepted(same)) ? 'first' : this.#changeOf(own, known);
    const isPending = !isOlder && mustWait(change, this.#policy());
    const status = isOlder ? 'superseded' : isPending ? 'pending' : 'trusted';
    await repositories.certificates.upsert(this.#record(own, same, status, change, nowMs));
    if (isOlder) return 'older';
    if (isPending) return same?.status === 'pending' ? 'known' : 'pending';
    const below = known.filter(
      (record) => record !== same && wasAccepted(record) && mayDisplace(own, this.#contender(record)),
    );
    await this.#supersede(repositories, incoming, below, isAct ? nowMs : timeMs);
    if (!same || !isInUse(same))
      return isReplacement(change, incoming, below.filter(isInUse)) ? 'replaced' : 'new';
    return hasNews(incoming, same) ? 'renewed' : 'known';
  }

  /**
   * Takes a pending certificate into use, in the place of what its person used until now.
   *
   * @param by who confirmed it, for its history
   * @returns false when it does not wait any more, or has ended
   */
  async confirm(repositories: Repositories, id: string, by: string): Promise<boolean> {
    const nowMs = this.#clock.now();
    const record = await repositories.certificates.get(id);
    if (record.status !== 'pending' || record.notAfter < nowMs) return false;
    await repositories.certificates.setStatus(id, 'trusted', `confirmed by ${by}`);
    const issuer = await this.#paths.issuerOf(repositories, this.parsed(record));
    const own = { ...this.#contender(record), issuer };
    for (const other of await repositories.certificates.ofAddress(record.address))
      if (
        other.id !== id &&
        wasAccepted(other) &&
        covers(record.usage, other.usage) &&
        mayDisplace(own, this.#contender(other))
      )
        await repositories.certificates.setStatus(other.id, 'superseded', 'replaced');
    return true;
  }

  /** Puts what an address used before it left its last list aside, until it is proved again. */
  async beginAnew(repositories: Repositories, address: string, leftAtMs: number): Promise<void> {
    for (const record of await repositories.certificates.ofAddress(address))
      if (record.status === 'untrusted' || (isInUse(record) && !isProvedSince(record, leftAtMs)))
        await repositories.certificates.setStatus(record.id, 'pending', subscribedAnew);
  }

  /** What only narrower anchors accept says nothing against one that those of the site accept, but for its own key. */
  #changeOf(incoming: Contender, known: readonly CertificateRecord[]): CertificateChange {
    const { certificate, narrow } = incoming;
    const pins = known
      .filter((record) => isPin(record) && record.sha256 !== certificate.sha256)
      .map((record) => ({ ...record, certificate: this.parsed(record) }))
      .filter((pin) => narrow || !pin.narrow || sameBytes(pin.certificate.spki, certificate.spki));
    return changeOf(incoming, pins);
  }

  #contender(record: CertificateRecord): Contender {
    return { source: record.source, narrow: record.narrow, certificate: this.parsed(record) };
  }

  async #supersede(
    repositories: Repositories,
    incoming: NewCertificate,
    others: readonly CertificateRecord[],
    timeMs: number,
  ): Promise<void> {
    const kind = keyKind(incoming.certificate);
    for (const record of others) {
      if (!covers(incoming.usage, record.usage)) continue;
      if (!isOperatorsAct(incoming.source) && effectiveTimeMs(record) > timeMs) continue;
      // RSA beside EC: programs of one person may read the one or the other. A file of the folder stands for itself alone.
      const mayStand = incoming.source !== 'folder' || incoming.together?.includes(record.sha256);
      if (mayStand && keyKind(this.parsed(record)) !== kind) continue;
      await repositories.certificates.setStatus(record.id, 'superseded', 'replaced');
    }
  }

  #record(
    incoming: NewCertificate & { readonly narrow: boolean },
    same: CertificateRecord | undefined,
    status: CertificateRecord['status'],
    change: CertificateChange,
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
      note: change === 'first' ? null : change,
      narrow: incoming.narrow,
      needsPath: incoming.needsPath ?? false,
    };
  }

  /**
   * Chooses, for each address, the certificate that encrypts to it now: valid, with a path that counts for the list, then of
   * stronger capability, then newest. Outside of transactions, since it reads files.
   *
   * @param target the list that encrypts, or the domain where it is none
   * @throws TrustError `trust-file-unreadable`
   */
  async chooseForEncryption(
    repositories: Repositories,
    addresses: readonly string[],
    target: TrustTarget,
  ): Promise<ReadonlyMap<string, EncryptionChoice>> {
    const records = await repositories.certificates.ofAddresses(addresses.map(canonicalAddress));
    const nowMs = this.#clock.now();
    const able = records.filter((record) => mayEncrypt(record, nowMs));
    const refused = await this.#paths.refused(repositories, able, (record) => this.parsed(record), target);
    const byAddress = Map.groupBy(records, (record) => record.address);
    return new Map(
      addresses.map((address) => [
        address,
        this.#parsedChoice(chooseToEncrypt(byAddress.get(canonicalAddress(address)) ?? [], refused, nowMs)),
      ]),
    );
  }

  #parsedChoice(choice: RecordChoice): EncryptionChoice {
    if (choice.status === 'none') return choice;
    const { record } = choice;
    return { status: 'found', certificate: this.parsed(record), capabilities: record.capabilities };
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

function authorityRecord({ sha256, der, notAfterMs: notAfter }: Certificate): AuthorityRecord {
  return { sha256, der, notAfter };
}

/** That a path came back proves nothing, whenever it was. */
function isProvedSince({ updatedAt, note }: CertificateRecord, sinceMs: number): boolean {
  return updatedAt > sinceMs && note !== pathAgain;
}

/** A message brings nothing for its certificate when a later one did, or when it was put away since. */
function bringsNothing(same: CertificateRecord, source: CertificateSource, timeMs: number): boolean {
  if (isLowerTrust(source) && !isLowerTrust(same.source)) return true;
  if (same.status === 'revoked') return true;
  if (same.status === 'withdrawn' || same.note === subscribedAnew) return same.updatedAt >= timeMs;
  return isInUse(same) && effectiveTimeMs(same) >= timeMs;
}

/** Tells whether mail goes to another key from now on than the one that it went to. */
function isReplacement(
  change: CertificateChange,
  { usage }: NewCertificate,
  others: readonly CertificateRecord[],
): boolean {
  const isOther = change === 'renewal' || change === 'vouched' || change === 'change';
  return isOther && covers(usage, 'encrypt') && others.some((record) => covers(record.usage, 'encrypt'));
}

/** Tells whether valid certificates of later time, or of higher trust, do together all that one of a usage could. */
function isServed(
  { usage, source }: NewCertificate,
  others: readonly CertificateRecord[],
  timeMs: number,
  nowMs: number,
): boolean {
  const outranks = (record: CertificateRecord) => isLowerTrust(source) && !isLowerTrust(record.source);
  const later = others.filter(
    (record) => nowMs <= record.notAfter && (outranks(record) || effectiveTimeMs(record) > timeMs),
  );
  const uses: readonly CertificateUsage[] = usage === 'both' ? ['sign', 'encrypt'] : [usage];
  return uses.every((use) => later.some((record) => covers(record.usage, use)));
}

function hasNews({ usage, capabilities }: NewCertificate, same: CertificateRecord): boolean {
  const announced = capabilities !== null && capabilities.join() !== (same.capabilities ?? []).join();
  return announced || usage !== same.usage;
}

function keyKind({ spki }: Certificate): string {
  return readSpki(spki).algorithm.oid;
}
