import type { Certificate } from '../pki/certificate.ts';
import type { CertificateList } from '../pki/crl.ts';
import { sameBytes } from '../pki/der.ts';
import { formatName } from '../pki/name-text.ts';
import { validatePath } from '../pki/path.ts';
import type { JudgedTrust } from './site-trust.ts';

/**
 * Tells whether a revocation list at hand names this very certificate. It needs no path to an anchor: an operator's
 * certificate may have none, and the lists at hand were verified when they were fetched, or put there on purpose.
 *
 * @param between authorities that a path may lead over
 */
export function isRevokedBy(
  trust: JudgedTrust,
  certificate: Certificate,
  between: readonly Certificate[],
  atMs: number,
): boolean {
  const issuer = formatName(certificate.issuer);
  const mayName = trust.crls.filter(
    (list) => list.issuingDistributionPoint !== undefined || formatName(list.issuer) === issuer,
  );
  const naming = mayName.filter((list) => list.find(certificate.issuer, certificate.serialNumber));
  if (naming.length === 0) return false;
  const verdict = validatePath({
    ...trust,
    certificate,
    untrusted: between,
    crlCheck: 'present',
    atMs,
    purpose: 'any',
  });
  if (verdict.status === 'valid') return false;
  return (
    (verdict.code === 'revoked' && verdict.certificate?.sha256 === certificate.sha256) ||
    naming.some((list) => isOfSameKey(list, certificate))
  );
}

/** Two authorities may bear one name; the identifiers of their keys tell them apart. */
function isOfSameKey({ authorityKeyIdentifier: of }: CertificateList, certificate: Certificate): boolean {
  const own = certificate.authorityKeyIdentifier?.keyIdentifier;
  return own !== undefined && of?.keyIdentifier !== undefined && sameBytes(own, of.keyIdentifier);
}
