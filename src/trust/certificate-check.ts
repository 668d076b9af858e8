import { canonicalAddress } from '../mime/address.ts';
import { type Certificate, certificateAddresses, certificateUses } from '../pki/certificate.ts';
import { keyWeakness } from '../pki/strength.ts';
import type { CertificateUsage } from './certificate-file-name.ts';
import { TrustError } from './error.ts';

/**
 * Tells what a certificate may be used for by its key usage and extended key usage.
 *
 * @returns `undefined` when it may be used for neither signing nor encrypting mail
 */
export function usageOf(certificate: Certificate): CertificateUsage | undefined {
  const { sign, encrypt } = certificateUses(certificate);
  if (sign && encrypt) return 'both';
  if (sign) return 'sign';
  return encrypt ? 'encrypt' : undefined;
}

/**
 * Checks a certificate that an operator imports or drops into the folder: address, key usage, validity and strength,
 * but no path to an anchor, since the operator's act is the trust.
 *
 * @param address the canonical address that it is to be kept for
 * @param wanted what the name of the file says, `both` for no suffix
 * @returns the usage that it is kept with
 * @throws TrustError with the first check that fails
 */
export function checkOperatorCertificate(
  certificate: Certificate,
  address: string,
  wanted: CertificateUsage,
  atMs: number,
): CertificateUsage {
  const addresses = certificateAddresses(certificate).map(canonicalAddress);
  if (!addresses.includes(address)) {
    const named = addresses.length > 0 ? addresses.join(', ') : 'no address';
    throw new TrustError('address-not-in-certificate', `the certificate names ${named}, not ${address}`);
  }
  const usage = usageOf(certificate);
  if (!usage) throw new TrustError('no-mail-usage', 'the certificate may neither sign nor encrypt mail');
  if (wanted !== 'both' && usage !== 'both' && usage !== wanted)
    throw new TrustError('usage-differs', `the certificate may ${usage} only, and the name says ${wanted}`);
  checkValidity(certificate, atMs);
  const weak = keyWeakness(certificate.spki);
  if (weak) throw new TrustError('weak-certificate', weak);
  // Whoever names a certificate of both uses `@enc` or `@sign` wants it used for that alone.
  return wanted === 'both' ? usage : wanted;
}

function checkValidity(certificate: Certificate, atMs: number): void {
  if (atMs > certificate.notAfterMs) {
    const day = new Date(certificate.notAfterMs).toISOString().slice(0, 10);
    throw new TrustError('certificate-expired', `the certificate expired on ${day}`);
  }
  if (atMs < certificate.notBeforeMs) {
    const day = new Date(certificate.notBeforeMs).toISOString().slice(0, 10);
    throw new TrustError('certificate-not-yet-valid', `the certificate is valid from ${day} only`);
  }
}
