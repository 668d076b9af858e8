import { attributesToDigest } from '../cms/attribute.ts';
import { capabilityNames } from '../cms/capability.ts';
import type { SignedData, SignerInfo } from '../cms/signed-data.ts';
import type { SignerMathVerdict } from '../cms/signer-verdict.ts';
import { certificateAddresses } from '../pki/certificate.ts';
import { formatName } from '../pki/name-text.ts';
import { oids } from '../pki/oid.ts';
import type { PathVerdict } from '../pki/path.ts';
import type { SignedLayer, SignerReport } from './layer.ts';
import { invalidLayer, layerCodes, type SignatureVerdict, worstVerdict } from './signature-verdict.ts';
import { bestEvidence, detachedContent, type SignedContent, type VerifyOptions } from './signer-evidence.ts';

/** What is known of a signed structure before its signers are looked at. */
export interface SignedInput {
  readonly form: 'clear' | 'opaque';
  /** The bytes that were signed; undefined where there are none. */
  readonly content: Uint8Array | undefined;
  /** What is wrong with the structure whatever its signers say. */
  readonly fault: SignatureVerdict | undefined;
}

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
  const content = signedContent(input);
  const judge = (signerInfo: SignerInfo) => judgeSigner(signedData, signerInfo, content, options, fault);
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

function signedContent({ form, content }: SignedInput): SignedContent | undefined {
  if (content === undefined) return undefined;
  return form === 'clear' ? detachedContent(content) : { exact: content };
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
  content: SignedContent | undefined,
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
    signedAttrs: signerInfo.signedAttrs && attributesToDigest(signerInfo.signedAttrs.raw),
    ...announcements(math, path, fault),
  };
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
