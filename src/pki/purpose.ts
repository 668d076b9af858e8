import { type Certificate, certificateUses } from './certificate.ts';
import type { KeyUsageBit } from './key-usage.ts';
import { oids } from './oid.ts';
import { type PathFault, pathFault } from './path-codes.ts';

/** What a certificate is wanted for. */
export type Purpose = 'smimesign' | 'smimeencrypt' | 'clientauth' | 'any';

/** The extended key usage of each purpose. */
const usages: Readonly<Record<Purpose, string | undefined>> = {
  smimesign: oids.emailProtection,
  smimeencrypt: oids.emailProtection,
  clientauth: oids.clientAuth,
  any: undefined,
};

/** The use of the key that each purpose asks for. */
const keyChecks: Readonly<Record<Purpose, (certificate: Certificate) => boolean>> = {
  smimesign: (certificate) => certificateUses(certificate).sign,
  smimeencrypt: (certificate) => certificateUses(certificate).encrypt,
  clientauth: ({ keyUsage }) => allows(keyUsage, 'digitalSignature') || allows(keyUsage, 'keyAgreement'),
  any: () => true,
};

function allows(keyUsage: ReadonlySet<KeyUsageBit> | undefined, bit: KeyUsageBit): boolean {
  return keyUsage === undefined || keyUsage.has(bit);
}

/**
 * Checks that the certificate itself serves a purpose, RFC 8550 §4.4.2 and §4.4.4, RFC 5280 §4.2.1.12.
 *
 * @returns a fault, or undefined
 */
export function checkPurpose(certificate: Certificate, purpose: Purpose): PathFault | undefined {
  const fault = checkIssuerPurpose(certificate, purpose);
  if (fault !== undefined) return fault;
  return keyChecks[purpose](certificate) ? undefined : pathFault('wrong-key-usage', certificate);
}

/**
 * Checks that an authority is not restricted to other purposes: an extended key usage in its certificate holds for what
 * it issues.
 *
 * @returns a fault, or undefined
 */
export function checkIssuerPurpose(certificate: Certificate, purpose: Purpose): PathFault | undefined {
  const usage = usages[purpose];
  const { extendedKeyUsage } = certificate;
  if (usage === undefined || extendedKeyUsage === undefined) return undefined;
  const isAllowed = extendedKeyUsage.includes(usage) || extendedKeyUsage.includes(oids.anyExtendedKeyUsage);
  return isAllowed ? undefined : pathFault('wrong-purpose', certificate);
}
