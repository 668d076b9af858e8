import type { CertificateRecord } from '../store/certificates.ts';
import { isOperatorsAct } from './certificate-change.ts';
import type { CertificateUsage } from './certificate-file-name.ts';

/** Tells whether a stored certificate is in use. */
export function isInUse(record: CertificateRecord): boolean {
  return record.status === 'trusted';
}

/** Tells whether a certificate is in use, or would be if a path led to an anchor. */
export function wasAccepted(record: CertificateRecord): boolean {
  return isInUse(record) || record.status === 'untrusted';
}

/** Tells whether a certificate of one usage can do all that one of another usage does. */
export function covers(usage: CertificateUsage, other: CertificateUsage): boolean {
  return usage === 'both' || usage === other;
}

/** The time by which certificates of one person compare: that of the signature, or of the operator's act. */
export function effectiveTimeMs(record: CertificateRecord): number {
  return record.signingTime ?? (isOperatorsAct(record.source) ? record.updatedAt : 0);
}
