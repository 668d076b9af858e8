import type { KeyObject } from 'node:crypto';
import { SsympaError } from '../errors.ts';
import { type Certificate, publicKeyOf } from '../pki/certificate.ts';
import { sameBytes } from '../pki/der.ts';
import { oids } from '../pki/oid.ts';
import { isSameAlgorithm } from './algorithm-protection.ts';
import { looksLikeSignedAttributes } from './attribute.ts';
import { namesThisCertificate } from './certificate-identifier.ts';
import { computeDigest, type Digest, findDigest } from './digest.ts';
import { isUsableKey, isWeakSignature } from './key-strength.ts';
import { findScheme, type SignatureScheme } from './signature-scheme.ts';
import { checkUnsignedAttributes, readSignedAttributes, type SignedAttributes } from './signed-attributes.ts';
import type { SignedData, SignerInfo } from './signed-data.ts';
import { type SignerCode, type SignerMathVerdict, signerCodes } from './signer-verdict.ts';
import { isNamedCertificate } from './signing-certificate.ts';

/** How signatures are judged. */
export interface VerifyOptions {
  /** Accepts MD5, SHA-1, DSA, short RSA keys and small curves. Default false. */
  readonly legacy?: boolean;
  /** Certificates known from elsewhere, for a signer who sent none. */
  readonly certificates?: readonly Certificate[];
}

/** Several certificates may have one subject key identifier; more than these are not tried. */
const maxCandidates = 8;

/**
 * Verifies one SignerInfo by mathematics and the rules of CMS, RFC 5652 §5.4, §5.6.
 *
 * Whether the certificate is trusted, and whether it is the sender's, is decided elsewhere.
 *
 * @param content what was signed: the eContent, or the detached bytes in canonical form
 * @returns a verdict; never throws for what the message says
 */
export function verifySignerInfo(
  signedData: SignedData,
  signerInfo: SignerInfo,
  content: Uint8Array,
  options: VerifyOptions = {},
): SignerMathVerdict {
  const digest = findDigest(signerInfo.digestAlgorithm.oid);
  const scheme =
    digest === undefined ? 'unsupported-algorithm' : findScheme(signerInfo.signatureAlgorithm, digest);
  const named: Names = {
    signatureAlgorithm: typeof scheme === 'string' ? signerInfo.signatureAlgorithm.oid : scheme.name,
    digestAlgorithm: digest?.name ?? signerInfo.digestAlgorithm.oid,
  };
  // A signature over the content alone can be made from one over attributes, and the other way round.
  if (signerInfo.signedAttrs === undefined) return bad(named, 'no-signed-attributes');
  const attributes = attributesOf(signerInfo);
  if (attributes === undefined) return bad(named, 'malformed-attributes');
  const facts =
    attributes.signingTimeMs === undefined ? named : { ...named, signingTimeMs: attributes.signingTimeMs };
  if (typeof scheme === 'string') return bad(facts, scheme);
  const wrong = checkContent(signedData, signerInfo, attributes, digest!, content);
  if (wrong !== undefined) return bad(facts, wrong);
  return verifyByCertificates(signedData, signerInfo, attributes, scheme, facts, options);
}

/** What every verdict of a signer begins with. */
type Names = Pick<SignerMathVerdict, 'signatureAlgorithm' | 'digestAlgorithm' | 'signingTimeMs'>;

function bad(facts: Names, code: SignerCode, certificate?: Certificate): SignerMathVerdict {
  const { meaning: reason } = signerCodes[code];
  return { ...facts, status: 'bad', code, reason, ...(certificate === undefined ? {} : { certificate }) };
}

function attributesOf(signerInfo: SignerInfo): SignedAttributes | undefined {
  try {
    if (signerInfo.unsignedAttrs !== undefined) checkUnsignedAttributes(signerInfo.unsignedAttrs);
    return readSignedAttributes(signerInfo.signedAttrs!);
  } catch (error) {
    if (error instanceof SsympaError) return undefined;
    throw error;
  }
}

function checkContent(
  signedData: SignedData,
  signerInfo: SignerInfo,
  attributes: SignedAttributes,
  digest: Digest,
  content: Uint8Array,
): SignerCode | undefined {
  // RFC 5652 §11.1
  if (attributes.contentType !== signedData.eContentType) return 'content-type-mismatch';
  // RFC 5652 §5.4, §11.2
  if (!sameBytes(computeDigest(digest, content), attributes.messageDigest)) return 'digest-mismatch';
  if (signedData.eContentType === oids.data && looksLikeSignedAttributes(content)) return 'ambiguous-content';
  // RFC 6211 §2
  const { algorithmProtection } = attributes;
  if (algorithmProtection === undefined) return undefined;
  return isSameAlgorithm(algorithmProtection.digestAlgorithm, signerInfo.digestAlgorithm) &&
    isSameAlgorithm(algorithmProtection.signatureAlgorithm, signerInfo.signatureAlgorithm)
    ? undefined
    : 'algorithm-mismatch';
}

/** Tries every certificate that the signer may mean; the best outcome counts, or else the first. */
function verifyByCertificates(
  signedData: SignedData,
  signerInfo: SignerInfo,
  attributes: SignedAttributes,
  scheme: SignatureScheme,
  facts: Names,
  options: VerifyOptions,
): SignerMathVerdict {
  const candidates = candidatesOf(signedData, signerInfo, options);
  let first: SignerMathVerdict | undefined;
  for (const certificate of candidates) {
    const code = verifyWith(certificate, signerInfo, attributes, scheme, options.legacy ?? false);
    if (code === undefined) return good(facts, certificate, attributes);
    const verdict = bad(facts, code, certificate);
    // A signature that fits but breaks a rule says more than one that does not fit.
    if (first === undefined || (first.status === 'bad' && first.code === 'bad-signature')) first = verdict;
  }
  return first ?? bad(facts, 'certificate-missing');
}

function good(facts: Names, certificate: Certificate, attributes: SignedAttributes): SignerMathVerdict {
  const { capabilities, encryptionKeyPreference } = attributes;
  return {
    ...facts,
    status: 'good',
    certificate,
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(encryptionKeyPreference === undefined ? {} : { encryptionKeyPreference }),
  };
}

function candidatesOf(
  signedData: SignedData,
  signerInfo: SignerInfo,
  options: VerifyOptions,
): readonly Certificate[] {
  const found = new Map<string, Certificate>();
  for (const certificate of [...signedData.certificates, ...(options.certificates ?? [])]) {
    if (namesThisCertificate(signerInfo.sid, certificate)) found.set(certificate.sha256, certificate);
  }
  return [...found.values()].slice(0, maxCandidates);
}

function verifyWith(
  certificate: Certificate,
  signerInfo: SignerInfo,
  attributes: SignedAttributes,
  scheme: SignatureScheme,
  legacy: boolean,
): SignerCode | undefined {
  const publicKey = keyOf(certificate);
  if (publicKey === undefined) return 'unsupported-algorithm';
  const keyType = publicKey.asymmetricKeyType ?? '';
  if (!scheme.keyTypes.includes(keyType)) return 'algorithm-mismatch';
  if (!isUsableKey(publicKey)) return 'unsupported-algorithm';
  if (!isSignedBy(scheme, attributes.toVerify, publicKey, signerInfo.signature)) return 'bad-signature';
  // RFC 5035 §5.4
  if (!attributes.certificateHashes.every((named) => isNamedCertificate(named, certificate))) {
    return 'signing-certificate-mismatch';
  }
  return isWeakSignature(certificate, scheme.digest, legacy) ? 'weak-algorithm' : undefined;
}

function keyOf(certificate: Certificate): KeyObject | undefined {
  try {
    return publicKeyOf(certificate);
  } catch (error) {
    if (error instanceof SsympaError) return undefined;
    throw error;
  }
}

function isSignedBy(
  scheme: SignatureScheme,
  data: Uint8Array,
  publicKey: KeyObject,
  signature: Uint8Array,
): boolean {
  try {
    return scheme.verify(data, publicKey, signature);
  } catch {
    // OpenSSL refuses a malformed signature or parameters that the key forbids by an exception.
    return false;
  }
}
