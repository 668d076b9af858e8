import { type Certificate, formatName, sameCertificate } from './certificate.ts';
import { type CertificateList, crlReasons, type RevokedCertificate } from './crl.ts';
import { coveredReasons, crlIssuersOf, distributionPointsOf, isDeltaOf } from './crl-scope.ts';
import { allReasons, type DistributionPoint } from './distribution-point.ts';
import { sameName } from './name.ts';
import type { CertificatePool, SignatureChecker } from './path-building.ts';
import { type PathCode, type PathFault, pathFault } from './path-codes.ts';

/** The CRLs at hand, by their issuers, the newest first. */
export class CrlPool {
  readonly #byIssuer = new Map<string, CertificateList[]>();

  constructor(crls: readonly CertificateList[]) {
    for (const crl of crls) {
      const known = this.#byIssuer.get(crl.issuer.key);
      if (known === undefined) this.#byIssuer.set(crl.issuer.key, [crl]);
      else known.push(crl);
    }
    // RFC 8550 §4.2: an old CRL that somebody sends must not hide a newer one.
    for (const list of this.#byIssuer.values()) list.sort((a, b) => b.thisUpdateMs - a.thisUpdateMs);
  }

  withIssuer(key: string): readonly CertificateList[] {
    return this.#byIssuer.get(key) ?? [];
  }
}

/** What revocation checking needs beside the certificate. */
export interface RevocationContext {
  readonly crls: CrlPool;
  readonly pool: CertificatePool;
  readonly checker: SignatureChecker;
  /** `require`: a status that cannot be told is a fault. */
  readonly mode: 'present' | 'require';
  readonly atMs: number;
  /** Tells whether the signer of a CRL has a valid path to an anchor. */
  isTrustedSigner(signer: Certificate, anchor: Certificate): boolean;
}

/** Why a CRL was of no use, the most telling first. */
const uselessness = [
  'issuer-may-not-sign-crls',
  'crl-issuer-not-trusted',
  'weak-crl-signature',
  'bad-crl-signature',
  'unknown-critical-crl-extension',
  'crl-expired',
  'crl-not-yet-valid',
  'crl-scope-differs',
  'no-usable-crl',
] as const satisfies readonly PathCode[];

type Useless = (typeof uselessness)[number];

/**
 * Checks whether a certificate is revoked: RFC 5280 §6.3.3.
 *
 * @param issuer the certificate above it on the path
 * @param anchor the anchor of the path, to which the signers of CRLs must lead as well
 * @returns a fault, or undefined when it is not revoked, or (unless required) nothing tells
 */
export function checkRevocation(
  certificate: Certificate,
  issuer: Certificate,
  anchor: Certificate,
  context: RevocationContext,
): PathFault | undefined {
  return new RevocationCheck(certificate, issuer, anchor, context).run();
}

class RevocationCheck {
  readonly #certificate: Certificate;
  readonly #issuer: Certificate;
  readonly #anchor: Certificate;
  readonly #context: RevocationContext;
  readonly #useless = new Set<Useless>(['no-usable-crl']);

  constructor(
    certificate: Certificate,
    issuer: Certificate,
    anchor: Certificate,
    context: RevocationContext,
  ) {
    this.#certificate = certificate;
    this.#issuer = issuer;
    this.#anchor = anchor;
    this.#context = context;
  }

  run(): PathFault | undefined {
    let covered = 0;
    for (const point of distributionPointsOf(this.#certificate)) {
      for (const crl of this.#crlsOf(point)) {
        const reasons = coveredReasons(crl, this.#certificate, point);
        if (reasons === 0) this.#useless.add('crl-scope-differs');
        // RFC 5280 §6.3.3 (e): only a CRL that adds reasons is looked at, so the newest wins.
        if ((reasons & ~covered) === 0) continue;
        const outcome = this.#apply(crl);
        if (outcome === 'revoked') return this.#revoked(crl);
        if (outcome === 'good') covered |= reasons;
        if (covered === allReasons) return undefined;
      }
    }
    if (covered !== 0) this.#useless.add('crl-scope-differs');
    return this.#context.mode === 'require' ? this.#unknown() : undefined;
  }

  #crlsOf(point: DistributionPoint): readonly CertificateList[] {
    return crlIssuersOf(point, this.#certificate)
      .flatMap((name) => this.#context.crls.withIssuer(name.key))
      .filter((crl) => crl.baseCrlNumber === undefined);
  }

  #revoked(crl: CertificateList): PathFault {
    return pathFault('revoked', this.#certificate, `by a list of ${formatName(crl.issuer)}`);
  }

  #unknown(): PathFault {
    const code = uselessness.find((each) => this.#useless.has(each)) ?? 'no-usable-crl';
    return pathFault(code, this.#certificate);
  }

  /** Asks one complete CRL whose scope fits. */
  #apply(crl: CertificateList): 'revoked' | 'good' | 'useless' {
    // RFC 5280 §5.2: a CRL with a critical extension that is not understood tells nothing.
    if (crl.unknownCriticalExtension !== undefined) return this.#no('unknown-critical-crl-extension');
    if (crl.thisUpdateMs > this.#context.atMs) return this.#no('crl-not-yet-valid');
    const entry = crl.find(this.#certificate.issuer, this.#certificate.serialNumber);
    const isExpired = (crl.nextUpdateMs ?? Number.POSITIVE_INFINITY) < this.#context.atMs;
    const isFinal = entry !== undefined && entry.reason !== crlReasons.certificateHold;
    // What an outdated list says is revoked stays so, but it vouches for nothing.
    if (isExpired && !isFinal) return this.#no('crl-expired');
    const signer = this.#findSigner(crl);
    if (signer === undefined) return 'useless';
    const change = isExpired ? undefined : this.#findInDelta(crl, signer);
    // RFC 5280 §6.3.3 (i) to (k): the delta CRL is asked first, and can lift a hold.
    if (change !== undefined) return change.reason === crlReasons.removeFromCrl ? 'good' : 'revoked';
    return entry === undefined ? 'good' : 'revoked';
  }

  #no(why: Useless): 'useless' {
    this.#useless.add(why);
    return 'useless';
  }

  #findInDelta(complete: CertificateList, signer: Certificate): RevokedCertificate | undefined {
    const { atMs, crls, checker } = this.#context;
    const delta = crls.withIssuer(complete.issuer.key).find(
      (crl) =>
        isDeltaOf(crl, complete) &&
        crl.unknownCriticalExtension === undefined &&
        crl.thisUpdateMs <= atMs &&
        (crl.nextUpdateMs ?? Number.POSITIVE_INFINITY) >= atMs &&
        // RFC 5280 §6.3.3 (h): signed with the key of the complete one.
        checker.check(crl, signer)?.status === 'good',
    );
    return delta?.find(this.#certificate.issuer, this.#certificate.serialNumber);
  }

  /** RFC 5280 §6.3.3 (f) and (g): finds the certificate whose key signed the CRL, on a valid path to the same anchor. */
  #findSigner(crl: CertificateList): Certificate | undefined {
    const onPath = [this.#issuer, this.#anchor].filter((each) => sameName(each.subject, crl.issuer));
    const others = this.#context.pool
      .withSubject(crl.issuer)
      .filter((each) => !onPath.some((known) => sameCertificate(known, each)));
    for (const signer of [...onPath, ...others]) {
      const outcome = this.#context.checker.check(crl, signer);
      if (outcome?.status !== 'good') {
        this.#useless.add(
          outcome === undefined || outcome.status === 'bad' ? 'bad-crl-signature' : 'weak-crl-signature',
        );
      } else if (signer.keyUsage !== undefined && !signer.keyUsage.has('cRLSign')) {
        this.#useless.add('issuer-may-not-sign-crls');
      } else if (onPath.includes(signer) || this.#context.isTrustedSigner(signer, this.#anchor)) {
        return signer;
      } else this.#useless.add('crl-issuer-not-trusted');
    }
    return undefined;
  }
}
