import type { Site } from '../config/site.ts';
import type { Certificate } from '../pki/certificate.ts';
import { sameBytes } from '../pki/der.ts';
import { checkIssuerSignature } from '../pki/issuer-signature.ts';
import type { CertificateRecord, CertificateSource } from '../store/certificates.ts';

/** What a site does with another certificate of a person: `certificate_change` and `certificate_renewal`. */
export interface CertificatePolicy {
  readonly change: 'confirm' | 'accept';
  readonly renewal: 'confirm' | 'accept';
}

/** The policy of a site that says nothing. */
export const usualCertificatePolicy: CertificatePolicy = { change: 'confirm', renewal: 'accept' };

/** Reads the policy of a site. */
export function certificatePolicy({ conf }: Pick<Site, 'conf'>): CertificatePolicy {
  return { change: conf.certificate_change, renewal: conf.certificate_renewal };
}

/** What a certificate is to those that are known of its person. */
export type CertificateChange =
  /** The person has no other. */
  | 'first'
  /** It certifies a key that is known. */
  | 'same-key'
  /** The authority that certified one of those that are known certifies this one. */
  | 'renewal'
  /** A signature made with a certificate in use names it. */
  | 'vouched'
  /** Another authority, another key. */
  | 'change';

/** What operators bring is their decision; everything else is found, and held against what is known. */
export function isOperatorsAct(source: CertificateSource): boolean {
  return source === 'operator' || source === 'folder';
}

/** What a directory or the DNS says gives way to what anybody proved. */
export function isLowerTrust(source: CertificateSource): boolean {
  return source === 'ldap' || source === 'smimea';
}

const pinStatuses: ReadonlySet<CertificateRecord['status']> = new Set([
  'trusted',
  'untrusted',
  'expired',
  'revoked',
] as const);

/** Certificates that another one is held against: an ended one still says who certifies this person. */
export function isPin({ status, source }: Pick<CertificateRecord, 'status' | 'source'>): boolean {
  return pinStatuses.has(status) && !isLowerTrust(source);
}

/** A certificate with what is known of where it came from. */
export interface Newcomer {
  readonly certificate: Certificate;
  /** The authority above it in a path that was validated. */
  readonly issuer?: Certificate | undefined;
  /** SHA-256 of the certificate whose valid signature names this one. */
  readonly vouchedBy?: string | undefined;
}

/**
 * Tells what a certificate is to those that are known of its person. The name of an authority proves nothing, since a
 * hostile one may bear any: it is the same when its key made both signatures.
 *
 * @param pins the others of the same address that {@link isPin} holds for
 */
export function changeOf(
  { certificate, issuer, vouchedBy }: Newcomer,
  pins: readonly { readonly status: string; readonly certificate: Certificate }[],
): CertificateChange {
  if (pins.length === 0) return 'first';
  const sound = pins.filter(({ status }) => status !== 'revoked');
  const isSame = (pin: Certificate) => sameBytes(pin.spki, certificate.spki);
  if (pins.some((pin) => pin.status === 'revoked' && isSame(pin.certificate))) return 'change';
  if (sound.some((pin) => isSame(pin.certificate))) return 'same-key';
  if (sound.some((pin) => pin.status === 'trusted' && pin.certificate.sha256 === vouchedBy)) return 'vouched';
  const isRenewal =
    issuer && isIssuedBy(certificate, issuer) && pins.some((pin) => isIssuedBy(pin.certificate, issuer));
  return isRenewal ? 'renewal' : 'change';
}

/** One of the certificates of a person, with what decides whose place it takes. */
export interface Contender extends Newcomer {
  readonly source: CertificateSource;
  /** Only the narrower anchors of a list or a domain accept it. */
  readonly narrow: boolean;
}

/**
 * Tells whether a certificate may take the place of another of the same person and use. One that the anchors of the site do
 * not accept takes none that they do, and stays itself beside one that its own list does not accept: else lists would be left
 * with none that counts for them. What an operator brings counts on every list.
 */
export function mayDisplace(one: Contender, other: Contender): boolean {
  if (isOperatorsAct(one.source)) return true;
  if (!one.narrow && !other.narrow) return true;
  return other.narrow && one.issuer !== undefined && isIssuedBy(other.certificate, one.issuer);
}

/** Tells whether a change waits until somebody who may confirms it. */
export function mustWait(change: CertificateChange, policy: CertificatePolicy): boolean {
  if (change === 'change') return policy.change === 'confirm';
  return change === 'renewal' && policy.renewal === 'confirm';
}

/** Tells whether the key of an authority signed a certificate that is known, whenever that was. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return (
    certificate.issuer.rdnKeys.join('\n') === issuer.subject.rdnKeys.join('\n') &&
    checkIssuerSignature(certificate, issuer, true, () => undefined).status === 'good'
  );
}
