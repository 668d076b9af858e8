import type { RecipientDescription } from '../cms/describe.ts';
import type { EncryptionKeyPreference } from '../cms/encryption-key-preference.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { SignatureCode, SignatureVerdict } from './signature-verdict.ts';

/** What one signer of a layer is worth, mathematics and trust together. */
export interface SignerReport {
  readonly status: 'valid' | 'untrusted' | 'invalid';
  readonly code: SignatureCode | null;
  /** One plain sentence; null for a valid signer. */
  readonly reason: string | null;
  /** The certificate that verifies the signature, or that was tried last. */
  readonly certificate: Certificate | undefined;
  /** Every certificate that came with the signature. */
  readonly certificates: readonly Certificate[];
  /** Addresses that the certificate names. */
  readonly addresses: readonly string[];
  /** Issuer names along the certification path, issuer of the signer first; empty without a valid path. */
  readonly issuers: readonly string[];
  readonly signatureAlgorithm: string;
  readonly digestAlgorithm: string;
  /** What the signer claims, ms since the epoch; proves nothing. */
  readonly signingTimeMs: number | undefined;
  /** The signed attributes in DER: digest of the content and signing time, so that they name this one signature. */
  readonly signedAttrs: Uint8Array | undefined;
  /** Names of announced capabilities in the signer's order of preference; of a valid signer only. */
  readonly capabilities: readonly string[] | undefined;
  /** Of a valid signer only. */
  readonly encryptionKeyPreference: EncryptionKeyPreference | undefined;
}

/** A signature around everything further in. */
export interface SignedLayer {
  readonly type: 'signed';
  readonly form: 'clear' | 'opaque';
  /** Names of the digests that the signers used, each once; null where there is none. */
  readonly digestAlgorithm: string | null;
  readonly signers: readonly SignerReport[];
  readonly verdict: SignatureVerdict;
}

/** An envelope around everything further in. `encrypted` is CMS EncryptedData, whose key is agreed elsewhere. */
export interface EnvelopedLayer {
  readonly type: 'enveloped' | 'auth-enveloped' | 'encrypted';
  /** Name such as `aes-256-gcm`; the OID where unknown; null where the structure cannot be read. */
  readonly contentEncryption: string | null;
  readonly decrypted: boolean;
  /** One plain sentence, the same for every kind of failure (RFC 3218 §2.3); null where it was decrypted. */
  readonly reason: string | null;
  readonly recipients: readonly RecipientDescription[];
}

/** Compression around everything further in. */
export interface CompressedLayer {
  readonly type: 'compressed';
  /** Why it could not be inflated; null where it was. */
  readonly reason: string | null;
}

/** Certificates without signer and content. RFC 8551 §3.8. */
export interface CertsOnlyLayer {
  readonly type: 'certs-only';
  readonly certificates: readonly Certificate[];
}

/** One cryptographic layer, root-down. */
export type Layer = SignedLayer | EnvelopedLayer | CompressedLayer | CertsOnlyLayer;
