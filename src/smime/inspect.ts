import { formatName } from '../pki/name-text.ts';
import type { Layer, SignerReport } from './layer.ts';
import type { OpenedMessage } from './open-message.ts';

/** A value that JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * Describes an opened message for people and scripts: kinds, algorithms, signers, verdicts, and the protected header
 * fields; nothing of the body.
 *
 * @returns the JSON of `smime inspect`, whose keys are a contract
 */
export function inspectJson(opened: OpenedMessage): { readonly [key: string]: JsonValue } {
  const { mode, subject, from, to, date, scheme, status, confidential, fromDiffers } =
    opened.headerProtection;
  return {
    kind: opened.kind,
    layers: opened.layers.map(layerJson),
    signature: { ...opened.signature },
    headerFrom: opened.headerFrom,
    senderMatches: opened.senderMatches,
    sender: { ...opened.sender },
    authenticationMethod: opened.authenticationMethod,
    decryption: { ...opened.decryption },
    headerProtection: { mode, subject, from, to, date, scheme, status, confidential, fromDiffers },
  };
}

function layerJson(layer: Layer): JsonValue {
  switch (layer.type) {
    case 'signed':
      return {
        type: 'signed',
        form: layer.form,
        digestAlgorithm: layer.digestAlgorithm,
        signers: layer.signers.map(signerJson),
        status: layer.verdict.status,
        code: layer.verdict.code,
        reason: layer.verdict.reason,
      };
    case 'compressed':
      return { type: 'compressed', reason: layer.reason };
    case 'certs-only':
      return {
        type: 'certs-only',
        certificates: layer.certificates.map((certificate) => ({
          subject: formatName(certificate.subject),
          issuer: formatName(certificate.issuer),
          serial: certificate.serial,
          sha256: certificate.sha256,
        })),
      };
    default:
      return { ...layer, recipients: layer.recipients.map((recipient) => ({ ...recipient })) };
  }
}

function signerJson(signer: SignerReport): JsonValue {
  const { certificate } = signer;
  return {
    subject: certificate ? formatName(certificate.subject) : null,
    issuer: certificate ? formatName(certificate.issuer) : null,
    serial: certificate?.serial ?? null,
    sha256: certificate?.sha256 ?? null,
    addresses: signer.addresses,
    signatureAlgorithm: signer.signatureAlgorithm,
    digestAlgorithm: signer.digestAlgorithm,
    signingTime: signer.signingTimeMs === undefined ? null : isoTime(signer.signingTimeMs),
    capabilities: signer.capabilities ?? null,
    status: signer.status,
    code: signer.code,
    reason: signer.reason,
  };
}

/** Seconds are all that ASN.1 times have here. */
function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
