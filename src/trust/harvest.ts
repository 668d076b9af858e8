import { canonicalAddress } from '../mime/address.ts';
import { type Certificate, certificateAddresses } from '../pki/certificate.ts';
import { validatePath } from '../pki/path.ts';
import type { OpenedMessage, SignerReport, Trust } from '../smime/open-message.ts';
import { usageOf } from './certificate-check.ts';
import type { NewCertificate } from './user-certificates.ts';

/** A signing time further in the future than this is not believed (RFC 8551 §2.5.1 leaves the amount to us). */
const maxClockSkewMs = 10 * 60_000;
/** Certificates of one message beyond this number are not looked at. */
const maxBagCertificates = 32;

/**
 * Gives the certificates that a message brings for its sender: the signer's own, and one of the same address that
 * encrypts and has a valid path, since people with split pairs ship it along.
 * Only a valid signature whose signer is the sender brings anything.
 */
export function certificatesToHarvest(
  opened: OpenedMessage,
  trust: Trust,
  atMs: number,
): readonly NewCertificate[] {
  if (opened.authenticationMethod !== 'smime') return [];
  const address = opened.headerFrom[0];
  if (address === undefined) return [];
  const canonical = canonicalAddress(address);
  const signer = opened.signers.find((one) => one.status === 'valid' && names(one.certificate, canonical));
  if (!signer?.certificate) return [];
  const signingTimeMs = signer.signingTimeMs ?? null;
  if (signingTimeMs !== null && signingTimeMs > atMs + maxClockSkewMs) return [];
  return [signer.certificate, ...companions(signer, canonical, trust, atMs)].flatMap((certificate) => {
    const usage = usageOf(certificate);
    if (!usage) return [];
    const capabilities = signer.capabilities ?? null;
    return [
      { address: canonical, certificate, usage, source: 'message', signingTimeMs, capabilities } as const,
    ];
  });
}

function companions(
  signer: SignerReport,
  address: string,
  trust: Trust,
  atMs: number,
): readonly Certificate[] {
  const bag = signer.certificates.slice(0, maxBagCertificates);
  const wanted = bag.filter(
    (one) => one.sha256 !== signer.certificate?.sha256 && usageOf(one) === 'encrypt' && names(one, address),
  );
  return wanted.filter((certificate) => {
    const untrusted = [...bag, ...trust.untrusted];
    const verdict = validatePath({ ...trust, certificate, untrusted, atMs, purpose: 'smimeencrypt' });
    return verdict.status === 'valid';
  });
}

function names(certificate: Certificate | undefined, address: string): boolean {
  return (
    certificate !== undefined && certificateAddresses(certificate).map(canonicalAddress).includes(address)
  );
}
