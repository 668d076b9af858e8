import { namesThisCertificate } from '../cms/certificate-identifier.ts';
import type { SignedData, SignerInfo } from '../cms/signed-data.ts';
import { type SignerCode, type SignerMathVerdict, signerCodes } from '../cms/signer-verdict.ts';
import { verifySignerInfo } from '../cms/verify.ts';
import { toCrlf } from '../mime/canonicalize.ts';
import type { Certificate } from '../pki/certificate.ts';
import { findExtension, sameExtension } from '../pki/certificate-extensions.ts';
import type { CertificateList } from '../pki/crl.ts';
import { sameName } from '../pki/name.ts';
import { oids } from '../pki/oid.ts';
import { type PathVerdict, validatePath } from '../pki/path.ts';
import type { Trust } from './trust.ts';

/** What signatures are judged with. */
export interface VerifyOptions {
  readonly trust: Trust;
  /** Trust is judged at this time, never at the signing time that the signer claims. RFC 8550 §2.3. */
  readonly atMs: number;
  readonly legacy?: boolean;
}

/** The bytes that were signed. */
export interface SignedContent {
  readonly exact: Uint8Array;
  /** With every line ended by CRLF; undefined where only the exact bytes can be meant. */
  readonly canonical?: () => Uint8Array;
}

/** One certificate that a signer may mean, and how far it carries. */
export interface Evidence {
  readonly certificate: Certificate | undefined;
  readonly math: SignerMathVerdict;
  /** Looked for only where the mathematics hold. */
  readonly path: PathVerdict | undefined;
}

/** Content beside its signature: mail stores change its line ends, so that the canonical form is tried as well. */
export function detachedContent(exact: Uint8Array): SignedContent {
  let canonical: Uint8Array | undefined;
  return {
    exact,
    // RFC 8551 §3.1.1: what was signed had CRLF, whatever a mail store made of it.
    canonical: () => {
      canonical ??= toCrlf(exact);
      return canonical;
    },
  };
}

/** Several certificates may bear one key or one key identifier (RFC 8551 §2.3); each costs a digest of the content. */
const maxCandidates = 4;

/** What another certificate of the same signer may put right; all other faults lie in the message. */
const certificateFaults: ReadonlySet<SignerCode> = new Set([
  'bad-signature',
  'algorithm-mismatch',
  'signing-certificate-mismatch',
  'weak-algorithm',
  'unsupported-algorithm',
]);

/**
 * Verifies a signer with each certificate that it may mean, and takes the first of those that carry furthest.
 *
 * @param content undefined where the structure has none
 */
export function bestEvidence(
  signedData: SignedData,
  signerInfo: SignerInfo,
  content: SignedContent | undefined,
  options: VerifyOptions,
): Evidence {
  const candidates = candidatesOf(signedData, signerInfo, options.trust);
  let best: Evidence | undefined;
  for (const certificate of candidates.length > 0 ? candidates : [undefined]) {
    const alone = { ...signedData, certificates: certificate ? [certificate] : [] };
    const math = verifyMath(alone, signerInfo, content, options.legacy ?? false);
    const path = math.status === 'good' ? findPath(math.certificate, signedData, options) : undefined;
    const evidence = { certificate, math, path };
    if (best === undefined || rankOf(evidence) > rankOf(best)) best = evidence;
    const final = math.status === 'good' ? path?.status === 'valid' : !certificateFaults.has(math.code);
    if (final) break;
  }
  return best!;
}

/** A signature that fits but breaks a rule says more than one that does not fit. */
function rankOf({ math, path }: Evidence): number {
  if (path?.status === 'valid') return 3;
  if (math.status === 'good') return 2;
  return math.code === 'bad-signature' ? 0 : 1;
}

/** Messages may come without certificates (RFC 8551 §2.3): what the verifier knows is tried after what they bring. */
function candidatesOf(signedData: SignedData, { sid }: SignerInfo, trust: Trust): readonly Certificate[] {
  const known = [...signedData.certificates, ...trust.untrusted, ...trust.trustAnchors];
  const named = known.filter((certificate) => namesThisCertificate(sid, certificate));
  return [...new Map(named.map((certificate) => [certificate.sha256, certificate])).values()].slice(
    0,
    maxCandidates,
  );
}

/** Tries the exact bytes; where only their digest is wrong, the canonical form. */
function verifyMath(
  signedData: SignedData,
  signerInfo: SignerInfo,
  content: SignedContent | undefined,
  legacy: boolean,
): SignerMathVerdict {
  if (content === undefined)
    return withoutContent(verifySignerInfo(signedData, signerInfo, noBytes, { legacy }));
  const exact = verifySignerInfo(signedData, signerInfo, content.exact, { legacy });
  if (exact.status === 'good' || exact.code !== 'digest-mismatch') return exact;
  const canonical = content.canonical?.() ?? content.exact;
  return canonical === content.exact
    ? exact
    : verifySignerInfo(signedData, signerInfo, canonical, { legacy });
}

const noBytes = new Uint8Array(0);

function withoutContent({
  signatureAlgorithm,
  digestAlgorithm,
  signingTimeMs,
}: SignerMathVerdict): SignerMathVerdict {
  const facts = {
    signatureAlgorithm,
    digestAlgorithm,
    ...(signingTimeMs === undefined ? {} : { signingTimeMs }),
  };
  return { ...facts, status: 'bad', code: 'content-absent', reason: signerCodes['content-absent'].meaning };
}

function findPath(certificate: Certificate, signedData: SignedData, options: VerifyOptions): PathVerdict {
  const { trust, atMs, legacy = false } = options;
  return validatePath({
    certificate,
    untrusted: [...signedData.certificates, ...trust.untrusted],
    trustAnchors: trust.trustAnchors,
    crls: newestLists(trust.crls, signedData.crls),
    crlCheck: trust.crlCheck,
    atMs,
    purpose: 'smimesign',
    legacy,
  });
}

/** RFC 8550 §2.2: lists that come by mail count, but an old one never stands in for a newer one that we have. */
function newestLists(
  own: readonly CertificateList[],
  fromMessage: readonly CertificateList[],
): readonly CertificateList[] {
  const isSuperseded = (list: CertificateList) =>
    own.some((one) => one.thisUpdateMs >= list.thisUpdateMs && hasSameScope(one, list));
  return [...own, ...fromMessage.filter((list) => !isSuperseded(list))];
}

function hasSameScope(a: CertificateList, b: CertificateList): boolean {
  const scopes = [oids.issuingDistributionPoint, oids.deltaCrlIndicator];
  return (
    sameName(a.issuer, b.issuer) &&
    scopes.every((oid) => sameExtension(findExtension(a.extensions, oid), findExtension(b.extensions, oid)))
  );
}
