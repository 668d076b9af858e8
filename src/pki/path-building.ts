import { type Certificate, sameCertificate } from './certificate.ts';
import { sameBytes } from './der.ts';
import { inheritsParameters, noParametersToInherit, WorkingKeys } from './dsa-parameters.ts';
import {
  checkIssuerSignature,
  type IssuerSignature,
  type SignedObject,
  type SigningKey,
} from './issuer-signature.ts';
import { type Name, sameName } from './name.ts';
import { type PathCode, type PathFault, pathFault } from './path-codes.ts';

/** What one validation may spend, the paths of CRL signers included. */
const searchLimits = {
  /** Certificates of one path, the anchor included. */
  pathLength: 16,
  /** Signatures that are checked. */
  signatures: 400,
  /** Complete paths that are checked. */
  paths: 100,
  /** Steps of the search, whatever they cost. */
  steps: 4000,
} as const;

/** What is left of {@link searchLimits}. */
export class SearchBudget {
  #signatures: number = searchLimits.signatures;
  #paths: number = searchLimits.paths;
  #steps: number = searchLimits.steps;

  /** True once a limit stopped something. */
  isSpent = false;

  takeSignature(): boolean {
    this.#signatures -= 1;
    return this.#check(this.#signatures);
  }

  takePath(): boolean {
    this.#paths -= 1;
    return this.#check(this.#paths);
  }

  takeStep(): boolean {
    this.#steps -= 1;
    return this.#check(this.#steps);
  }

  #check(left: number): boolean {
    if (left < 0) this.isSpent = true;
    return left >= 0;
  }
}

/** The certificates that a path may be made of, by their subjects. */
export class CertificatePool {
  readonly #bySubject = new Map<string, Certificate[]>();
  readonly #anchors: ReadonlySet<string>;

  constructor(untrusted: readonly Certificate[], trustAnchors: readonly Certificate[]) {
    this.#anchors = new Set(trustAnchors.map(({ sha256 }) => sha256));
    // Anchors stand first: the shortest way to one is the first that is tried.
    for (const certificate of [...trustAnchors, ...untrusted]) {
      const known = this.#bySubject.get(certificate.subject.key);
      if (known === undefined) this.#bySubject.set(certificate.subject.key, [certificate]);
      else known.push(certificate);
    }
  }

  isAnchor(certificate: Certificate): boolean {
    return this.#anchors.has(certificate.sha256);
  }

  /** Gives the certificates of a subject, anchors first. */
  withSubject(name: Name): readonly Certificate[] {
    return this.#bySubject.get(name.key) ?? [];
  }
}

class OutOfBudget extends Error {}

/** Checks signatures on the budget of a search. */
export class SignatureChecker {
  readonly budget: SearchBudget;
  readonly legacy: boolean;

  constructor(budget: SearchBudget, legacy: boolean) {
    this.budget = budget;
    this.legacy = legacy;
  }

  /** @returns undefined when nothing is left to spend */
  check(object: SignedObject, issuer: SigningKey): IssuerSignature | undefined {
    try {
      return checkIssuerSignature(object, issuer, this.legacy, () => {
        if (!this.budget.takeSignature()) throw new OutOfBudget();
      });
    } catch (error) {
      if (error instanceof OutOfBudget) return undefined;
      throw error;
    }
  }
}

const signatureCodes = {
  bad: 'bad-certificate-signature',
  'weak-hash': 'weak-signature',
  'weak-key': 'weak-key',
  'bad-key': 'bad-key',
  unsupported: 'unsupported-algorithm',
} as const satisfies Readonly<Record<Exclude<IssuerSignature['status'], 'good'>, PathCode>>;

/** Searches for paths from a certificate to the anchors: depth first, with a budget, over cross certificates too. */
export class PathSearch {
  readonly #pool: CertificatePool;
  readonly #checker: SignatureChecker;
  readonly #atMs: number;
  /** Why the search failed nearest to the anchors, for the case that it finds nothing. */
  fault: PathFault | undefined;

  constructor(pool: CertificatePool, checker: SignatureChecker, atMs: number) {
    this.#pool = pool;
    this.#checker = checker;
    this.#atMs = atMs;
  }

  /**
   * Gives one path after the other, each from the certificate to an anchor; every signature on it is good, and every
   * key whole.
   *
   * @param chain the certificate, and what was found above it
   */
  *paths(chain: readonly Certificate[]): Generator<readonly Certificate[]> {
    const last = chain.at(-1)!;
    if (this.#pool.isAnchor(last)) {
      if (this.#checker.budget.takePath() && this.#holdsWithInherited(chain)) yield chain;
      return;
    }
    if (chain.length >= searchLimits.pathLength) return;
    for (const issuer of this.#issuersOf(last)) {
      if (!this.#checker.budget.takeStep()) return;
      if (isInChain(issuer, chain) || !this.#mayBeSignedBy(last, issuer)) continue;
      yield* this.paths([...chain, issuer]);
    }
  }

  /** The key of an issuer that inherits its parameters is whole, and can be tried, once the path has reached an anchor. */
  #mayBeSignedBy(certificate: Certificate, issuer: Certificate): boolean {
    const waits = this.#checker.legacy && inheritsParameters(issuer);
    return waits || this.#isSignedBy(certificate, issuer, issuer);
  }

  /** Checks what {@link PathSearch.#mayBeSignedBy} left open. */
  #holdsWithInherited(chain: readonly Certificate[]): boolean {
    if (!chain.some(inheritsParameters)) return true;
    const keys = new WorkingKeys(chain.toReversed());
    if (keys.incomplete !== undefined) {
      this.fault ??= pathFault('bad-key', keys.incomplete, noParametersToInherit);
      return false;
    }
    return chain.every((issuer, above) => {
      if (above === 0 || !inheritsParameters(issuer)) return true;
      return this.#isSignedBy(chain[above - 1]!, issuer, keys.of(issuer));
    });
  }

  #isSignedBy(certificate: Certificate, issuer: Certificate, key: SigningKey): boolean {
    const outcome = this.#checker.check(certificate, key);
    if (outcome === undefined) return false;
    if (outcome.status === 'good') return true;
    const detail = outcome.status === 'bad' ? undefined : outcome.detail;
    const blamed = outcome.status === 'weak-key' || outcome.status === 'bad-key' ? issuer : certificate;
    this.fault ??= pathFault(signatureCodes[outcome.status], blamed, detail);
    return false;
  }

  /** The likeliest first: an anchor, the key that the certificate names, an authority, one that is valid now. */
  #issuersOf(certificate: Certificate): readonly Certificate[] {
    const candidates = this.#pool.withSubject(certificate.issuer);
    if (candidates.length < 2) return candidates;
    const wanted = certificate.authorityKeyIdentifier?.keyIdentifier;
    const score = (issuer: Certificate): number =>
      Number(this.#pool.isAnchor(issuer)) * 8 +
      Number(wanted === undefined || sameBytes(issuer.subjectKeyIdentifier ?? wanted, wanted)) * 4 +
      Number(issuer.basicConstraints?.ca ?? false) * 2 +
      Number(issuer.notBeforeMs <= this.#atMs && this.#atMs <= issuer.notAfterMs);
    return candidates
      .map((issuer) => ({ issuer, rank: score(issuer) }))
      .sort((a, b) => b.rank - a.rank)
      .map(({ issuer }) => issuer);
  }
}

/** A path never holds one subject with one key twice, so certificates that sign each other lead nowhere. */
function isInChain(certificate: Certificate, chain: readonly Certificate[]): boolean {
  return chain.some(
    (other) =>
      sameCertificate(other, certificate) ||
      (sameName(other.subject, certificate.subject) && sameBytes(other.spki, certificate.spki)),
  );
}
