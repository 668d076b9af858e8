import { type Certificate, formatName, sameCertificate } from './certificate.ts';
import { type CertificateList, crlReasons } from './crl.ts';
import { coveredReasons, crlIssuersOf, distributionPointsOf, isDeltaOf } from './crl-scope.ts';
import { allReasons, type DistributionPoint, type ReasonMask } from './distribution-point.ts';
import type { WorkingKeys } from './dsa-parameters.ts';
import type { IssuerSignature } from './issuer-signature.ts';
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
  /** The keys of the path. */
  readonly keys: WorkingKeys;
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

/** Tells whether a CRL should have been followed by another one. */
function isPast(crl: CertificateList, atMs: number): boolean {
  return (crl.nextUpdateMs ?? Number.POSITIVE_INFINITY) < atMs;
}

/**
 * The reasons of revocation that lists have covered, RFC 5280 §6.3.3 (d), (e) and (l). Of lists that are signed with one
 * key the newest counts; an authority that changes its key may list some certificates with either.
 */
class CoveredReasons {
  readonly #byKey = new Map<string, ReasonMask>();
  all: ReasonMask = 0;

  isNew(crl: CertificateList, reasons: ReasonMask): boolean {
    return (reasons & ~(this.#byKey.get(keyOf(crl)) ?? 0)) !== 0;
  }

  add(crl: CertificateList, reasons: ReasonMask): void {
    this.#byKey.set(keyOf(crl), (this.#byKey.get(keyOf(crl)) ?? 0) | reasons);
    this.all |= reasons;
  }
}

/** The name and the key that a CRL says it comes from. */
function keyOf({ issuer, authorityKeyIdentifier }: CertificateList): string {
  return `${Buffer.from(authorityKeyIdentifier?.keyIdentifier ?? []).toString('hex')} ${issuer.key}`;
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
    const fault = this.#ask();
    // What was not looked at may be a revocation, so a stranger must not gain by sending many lists.
    if (this.#context.checker.budget.isSpent) return pathFault('path-too-complex', this.#certificate);
    return fault;
  }

  #ask(): PathFault | undefined {
    const covered = new CoveredReasons();
    for (const point of distributionPointsOf(this.#certificate)) {
      for (const crl of this.#crlsOf(point)) {
        const reasons = coveredReasons(crl, this.#certificate, point);
        if (reasons === 0) this.#useless.add('crl-scope-differs');
        if (!covered.isNew(crl, reasons)) continue;
        const outcome = this.#apply(crl);
        if (outcome === 'revoked') return this.#revoked(crl);
        if (outcome === 'good') covered.add(crl, reasons);
      }
    }
    if (covered.all === allReasons) return undefined;
    if (covered.all !== 0) this.#useless.add('crl-scope-differs');
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
    const deltas = this.#deltasOf(crl);
    // RFC 5280 §5.2.4: a delta that is current brings a complete CRL up to date, however old that is.
    const isOld = isPast(crl, this.#context.atMs) && deltas.length === 0;
    // What an outdated list says is revoked for good stays so, but it vouches for nothing.
    const isFinal = entry !== undefined && entry.reason !== crlReasons.certificateHold;
    if (isOld && !isFinal) return this.#no('crl-expired');
    const signer = this.#findSigner(crl);
    if (signer === undefined) return 'useless';
    // RFC 5280 §6.3.3 (h): the delta is signed with the key of the complete one.
    const delta = deltas.find((each) => this.#check(each, signer)?.status === 'good');
    if (delta === undefined && isPast(crl, this.#context.atMs) && !isFinal) return this.#no('crl-expired');
    // RFC 5280 §6.3.3 (i) to (k): the delta is asked first, and can lift a hold.
    const change = delta?.find(this.#certificate.issuer, this.#certificate.serialNumber);
    if (change !== undefined) return change.reason === crlReasons.removeFromCrl ? 'good' : 'revoked';
    return entry === undefined ? 'good' : 'revoked';
  }

  /** The deltas that could be laid over a complete CRL now, the newest first; their signatures are not checked yet. */
  #deltasOf(complete: CertificateList): readonly CertificateList[] {
    const { atMs, crls } = this.#context;
    return crls
      .withIssuer(complete.issuer.key)
      .filter(
        (crl) =>
          isDeltaOf(crl, complete) &&
          crl.unknownCriticalExtension === undefined &&
          crl.thisUpdateMs <= atMs &&
          !isPast(crl, atMs),
      );
  }

  #check(crl: CertificateList, signer: Certificate): IssuerSignature | undefined {
    return this.#context.checker.check(crl, this.#context.keys.of(signer));
  }

  #no(why: Useless): 'useless' {
    this.#useless.add(why);
    return 'useless';
  }

  /** RFC 5280 §6.3.3 (f) and (g): finds the certificate whose key signed the CRL, on a valid path to the same anchor. */
  #findSigner(crl: CertificateList): Certificate | undefined {
    const onPath = [this.#issuer, this.#anchor].filter((each) => sameName(each.subject, crl.issuer));
    const others = this.#context.pool
      .withSubject(crl.issuer)
      .filter((each) => !onPath.some((known) => sameCertificate(known, each)));
    for (const signer of [...onPath, ...others]) {
      const outcome = this.#check(crl, signer);
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
