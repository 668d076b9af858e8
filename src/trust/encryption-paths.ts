import type { Clock } from '../clock.ts';
import type { Certificate } from '../pki/certificate.ts';
import { type PathCode, validatePath } from '../pki/path.ts';
import type { CertificateRecord } from '../store/certificates.ts';
import { isIssuedBy, isOperatorsAct } from './certificate-change.ts';
import { TrustError } from './error.ts';
import { type AuthorityStore, KeptAuthorities } from './kept-authorities.ts';
import { isRevokedBy } from './revocation.ts';
import type { JudgedTrust, SiteTrust, TrustTarget } from './site-trust.ts';

/** A path is validated anew after this time at the latest: authorities end, and so do revocation lists. */
const verdictMs = 600_000;
/** More than the largest list has, so that it does not push its own out. */
const maxVerdicts = 250_000;
/** So many paths are validated before others have their turn. */
const atOnce = 32;

interface Verdict {
  readonly code: PathCode | undefined;
  readonly untilMs: number;
}

/** Verdicts under one trust and one set of authorities. */
interface Judged {
  readonly between: readonly Certificate[];
  readonly verdicts: Map<string, Verdict>;
}

/** Tells, each time that somebody is encrypted to, whether the path of the certificate is still good for that list. */
export class EncryptionPaths {
  readonly #anchors: Pick<SiteTrust, 'for'>;
  readonly #clock: Clock;
  readonly #judged = new WeakMap<JudgedTrust, Judged>();
  readonly #authorities = new KeptAuthorities();

  constructor(anchors: Pick<SiteTrust, 'for'>, clock: Clock) {
    this.#anchors = anchors;
    this.#clock = clock;
  }

  /**
   * Gives those certificates that must not be used, with the reason. What a message or a directory brought needs a path
   * to an anchor of that very list; what an operator brought needs none, nor what the DNS has where its record is enough: a
   * revoked path takes it out all the same.
   *
   * @param target the list, or the domain, that encrypts
   * @returns by SHA-256 of the certificate
   * @throws TrustError `trust-file-unreadable`
   */
  async refused(
    repositories: AuthorityStore,
    records: readonly CertificateRecord[],
    parsed: (record: CertificateRecord) => Certificate,
    target: TrustTarget,
  ): Promise<ReadonlyMap<string, PathCode>> {
    const refused = new Map<string, PathCode>();
    if (records.length === 0) return refused;
    const trust = await this.#anchors.for(target);
    const judged = await this.#judgedUnder(trust, repositories);
    let fresh = 0;
    for (const record of records) {
      const isNeeded = needsPath(record, trust.recordsSuffice);
      if (!isNeeded && trust.crls.length === 0) continue;
      const known = judged.verdicts.get(record.sha256);
      const isKnown = known !== undefined && this.#clock.now() < known.untilMs;
      if (!isKnown && ++fresh % atOnce === 0) await new Promise((resolve) => setImmediate(resolve));
      const code = isKnown ? known.code : this.#validate(record.sha256, parsed(record), trust, judged);
      if (code !== undefined && (isNeeded || code === 'revoked')) refused.set(record.sha256, code);
    }
    return refused;
  }

  /**
   * Tells whether the anchors of the site do not accept a certificate that a message brought: those of a list or a domain did.
   * Where they cannot be read, nobody knows that they would.
   *
   * @param authorities of the path that it came with
   */
  async isNarrow(
    repositories: AuthorityStore,
    certificate: Certificate,
    authorities: readonly Certificate[] = [],
  ): Promise<boolean> {
    const trust = await this.#anchors.for({}).catch(noneWhereBroken);
    if (!trust) return true;
    const { between } = await this.#judgedUnder(trust, repositories);
    const atMs = this.#clock.now();
    const untrusted = [...authorities, ...between];
    return validatePath({ ...trust, certificate, untrusted, atMs, purpose: 'any' }).status !== 'valid';
  }

  /** Gives the authority that issued a certificate, of those that are kept of valid paths; it reads no file. */
  async issuerOf(repositories: AuthorityStore, certificate: Certificate): Promise<Certificate | undefined> {
    const known = await this.#authorities.of(repositories);
    return known.find((authority) => isIssuedBy(certificate, authority));
  }

  async #judgedUnder(trust: JudgedTrust, repositories: AuthorityStore): Promise<Judged> {
    const between = await this.#authorities.of(repositories);
    const kept = this.#judged.get(trust);
    if (kept?.between === between) return kept;
    const judged = { between, verdicts: new Map<string, Verdict>() };
    this.#judged.set(trust, judged);
    return judged;
  }

  #validate(
    sha256: string,
    certificate: Certificate,
    trust: JudgedTrust,
    judged: Judged,
  ): PathCode | undefined {
    const atMs = this.#clock.now();
    const verdict = validatePath({
      ...trust,
      certificate,
      untrusted: judged.between,
      atMs,
      purpose: 'smimeencrypt',
    });
    const code = verdict.status === 'valid' ? undefined : verdict.code;
    // A list at hand may name what has no path here, as an operator's may be.
    const isRevoked = code !== undefined && isRevokedBy(trust, certificate, judged.between, atMs);
    if (judged.verdicts.size >= maxVerdicts) judged.verdicts.clear();
    const told = isRevoked ? 'revoked' : code;
    judged.verdicts.set(sha256, { code: told, untilMs: atMs + verdictMs });
    return told;
  }
}

/**
 * Tells whether a certificate counts only with a path to an anchor.
 *
 * @param recordsSuffice whether a record of the DNS that demands none itself is enough
 */
export function needsPath(
  { source, needsPath: isDemanded }: Pick<CertificateRecord, 'source' | 'needsPath'>,
  recordsSuffice: boolean,
): boolean {
  if (isOperatorsAct(source)) return false;
  return source !== 'smimea' || isDemanded || !recordsSuffice;
}

function noneWhereBroken(error: unknown): undefined {
  if (!(error instanceof TrustError)) throw error;
}
