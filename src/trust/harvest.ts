import { canonicalAddress } from '../mime/address.ts';
import { type Certificate, certificateAddresses } from '../pki/certificate.ts';
import { type Purpose, validatePath } from '../pki/path.ts';
import type { OpenedMessage, SignerReport, Trust } from '../smime/open-message.ts';
import { preferenceOf } from '../smime/preferred-certificate.ts';
import { usageOf } from './certificate-check.ts';
import type { NewCertificate } from './user-certificates.ts';

/** A signing time further in the future than this is not believed (RFC 8551 §2.5.1 leaves the amount to us). */
const maxClockSkewMs = 10 * 60_000;
/** Certificates of one message beyond this number are not looked at. */
const maxBagCertificates = 32;

/** Why the certificate that a signature prefers is not kept, RFC 8551 §2.5.3. */
export type PreferenceFault = 'of-another-address' | 'not-for-encryption' | 'without-path' | 'not-sent-along';

/** What a message brings for its sender. */
export interface Harvest {
  readonly certificates: readonly NewCertificate[];
  readonly preferenceFault: PreferenceFault | null;
}

const nothing: Harvest = { certificates: [], preferenceFault: null };

/** A signer whom the message speaks for, and how certificates of the message are judged. */
interface Bag {
  readonly signer: SignerReport;
  readonly own: Certificate;
  readonly address: string;
  readonly certificates: readonly Certificate[];
  readonly trust: Trust;
  readonly atMs: number;
}

/**
 * Gives the certificates that a message brings for its sender: the signer's own, and one of the same address that
 * encrypts and has a valid path, since people with split pairs ship it along. Only a valid signature whose signer is the
 * sender brings anything. Where the signature itself names the certificate for encryption, no other counts: nothing
 * covers those that are merely in the message.
 */
export function harvestOf(opened: OpenedMessage, trust: Trust, atMs: number): Harvest {
  if (opened.authenticationMethod !== 'smime') return nothing;
  const [from] = opened.headerFrom;
  if (from === undefined) return nothing;
  const address = canonicalAddress(from);
  const signer = opened.signers.find((one) => one.status === 'valid' && names(one.certificate, address));
  if (!signer?.certificate) return nothing;
  const signingTimeMs = signer.signingTimeMs ?? null;
  if (signingTimeMs !== null && signingTimeMs > atMs + maxClockSkewMs) return nothing;
  const certificates = signer.certificates.slice(0, maxBagCertificates);
  const bag: Bag = { signer, own: signer.certificate, address, certificates, trust, atMs };
  const companions = companionsOf(bag);
  const found = [{ certificate: bag.own, isNamed: false }, ...companions.certificates];
  return {
    certificates: found.flatMap(({ certificate, isNamed }) => {
      const usage = usageOf(certificate);
      if (!usage) return [];
      const vouchedBy = isNamed ? bag.own.sha256 : undefined;
      const capabilities = signer.capabilities ?? null;
      const purpose = certificate === bag.own ? 'smimesign' : 'smimeencrypt';
      const authorities = authoritiesOf(certificate, bag, purpose);
      const issuer = authorities && (authorities[0] ?? certificate);
      const about = { usage, source: 'message', signingTimeMs, capabilities } as const;
      return [{ address, certificate, issuer, authorities: authorities ?? [], vouchedBy, ...about }];
    }),
    preferenceFault: companions.fault,
  };
}

interface Companions {
  readonly certificates: readonly { readonly certificate: Certificate; readonly isNamed: boolean }[];
  readonly fault: PreferenceFault | null;
}

function companionsOf(bag: Bag): Companions {
  const { certificates, own, address } = bag;
  const preference = preferenceOf(bag.signer, [own, ...certificates]);
  if (preference.status === 'not-sent-along') return { certificates: [], fault: 'not-sent-along' };
  // Programs name the signing certificate where they know no other, whatever it may be used for.
  const isOwn = preference.status === 'named' && preference.certificate.sha256 === own.sha256;
  if (preference.status === 'named' && !(isOwn && usageOf(own) === 'sign')) {
    const { certificate } = preference;
    if (isOwn) return { certificates: [], fault: null };
    const fault = preferenceFault(certificate, bag);
    return fault ? { certificates: [], fault } : { certificates: [{ certificate, isNamed: true }], fault };
  }
  const found = certificates.filter(
    (one) =>
      one.sha256 !== own.sha256 &&
      usageOf(one) === 'encrypt' &&
      names(one, address) &&
      authoritiesOf(one, bag, 'smimeencrypt') !== undefined,
  );
  return { certificates: found.map((certificate) => ({ certificate, isNamed: false })), fault: null };
}

function preferenceFault(named: Certificate, bag: Bag): PreferenceFault | null {
  if (!names(named, bag.address)) return 'of-another-address';
  const usage = usageOf(named);
  if (usage !== 'encrypt' && usage !== 'both') return 'not-for-encryption';
  return authoritiesOf(named, bag, 'smimeencrypt') ? null : 'without-path';
}

/** Gives the authorities above a certificate in its valid path; none are above an anchor. */
function authoritiesOf(
  certificate: Certificate,
  { certificates, trust, atMs }: Bag,
  purpose: Purpose,
): readonly Certificate[] | undefined {
  const untrusted = [...certificates, ...trust.untrusted];
  const verdict = validatePath({ ...trust, certificate, untrusted, atMs, purpose });
  return verdict.status === 'valid' ? verdict.path.slice(1) : undefined;
}

function names(certificate: Certificate | undefined, address: string): boolean {
  return (
    certificate !== undefined && certificateAddresses(certificate).map(canonicalAddress).includes(address)
  );
}
