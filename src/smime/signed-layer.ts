import { capabilityNames } from '../cms/capability.ts';
import { namesThisCertificate } from '../cms/certificate-identifier.ts';
import type { SignedData, SignerInfo } from '../cms/signed-data.ts';
import { type SignerMathVerdict, signerCodes } from '../cms/signer-verdict.ts';
import { verifySignerInfo } from '../cms/verify.ts';
import { toCrlf } from '../mime/canonicalize.ts';
import { type Certificate, certificateAddresses } from '../pki/certificate.ts';
import { findExtension, sameExtension } from '../pki/certificate-extensions.ts';
import type { CertificateList } from '../pki/crl.ts';
import { sameName } from '../pki/name.ts';
import { formatName } from '../pki/name-text.ts';
import { oids } from '../pki/oid.ts';
import { type PathVerdict, validatePath } from '../pki/path.ts';
import type { SignedLayer, SignerReport } from './layer.ts';
import { invalidLayer, layerCodes, type SignatureVerdict, worstVerdict } from './signature-verdict.ts';
import type { Trust } from './trust.ts';

/** What signatures are judged with. */
export interface VerifyOptions {
  readonly trust: Trust;
  /** Trust is judged at this time, never at the signing time that the signer claims. RFC 8550 §2.3. */
  readonly atMs: number;
  readonly legacy?: boolean;
}

/** What is known of a signed structure before its signers are looked at. */
export interface SignedInput {
  readonly form: 'clear' | 'opaque';
  /** The bytes that were signed; undefined where there are none. */
  readonly content: Uint8Array | undefined;
  /** What is wrong with the structure whatever its signers say. */
  readonly fault: SignatureVerdict | undefined;
}

const noBytes = new Uint8Array(0);

/**
 * Judges every signer of a signed structure, and the structure as a whole: any bad signer makes it bad.
 *
 * @param signedData as it came
 * @param input the content and what is wrong around it
 */
export function judgeSignedData(
  signedData: SignedData,
  input: SignedInput,
  options: VerifyOptions,
): SignedLayer {
  const fault = input.fault ?? contentFault(signedData);
  const judge = (signerInfo: SignerInfo) =>
    judgeSigner(signedData, signerInfo, input.content, options, fault);
  const signers = signedData.signerInfos.map(judge);
  const digests = [...new Set(signers.map((signer) => signer.digestAlgorithm))];
  return {
    type: 'signed',
    form: input.form,
    digestAlgorithm: digests.length > 0 ? digests.join(', ') : null,
    signers,
    verdict: layerVerdict(signers, fault),
  };
}

/** The layer of a structure that cannot be read as signed data at all. */
export function unreadableSignedLayer(form: 'clear' | 'opaque', verdict: SignatureVerdict): SignedLayer {
  return { type: 'signed', form, digestAlgorithm: null, signers: [], verdict };
}

function layerVerdict(
  signers: readonly SignerReport[],
  fault: SignatureVerdict | undefined,
): SignatureVerdict {
  // Zero signers prove nothing: the message is unsigned, whatever else is wrong with it.
  if (signers.length === 0)
    return { status: 'none', code: 'no-signer', reason: layerCodes['no-signer'].meaning };
  return fault ?? worstVerdict(signers.map(verdictOf));
}

function verdictOf({ status, code, reason }: SignerReport): SignatureVerdict {
  if (status === 'valid' || code === null) return { status: 'valid', code: null, reason: null };
  return { status, code, reason: reason ?? '' };
}

/** RFC 8551 §2.4.2: what is signed is a MIME entity, of type id-data. */
function contentFault(signedData: SignedData): SignatureVerdict | undefined {
  return signedData.eContentType === oids.data ? undefined : invalidLayer('not-mail-content');
}

function judgeSigner(
  signedData: SignedData,
  signerInfo: SignerInfo,
  content: Uint8Array | undefined,
  options: VerifyOptions,
  fault: SignatureVerdict | undefined,
): SignerReport {
  const { certificate, math, path } = bestEvidence(signedData, signerInfo, content, options);
  return {
    ...judgement(math, path, fault),
    certificate,
    certificates: signedData.certificates,
    addresses: certificate ? certificateAddresses(certificate) : [],
    issuers: path?.status === 'valid' ? path.path.slice(1).map((issuer) => formatName(issuer.subject)) : [],
    signatureAlgorithm: math.signatureAlgorithm,
    digestAlgorithm: math.digestAlgorithm,
    signingTimeMs: math.signingTimeMs,
    ...announcements(math, path, fault),
  };
}

/** One certificate that a signer may mean, and how far it carries. */
interface Evidence {
  readonly certificate: Certificate | undefined;
  readonly math: SignerMathVerdict;
  /** Looked for only where the mathematics hold. */
  readonly path: PathVerdict | undefined;
}

/** Several certificates may bear one key or one key identifier (RFC 8551 §2.3); more than these are not tried. */
const maxCandidates = 8;

/** Tries each certificate that the signer names, and takes the first of those that carry furthest. */
function bestEvidence(
  signedData: SignedData,
  signerInfo: SignerInfo,
  content: Uint8Array | undefined,
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
    if (path?.status === 'valid') break;
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

/** RFC 8551 §2.7: capabilities and preferences are taken from valid signatures only. */
function announcements(
  math: SignerMathVerdict,
  path: PathVerdict | undefined,
  fault: SignatureVerdict | undefined,
): Pick<SignerReport, 'capabilities' | 'encryptionKeyPreference'> {
  if (math.status !== 'good' || path?.status !== 'valid' || fault !== undefined)
    return { capabilities: undefined, encryptionKeyPreference: undefined };
  return {
    capabilities: math.capabilities && capabilityNames(math.capabilities),
    encryptionKeyPreference: math.encryptionKeyPreference,
  };
}

function judgement(
  math: SignerMathVerdict,
  path: PathVerdict | undefined,
  fault: SignatureVerdict | undefined,
): Pick<SignerReport, 'status' | 'code' | 'reason'> {
  if (fault?.code) return { status: 'invalid', code: fault.code, reason: fault.reason };
  if (math.status === 'bad') return { status: 'invalid', code: math.code, reason: math.reason };
  if (path?.status === 'invalid') return { status: 'untrusted', code: path.code, reason: path.reason };
  return { status: 'valid', code: null, reason: null };
}

/** Tries the exact bytes; where only their digest is wrong, the canonical form, for mail whose lines end in bare LF. */
function verifyMath(
  signedData: SignedData,
  signerInfo: SignerInfo,
  content: Uint8Array | undefined,
  legacy: boolean,
): SignerMathVerdict {
  if (content === undefined)
    return withoutContent(verifySignerInfo(signedData, signerInfo, noBytes, { legacy }));
  const exact = verifySignerInfo(signedData, signerInfo, content, { legacy });
  if (exact.status === 'good' || exact.code !== 'digest-mismatch') return exact;
  // RFC 8551 §3.1.1: what was signed had CRLF, whatever a mail store made of it.
  const canonical = toCrlf(content);
  return canonical === content ? exact : verifySignerInfo(signedData, signerInfo, canonical, { legacy });
}

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
