import type { Certificate } from '../../src/pki/certificate.ts';
import type { CertificateList } from '../../src/pki/crl.ts';
import type { TrustOfTarget } from '../../src/trust/site-trust.ts';

/** What every list trusts; the same object until it is made anew, as `SiteTrust` gives it. */
export function trustOf(
  trustAnchors: readonly Certificate[],
  crls: readonly CertificateList[] = [],
): { for(): Promise<TrustOfTarget> } {
  const trust = { trustAnchors, crls, crlCheck: 'present', recordsSuffice: true } as const;
  return { for: async () => trust };
}
