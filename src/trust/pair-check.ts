import { canonicalAddress } from '../mime/address.ts';
import { type Certificate, certificateAddresses, certificateUses } from '../pki/certificate.ts';
import { oids } from '../pki/oid.ts';
import { type PathCode, validatePath } from '../pki/path.ts';
import { keyWeakness } from '../pki/strength.ts';
import type { CertificateUsage } from './certificate-file-name.ts';
import { TrustError } from './error.ts';
import type { TrustMaterial } from './trust-anchors.ts';

/** Why a certificate is not installed for a list or for the site; each may be accepted by its name. */
export const pairFaultCodes = {
  'address-differs': { meaning: 'The certificate does not name the address that it is to be installed for.' },
  'not-for-mail': {
    meaning: 'Key usage or extended key usage of the certificate does not allow the mail that it is for.',
  },
  'not-in-time': { meaning: 'The certificate has expired, or is not valid yet.' },
  'weak-key': { meaning: 'The key of the certificate is weaker than the policy allows.' },
  'not-trusted': {
    meaning:
      'No valid chain leads from the certificate to a trust anchor of the list or domain, which has some.',
  },
} as const satisfies Readonly<Record<string, { readonly meaning: string }>>;

export type PairFaultCode = keyof typeof pairFaultCodes;

/** One check that failed. */
export interface PairFault {
  readonly code: PairFaultCode;
  /** A clause for people. */
  readonly reason: string;
}

/** What is to be installed. */
export interface PairCheckInput {
  readonly certificate: Certificate;
  /** What stands behind the certificate in its file. */
  readonly chain: readonly Certificate[];
  readonly address: string;
  readonly usage: CertificateUsage;
  /** Without anchors the chain is not looked at; undefined where it does not matter, as for a self-signed pair. */
  readonly trust: TrustMaterial | undefined;
  readonly atMs: number;
}

/** Checks address, purpose, validity, strength and chain of a certificate of a list; gives every fault. */
export function checkPair(input: PairCheckInput): readonly PairFault[] {
  return [
    checkAddress(input),
    checkUse(input),
    checkTime(input),
    checkStrength(input),
    checkChain(input),
  ].filter((fault) => fault !== undefined);
}

/**
 * Refuses a pair with a fault that was not accepted.
 *
 * @param accepted codes that the operator accepts
 * @throws TrustError `pair-refused`, which names every fault
 */
export function refuseFaults(faults: readonly PairFault[], accepted: readonly string[]): void {
  const open = faults.filter(({ code }) => !accepted.includes(code));
  if (open.length === 0) return;
  const told = open.map(({ code, reason }) => `${code}: ${reason}`).join('; ');
  const hint = `nothing was written; to install it all the same: ${open.map(({ code }) => `--accept ${code}`).join(' ')}`;
  throw new TrustError('pair-refused', told, { hint });
}

function checkAddress({ certificate, address }: PairCheckInput): PairFault | undefined {
  const named = certificateAddresses(certificate).map(canonicalAddress);
  if (named.includes(address)) return undefined;
  const shown = named.length === 0 ? 'no address' : named.slice(0, 5).join(', ');
  return { code: 'address-differs', reason: `the certificate names ${shown}, not ${address}` };
}

function checkUse({ certificate, usage }: PairCheckInput): PairFault | undefined {
  const { extendedKeyUsage } = certificate;
  const mail = [oids.emailProtection, oids.anyExtendedKeyUsage];
  if (extendedKeyUsage !== undefined && !mail.some((oid) => extendedKeyUsage.includes(oid)))
    return { code: 'not-for-mail', reason: 'its extended key usage does not name the protection of e-mail' };
  const { sign, encrypt } = certificateUses(certificate);
  if (usage !== 'sign' && !encrypt)
    return { code: 'not-for-mail', reason: 'its key usage does not allow that mail is encrypted to it' };
  if (usage === 'sign' && !sign)
    return { code: 'not-for-mail', reason: 'its key usage does not allow that mail is signed with it' };
  return undefined;
}

function checkTime({
  certificate: { notBeforeMs, notAfterMs },
  atMs,
}: PairCheckInput): PairFault | undefined {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  if (atMs > notAfterMs) return { code: 'not-in-time', reason: `it expired on ${day(notAfterMs)}` };
  if (atMs < notBeforeMs) return { code: 'not-in-time', reason: `it is valid from ${day(notBeforeMs)} only` };
  return undefined;
}

function checkStrength({ certificate }: PairCheckInput): PairFault | undefined {
  const weakness = keyWeakness(certificate.spki);
  return weakness === undefined ? undefined : { code: 'weak-key', reason: weakness };
}

function checkChain({ certificate, chain, usage, trust, atMs }: PairCheckInput): PairFault | undefined {
  if (!trust || trust.trustAnchors.length === 0) return undefined;
  // What has a code of its own is not told twice.
  const inTime = Math.min(Math.max(atMs, certificate.notBeforeMs), certificate.notAfterMs);
  const path = { certificate, untrusted: chain, ...trust, atMs: inTime };
  let verdict = validatePath({ ...path, purpose: usage === 'sign' ? 'smimesign' : 'smimeencrypt' });
  if (verdict.status === 'invalid' && isOwnFault(verdict, certificate))
    verdict = validatePath({ ...path, purpose: 'any', legacy: true });
  if (verdict.status === 'valid') return undefined;
  const clause = verdict.reason.charAt(0).toLowerCase() + verdict.reason.slice(1).replace(/\.$/, '');
  return { code: 'not-trusted', reason: clause };
}

const ownFaults: ReadonlySet<PathCode> = new Set(['wrong-purpose', 'wrong-key-usage', 'weak-key']);

function isOwnFault(
  verdict: { readonly code: PathCode; readonly certificate?: Certificate },
  own: Certificate,
) {
  return ownFaults.has(verdict.code) && verdict.certificate?.sha256 === own.sha256;
}
