import { type Certificate, isSelfIssued, sameCertificate } from './certificate.ts';
import { isUnderstood } from './certificate-extensions.ts';
import type { CertificateList } from './crl.ts';
import { WorkingKeys } from './dsa-parameters.ts';
import { PkiError } from './error.ts';
import { NameRestrictions } from './name-constraints.ts';
import { oidName } from './oid.ts';
import { CertificatePool, PathSearch, SearchBudget, SignatureChecker } from './path-building.ts';
import { type PathCode, type PathFault, pathFault } from './path-codes.ts';
import { checkPolicies, type PolicyInput } from './policy-graph.ts';
import { checkIssuerPurpose, checkPurpose, type Purpose } from './purpose.ts';
import { CrlPool, checkRevocation, type RevocationContext } from './revocation.ts';
import { keyWeakness } from './strength.ts';

export { type PathCode, pathCodes } from './path-codes.ts';
export type { Purpose } from './purpose.ts';

/** What is validated, and against what. */
export interface PathInput {
  readonly certificate: Certificate;
  /** Certificates that a path may lead over: of the message, of the store. */
  readonly untrusted: readonly Certificate[];
  /** Each is an anchor, self-signed or not; without any, nobody is trusted. */
  readonly trustAnchors: readonly Certificate[];
  readonly crls?: readonly CertificateList[];
  /** `present` (default): a CRL that covers a certificate counts, a missing one is no fault. */
  readonly crlCheck?: 'off' | 'present' | 'require';
  /** The moment of the validation, in milliseconds since 1970. */
  readonly atMs: number;
  readonly purpose: Purpose;
  /** The user-initial-policy-set, object identifiers; any policy when missing or empty. */
  readonly policies?: readonly string[];
  readonly explicitPolicy?: boolean;
  readonly inhibitPolicyMapping?: boolean;
  readonly inhibitAnyPolicy?: boolean;
  /** Accepts what `strengthPolicy` keeps for old mail. */
  readonly legacy?: boolean;
}

/** The outcome of path validation; `path` runs from the certificate to the anchor, or as far as it led. */
export type PathVerdict =
  | { readonly status: 'valid'; readonly path: readonly Certificate[] }
  | {
      readonly status: 'invalid';
      readonly code: PathCode;
      /** One plain sentence. */
      readonly reason: string;
      /** The certificate that has the fault. */
      readonly certificate?: Certificate;
      readonly path: readonly Certificate[];
    };

/** How deep the paths of CRL signers may need CRLs of other signers. */
const maxCrlDepth = 4;

/**
 * Builds a path from a certificate to a trust anchor and validates it: RFC 5280 §6, with the policy graph of RFC 9618,
 * the mail names of RFC 9598, CRLs (complete, indirect, delta, by reasons), the purpose, and the strength of keys.
 *
 * The certificates of anchors are held to their own restrictions, too (RFC 5937): validity, path length, names, purpose.
 * The search is bounded, whatever certificates somebody sends.
 *
 * @returns the first valid path, or the fault of the most promising one
 */
export function validatePath(input: PathInput): PathVerdict {
  const pool = new CertificatePool(input.untrusted, input.trustAnchors);
  const checker = new SignatureChecker(new SearchBudget(), input.legacy ?? false);
  return new PathValidation(input, pool, checker, new CrlPool(input.crls ?? []), []).run();
}

class PathValidation {
  readonly #input: PathInput;
  readonly #pool: CertificatePool;
  readonly #checker: SignatureChecker;
  readonly #crls: CrlPool;
  /** The signers of CRLs whose paths are being validated, outermost first. */
  readonly #signers: readonly Certificate[];
  /** Signers that were validated, by signer and anchor. */
  readonly #trusted = new Map<string, boolean>();

  constructor(
    input: PathInput,
    pool: CertificatePool,
    checker: SignatureChecker,
    crls: CrlPool,
    signers: readonly Certificate[],
  ) {
    this.#input = input;
    this.#pool = pool;
    this.#checker = checker;
    this.#crls = crls;
    this.#signers = signers;
  }

  run(onlyAnchor?: Certificate): PathVerdict {
    const { certificate, atMs, trustAnchors } = this.#input;
    if (trustAnchors.length === 0) return invalid(pathFault('no-trust-anchors', certificate), [certificate]);
    const search = new PathSearch(this.#pool, this.#checker, atMs);
    let first: PathVerdict | undefined;
    for (const path of search.paths([certificate])) {
      if (onlyAnchor !== undefined && !sameCertificate(path.at(-1)!, onlyAnchor)) continue;
      const fault = this.#check(path);
      if (fault === undefined) return { status: 'valid', path };
      first ??= invalid(fault, path);
    }
    return first ?? invalid(this.#whyNoPath(search), [certificate]);
  }

  #whyNoPath(search: PathSearch): PathFault {
    const { certificate } = this.#input;
    if (this.#checker.budget.isSpent) return pathFault('path-too-complex', certificate);
    if (search.fault !== undefined) return search.fault;
    return pathFault(isSelfIssued(certificate) ? 'self-signed' : 'no-path', certificate);
  }

  /** Checks one path, from the anchor down; what costs least comes first. */
  #check(path: readonly Certificate[]): PathFault | undefined {
    const down = [...path].reverse();
    return (
      this.#checkCertificates(down) ??
      checkAuthorities(down) ??
      checkNames(down) ??
      checkPolicies(down.slice(1), policyInput(this.#input)) ??
      this.#checkPurposes(down) ??
      this.#checkRevocations(down)
    );
  }

  #checkCertificates(down: readonly Certificate[]): PathFault | undefined {
    for (const certificate of down) {
      const fault =
        checkValidity(certificate, this.#input.atMs) ??
        checkCriticalExtensions(certificate) ??
        checkKey(certificate, this.#input.legacy ?? false);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #checkPurposes(down: readonly Certificate[]): PathFault | undefined {
    const { purpose } = this.#input;
    for (const authority of down.slice(0, -1)) {
      const fault = checkIssuerPurpose(authority, purpose);
      if (fault !== undefined) return fault;
    }
    return checkPurpose(down.at(-1)!, purpose);
  }

  #checkRevocations(down: readonly Certificate[]): PathFault | undefined {
    const { crlCheck = 'present', atMs } = this.#input;
    if (crlCheck === 'off') return undefined;
    const context: RevocationContext = {
      crls: this.#crls,
      pool: this.#pool,
      checker: this.#checker,
      keys: new WorkingKeys(down),
      mode: crlCheck,
      atMs,
      isTrustedSigner: (signer, anchor) => this.#isTrustedSigner(signer, anchor),
    };
    for (let index = 1; index < down.length; index += 1) {
      const fault = checkRevocation(down[index]!, down[index - 1]!, down[0]!, context);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** RFC 5280 §6.3.3 (f): the path of the signer ends in the same anchor. A signer cannot vouch for itself. */
  #isTrustedSigner(signer: Certificate, anchor: Certificate): boolean {
    const isCircular = this.#signers.some((other) => sameCertificate(other, signer));
    if (isCircular || this.#signers.length >= maxCrlDepth) return false;
    const key = signer.sha256 + anchor.sha256;
    const known = this.#trusted.get(key);
    if (known !== undefined) return known;
    const { untrusted, trustAnchors, crlCheck, atMs, legacy } = this.#input;
    const input: PathInput = {
      certificate: signer,
      untrusted,
      trustAnchors,
      atMs,
      purpose: 'any',
      ...(crlCheck && { crlCheck }),
      ...(legacy && { legacy }),
    };
    const signers = [...this.#signers, signer];
    const verdict = new PathValidation(input, this.#pool, this.#checker, this.#crls, signers).run(anchor);
    this.#trusted.set(key, verdict.status === 'valid');
    return verdict.status === 'valid';
  }
}

function invalid({ code, reason, certificate }: PathFault, path: readonly Certificate[]): PathVerdict {
  return { status: 'invalid', code, reason, certificate, path };
}

function policyInput(input: PathInput): PolicyInput {
  const { policies = [] } = input;
  return {
    policies: policies.length === 0 ? undefined : new Set(policies),
    explicitPolicy: input.explicitPolicy ?? false,
    inhibitPolicyMapping: input.inhibitPolicyMapping ?? false,
    inhibitAnyPolicy: input.inhibitAnyPolicy ?? false,
  };
}

// RFC 5280 §6.1.3 (a)(2).
function checkValidity(certificate: Certificate, atMs: number): PathFault | undefined {
  if (atMs < certificate.notBeforeMs) return pathFault('not-yet-valid', certificate);
  return atMs > certificate.notAfterMs ? pathFault('expired', certificate) : undefined;
}

// RFC 5280 §4.2, §6.1.4 (o), §6.1.5 (f).
function checkCriticalExtensions(certificate: Certificate): PathFault | undefined {
  const unknown = certificate.extensions.find(({ critical, oid }) => critical && !isUnderstood(oid));
  return unknown && pathFault('unknown-critical-extension', certificate, oidName(unknown.oid));
}

function checkKey(certificate: Certificate, legacy: boolean): PathFault | undefined {
  try {
    const weakness = keyWeakness(certificate.spki, legacy);
    return weakness === undefined ? undefined : pathFault('weak-key', certificate, weakness);
  } catch (error) {
    if (error instanceof PkiError) return pathFault('bad-key', certificate, error.message);
    throw error;
  }
}

/** RFC 5280 §6.1.4 (k) to (n), for every certificate but the last. */
function checkAuthorities(down: readonly Certificate[]): PathFault | undefined {
  let allowed = down.length;
  for (const [index, authority] of down.slice(0, -1).entries()) {
    const isAnchor = index === 0;
    const { basicConstraints, keyUsage } = authority;
    // An anchor of version 1 cannot say that it is an authority; any other certificate must.
    const isCa = basicConstraints?.ca ?? (isAnchor && authority.version < 3);
    if (!isCa) return pathFault('not-a-ca', authority);
    if (!isAnchor && !isSelfIssued(authority)) {
      if (allowed <= 0) return pathFault('path-length-exceeded', authority);
      allowed -= 1;
    }
    allowed = Math.min(allowed, basicConstraints?.pathLength ?? allowed);
    if (keyUsage !== undefined && !keyUsage.has('keyCertSign'))
      return pathFault('issuer-may-not-sign', authority);
  }
  return undefined;
}

/** RFC 5280 §6.1.3 (b), (c) and §6.1.4 (g). */
function checkNames(down: readonly Certificate[]): PathFault | undefined {
  const restrictions = new NameRestrictions();
  for (const [index, certificate] of down.entries()) {
    const isLast = index === down.length - 1;
    // A self-issued authority may carry the name that its own issuer has.
    const fault = isLast || !isSelfIssued(certificate) ? restrictions.check(certificate) : undefined;
    if (fault !== undefined) return fault;
    if (certificate.nameConstraints !== undefined) restrictions.add(certificate.nameConstraints);
  }
  return undefined;
}
