import type { Certificate } from '../pki/certificate.ts';
import { type PathCode, pathCodes } from '../pki/path.ts';
import type { CertificateRecord } from '../store/certificates.ts';
import type { CertificateUsage } from './certificate-file-name.ts';
import { covers, effectiveTimeMs, isInUse } from './certificate-standing.ts';

/** The certificate that a message to one person is sealed with, or why there is none. */
export type EncryptionChoice =
  | {
      readonly status: 'found';
      readonly certificate: Certificate;
      readonly capabilities: readonly string[] | null;
    }
  | {
      readonly status: 'none';
      readonly code: 'no-certificate' | 'certificate-expired' | 'certificate-not-accepted';
      readonly reason: string;
    };

/** The same over stored certificates. */
export type RecordChoice =
  | { readonly status: 'found'; readonly record: CertificateRecord }
  | Extract<EncryptionChoice, { readonly status: 'none' }>;

/** Tells whether a certificate is in use, valid at a time, and may encrypt. */
export function mayEncrypt(record: CertificateRecord, nowMs: number): boolean {
  const isValid = record.notBefore <= nowMs && nowMs <= record.notAfter;
  return isValid && isInUse(record) && covers(record.usage, 'encrypt');
}

/**
 * Chooses among the certificates of one person: valid, with a path that counts, then of stronger capability, then newest.
 *
 * @param refused those that must not be used, by SHA-256
 */
export function chooseToEncrypt(
  records: readonly CertificateRecord[],
  refused: ReadonlyMap<string, PathCode>,
  nowMs: number,
): RecordChoice {
  const able = records.filter((record) => mayEncrypt(record, nowMs));
  const best = able
    .filter(({ sha256 }) => !refused.has(sha256))
    .toSorted(
      // Of a pair that came at once, the certificate for encryption alone is meant.
      (a, b) =>
        strength(b) - strength(a) || effectiveTimeMs(b) - effectiveTimeMs(a) || rank(a.usage) - rank(b.usage),
    )[0];
  if (best) {
    return { status: 'found', record: best };
  }
  if (able.length > 0) {
    return notAccepted(refused.get(able[0]!.sha256)!);
  }
  const isPutAside = records.some(
    (record) => record.status === 'untrusted' && covers(record.usage, 'encrypt'),
  );
  if (isPutAside) return notAccepted('no-path');
  const expired = records.some(
    (record) => record.status === 'expired' || (isInUse(record) && covers(record.usage, 'encrypt')),
  );
  return expired
    ? { status: 'none', code: 'certificate-expired', reason: 'the certificate on file has expired' }
    : { status: 'none', code: 'no-certificate', reason: 'no certificate that may encrypt is on file' };
}

function notAccepted(code: PathCode): RecordChoice {
  const reason = `the certificate on file is not accepted: ${pathCodes[code].meaning}`;
  return { status: 'none', code: 'certificate-not-accepted', reason };
}

function rank(usage: CertificateUsage): number {
  return usage === 'encrypt' ? 0 : 1;
}

const authenticatedCipher = /gcm|poly1305/;

/** Who announces authenticated encryption goes before who says nothing, and that one before who announces none. */
function strength({ capabilities }: CertificateRecord): number {
  if (capabilities === null) return 1;
  return capabilities.some((name) => authenticatedCipher.test(name)) ? 2 : 0;
}
