import type { Certificate } from './certificate.ts';
import { findExtension, sameExtension } from './certificate-extensions.ts';
import { type CertificateList, compareCrlNumbers } from './crl.ts';
import { sameBytes } from './der.ts';
import {
  allReasons,
  type DistributionPoint,
  type DistributionPointName,
  type ReasonMask,
} from './distribution-point.ts';
import { type GeneralName, generalNameKey } from './general-name.ts';
import { type Name, sameName } from './name.ts';
import { oids } from './oid.ts';

/**
 * Gives the distribution points of a certificate, and behind them the one that every certificate has: a CRL of its
 * issuer (RFC 5280 §6.3.3, last paragraph).
 */
export function distributionPointsOf(certificate: Certificate): readonly DistributionPoint[] {
  const names: readonly GeneralName[] = [{ type: 'directoryName', name: certificate.issuer }];
  const implicit: DistributionPoint = {
    name: { type: 'full', names },
    reasons: allReasons,
    crlIssuer: undefined,
  };
  return [...(certificate.crlDistributionPoints ?? []), implicit];
}

/** Gives the names under which the CRL of a distribution point is issued. */
export function crlIssuersOf(point: DistributionPoint, certificate: Certificate): readonly Name[] {
  if (point.crlIssuer === undefined) return [certificate.issuer];
  return point.crlIssuer.flatMap((name) => (name.type === 'directoryName' ? [name.name] : []));
}

/**
 * Gives the reasons of revocation that a CRL covers for a certificate at one of its distribution points: RFC 5280
 * §6.3.3 (b) and (d).
 *
 * @returns a set of bits; 0 when the CRL does not cover the certificate
 */
export function coveredReasons(
  crl: CertificateList,
  certificate: Certificate,
  point: DistributionPoint,
): ReasonMask {
  const idp = crl.issuingDistributionPoint;
  const isIssuer = crlIssuersOf(point, certificate).some((name) => sameName(name, crl.issuer));
  if (!isIssuer || (point.crlIssuer !== undefined && !idp?.indirectCrl)) return 0;
  if (idp === undefined) return point.reasons;
  const isCa = certificate.basicConstraints?.ca ?? false;
  if ((idp.onlyContainsUserCerts && isCa) || (idp.onlyContainsCaCerts && !isCa)) return 0;
  if (idp.onlyContainsAttributeCerts || !matchesPoint(idp.name, crl, certificate, point)) return 0;
  return point.reasons & (idp.onlySomeReasons ?? allReasons);
}

// RFC 5280 §6.3.3 (b)(2)(i).
function matchesPoint(
  name: DistributionPointName | undefined,
  crl: CertificateList,
  certificate: Certificate,
  point: DistributionPoint,
): boolean {
  if (name === undefined) return true;
  const own = nameKeys(name, crl.issuer);
  const wanted =
    point.name === undefined
      ? (point.crlIssuer ?? []).map(generalNameKey)
      : crlIssuersOf(point, certificate).flatMap((issuer) => nameKeys(point.name!, issuer));
  return own.some((key) => wanted.includes(key));
}

/** A relative name stands below the name of the CRL's issuer, RFC 5280 §4.2.1.13. */
function nameKeys(name: DistributionPointName, issuer: Name): readonly string[] {
  if (name.type === 'full') return name.names.map(generalNameKey);
  return [`directoryName:${issuer.key}${name.rdnKey}`];
}

/** Tells whether a delta CRL can be laid over a complete one: RFC 5280 §5.2.4 and §6.3.3 (c). */
export function isDeltaOf(delta: CertificateList, complete: CertificateList): boolean {
  const { baseCrlNumber, crlNumber } = delta;
  if (baseCrlNumber === undefined || crlNumber === undefined || complete.crlNumber === undefined)
    return false;
  const scope = (crl: CertificateList) => findExtension(crl.extensions, oids.issuingDistributionPoint);
  const [deltaKey, completeKey] = [delta, complete].map((crl) => crl.authorityKeyIdentifier?.keyIdentifier);
  const isSameKey =
    deltaKey === undefined || completeKey === undefined
      ? deltaKey === completeKey
      : sameBytes(deltaKey, completeKey);
  return (
    sameName(delta.issuer, complete.issuer) &&
    sameExtension(scope(delta), scope(complete)) &&
    isSameKey &&
    compareCrlNumbers(complete.crlNumber, baseCrlNumber) >= 0 &&
    compareCrlNumbers(complete.crlNumber, crlNumber) < 0
  );
}
