import type { SmimeaRecord } from '../directory/smimea.ts';
import { type Certificate, parseCertificate } from '../pki/certificate.ts';
import { PkiError } from '../pki/error.ts';
import { validatePath } from '../pki/path.ts';
import { sha256Hex, sha512Hex } from '../secrets.ts';
import type { Trust } from '../smime/trust.ts';

/** What associations are judged by. */
export interface AssociationContext {
  readonly records: readonly SmimeaRecord[];
  /** That of the site; certificates of the records are candidates for the way to an anchor. */
  readonly trust: Trust;
  readonly atMs: number;
}

/** A certificate that a record speaks for. */
export interface Associated {
  /** The authority above it, where its path was validated. */
  readonly issuer?: Certificate;
  /** Whether the record demands a path to an anchor of whoever uses the certificate. */
  readonly needsPath: boolean;
}

type Judge = (
  certificate: Certificate,
  record: SmimeaRecord,
  context: AssociationContext,
) => Associated | undefined;

/** What each usage demands (RFC 6698 §2.1.1). */
const judges: Readonly<Record<SmimeaRecord['usage'], Judge>> = {
  'pkix-ta': (certificate, record, { trust, atMs }) => {
    const path = validPath(certificate, trust, atMs);
    return path?.slice(1).some((above) => matches(record, above)) ? issuedBy(path, true) : undefined;
  },
  'pkix-ee': (certificate, record, { trust, atMs }) => {
    const path = matches(record, certificate) ? validPath(certificate, trust, atMs) : undefined;
    return path && issuedBy(path, true);
  },
  'dane-ta': (certificate, record, { records, trust, atMs }) => {
    const known = [...fullCertificates(records), ...trust.untrusted, ...trust.trustAnchors];
    const trustAnchors = known.filter((one) => one.sha256 !== certificate.sha256 && matches(record, one));
    const path = validPath(certificate, { ...trust, trustAnchors }, atMs);
    return path && issuedBy(path, false);
  },
  'dane-ee': (certificate, record) => (matches(record, certificate) ? { needsPath: false } : undefined),
};

/** Tells whether a record speaks for a certificate: the first that demands no path counts, else the first. */
export function associationOf(certificate: Certificate, context: AssociationContext): Associated | undefined {
  const untrusted = [...context.trust.untrusted, ...fullCertificates(context.records)];
  const within = { ...context, trust: { ...context.trust, untrusted } };
  const found = context.records.flatMap((record) => judges[record.usage](certificate, record, within) ?? []);
  return found.find(({ needsPath }) => !needsPath) ?? found[0];
}

/** Gives the certificates that stand in records in full; from a digest or a key none can be made. */
export function fullCertificates(records: readonly SmimeaRecord[]): readonly Certificate[] {
  return records.flatMap(({ selector, matchingType, data }) => {
    if (selector !== 'certificate' || matchingType !== 'full') return [];
    try {
      return [parseCertificate(data)];
    } catch (error) {
      if (error instanceof PkiError) return [];
      throw error;
    }
  });
}

const digests: Readonly<Record<SmimeaRecord['matchingType'], (bytes: Uint8Array) => string>> = {
  full: (bytes) => Buffer.from(bytes).toString('hex'),
  sha256: (bytes) => sha256Hex(bytes),
  sha512: (bytes) => sha512Hex(bytes),
};

/** Holds a certificate against the data of a record (RFC 6698 §2.1.2 and §2.1.3). */
function matches({ selector, matchingType, data }: SmimeaRecord, { der, spki }: Certificate): boolean {
  const selected = selector === 'certificate' ? der : spki;
  return digests[matchingType](selected) === Buffer.from(data).toString('hex');
}

function validPath(certificate: Certificate, trust: Trust, atMs: number): readonly Certificate[] | undefined {
  const verdict = validatePath({ ...trust, certificate, atMs, purpose: 'smimeencrypt' });
  return verdict.status === 'valid' ? verdict.path : undefined;
}

function issuedBy([certificate, above]: readonly Certificate[], needsPath: boolean): Associated {
  return { issuer: above ?? certificate!, needsPath };
}
