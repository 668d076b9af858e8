import type { Certificate } from '../pki/certificate.ts';
import type { Capability } from './capability.ts';
import type { EncryptionKeyPreference } from './encryption-key-preference.ts';

/** Why the mathematics or the CMS rules of one SignerInfo do not hold. */
export const signerCodes = {
  'bad-signature': {
    meaning: 'The signature does not fit the signed attributes and the key of the certificate.',
  },
  'digest-mismatch': {
    meaning: 'The content is not what was signed: its digest differs from messageDigest.',
  },
  'content-absent': { meaning: 'There is no content to verify the signature against.' },
  'no-signed-attributes': {
    meaning: 'The signature covers the content alone, without signed attributes, which S/MIME requires here.',
  },
  'malformed-attributes': {
    meaning:
      'The signed attributes are not DER, or one does not stand exactly once with one value, or is not signed.',
  },
  'content-type-mismatch': {
    meaning: 'The contentType attribute names another type than the signed content has.',
  },
  'ambiguous-content': {
    meaning:
      'The content is itself a DER set of attributes, so a signature over attributes could pass for one over content.',
  },
  'algorithm-mismatch': {
    meaning: 'cmsAlgorithmProtection or the key names other algorithms than the signer information does.',
  },
  'signing-certificate-mismatch': {
    meaning:
      'The signing-certificate attribute names another certificate than the one that verifies the signature.',
  },
  'certificate-missing': {
    meaning: 'No certificate that the signer information names was sent or is known.',
  },
  'weak-algorithm': { meaning: 'The digest, the key size or the curve is too weak for a signature today.' },
  'unsupported-algorithm': {
    meaning: 'The signature or digest algorithm is not one that can be verified here.',
  },
} as const satisfies Readonly<Record<string, { readonly meaning: string }>>;

export type SignerCode = keyof typeof signerCodes;

/** What can be said of a signer whatever the verdict. */
interface SignerFacts {
  /** Name such as `rsa-pkcs1-sha256`, `rsa-pss-sha256`, `ecdsa-sha256`, `ed25519`; the OID where unknown. */
  readonly signatureAlgorithm: string;
  /** Name such as `sha256`; the OID where unknown. */
  readonly digestAlgorithm: string;
  /** What the signer claims, ms since the epoch; proves nothing. */
  readonly signingTimeMs?: number;
}

/** What one SignerInfo is worth by mathematics and CMS rules alone; whether its certificate is trusted is decided elsewhere. */
export type SignerMathVerdict =
  | (SignerFacts & {
      readonly status: 'good';
      readonly certificate: Certificate;
      /** SMIMECapabilities in the signer's order of preference; undefined without the attribute. */
      readonly capabilities?: readonly Capability[];
      readonly encryptionKeyPreference?: EncryptionKeyPreference;
    })
  | (SignerFacts & {
      readonly status: 'bad';
      readonly code: SignerCode;
      /** One sentence; names no content. */
      readonly reason: string;
      /** The certificate that was tried last, where there was one. */
      readonly certificate?: Certificate;
    });
