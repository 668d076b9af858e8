import { openCompressed } from '../cms/compressed-data.ts';
import { type ContentInfo, parseContentInfo } from '../cms/content-info.ts';
import { CmsError } from '../cms/error.ts';
import type { SignedData } from '../cms/signed-data.ts';
import { decodedBody, type Entity, entityBytes } from '../mime/entity.ts';
import { MimeError } from '../mime/error.ts';
import type { CmsClaim, CryptographicForm } from './cryptographic-form.ts';
import type { EncryptionState, OpenKeys } from './enveloped-layer.ts';
import { openEncryptedData, openEnvelope, unreadableEnvelope } from './enveloped-layer.ts';
import type { Layer } from './layer.ts';
import { invalidLayer, type SignatureVerdict } from './signature-verdict.ts';
import { judgeSignedData, unreadableSignedLayer } from './signed-layer.ts';
import type { VerifyOptions } from './signer-evidence.ts';

/** Everything that a layer may need to be opened and judged. */
export interface LayerOptions extends VerifyOptions, OpenKeys {}

/** What one layer is, and what lies in it. */
export interface LayerStep {
  /** Undefined for wrappings that protect nothing (id-data, DigestedData). */
  readonly layer: Layer | undefined;
  /** Bytes of the entity inside; undefined where it cannot be reached. */
  readonly inner: Uint8Array | undefined;
  /** Of an envelope. */
  readonly encryption?: EncryptionState;
}

type ClearForm = Extract<CryptographicForm, { form: 'clear' }>;
type CmsForm = Extract<CryptographicForm, { form: 'cms' }>;

/**
 * Opens the outermost layer of a form, and judges it.
 *
 * @returns the layer, and the entity inside; undefined for a file that only its name makes S/MIME and that is none
 */
export function openLayer(form: ClearForm | CmsForm, options: LayerOptions): LayerStep | undefined {
  return form.form === 'clear' ? openClearSigned(form, options) : openCms(form, options);
}

function openClearSigned({ parts, ambiguous }: ClearForm, options: LayerOptions): LayerStep {
  const [signed, signature] = parts;
  const inner = signed && entityBytes(signed);
  // RFC 1847 §2.1: exactly two parts, the first of them signed.
  if (signed === undefined || signature === undefined || parts.length !== 2)
    return { layer: unreadableSignedLayer('clear', invalidLayer('not-two-parts')), inner };
  const found = readSignature(signature);
  if ('status' in found) return { layer: unreadableSignedLayer('clear', found), inner };
  // RFC 8551 §3.5.3.1, RFC 5652 §5.2: content in a detached signature could be what was verified instead of the part.
  const attached = found.eContent === undefined ? undefined : invalidLayer('content-not-detached');
  const fault = attached ?? (ambiguous ? invalidLayer('ambiguous-header') : undefined);
  return { layer: judgeSignedData(found, { form: 'clear', content: inner, fault }, options), inner };
}

function readSignature(part: Entity): SignedData | SignatureVerdict {
  try {
    const info = parseContentInfo(decodedBody(part));
    return info.type === 'signed' ? info : invalidLayer('not-signed-data');
  } catch (error) {
    return verdictOfError(error);
  }
}

function verdictOfError(error: unknown): SignatureVerdict {
  if (error instanceof MimeError) return invalidLayer('unreadable-content');
  if (!(error instanceof CmsError)) throw error;
  return { status: 'invalid', code: error.code, reason: sentence(error.message) };
}

function openCms(form: CmsForm, options: LayerOptions): LayerStep | undefined {
  try {
    return openContentInfo(parseContentInfo(form.bytes), form, options);
  } catch (error) {
    if (!(error instanceof CmsError)) throw error;
    // What cannot be read is what it says it is, and failed; a mere file name says nothing.
    return form.claim === 'named' ? undefined : unreadable(form.claim, verdictOfError(error));
  }
}

function openContentInfo(info: ContentInfo, form: CmsForm, options: LayerOptions): LayerStep {
  switch (info.type) {
    case 'signed':
      return openSigned(info, form, options);
    case 'enveloped':
    case 'authEnveloped':
      return openEnvelope(info, options);
    case 'compressed':
      return { layer: { type: 'compressed', reason: null }, inner: openCompressed(info) };
    case 'encrypted':
      return openEncryptedData(info);
    case 'digested':
      return { layer: undefined, inner: info.eContent };
    case 'data':
      return { layer: undefined, inner: info.content };
    case 'other':
      return { layer: undefined, inner: undefined };
  }
}

function openSigned(info: SignedData, { ambiguous }: CmsForm, options: LayerOptions): LayerStep {
  const { certificates, eContent } = info;
  // RFC 8551 §3.8: certs-only has neither signer nor content.
  if (info.signerInfos.length === 0 && eContent === undefined)
    return { layer: { type: 'certs-only', certificates }, inner: undefined };
  const fault = ambiguous ? invalidLayer('ambiguous-header') : undefined;
  return {
    layer: judgeSignedData(info, { form: 'opaque', content: eContent, fault }, options),
    inner: eContent,
  };
}

function unreadable(claim: CmsClaim, verdict: SignatureVerdict): LayerStep {
  switch (claim) {
    case 'signed':
      return { layer: unreadableSignedLayer('opaque', verdict), inner: undefined };
    case 'compressed':
      return { layer: { type: 'compressed', reason: verdict.reason }, inner: undefined };
    case 'certs-only':
      return { layer: { type: 'certs-only', certificates: [] }, inner: undefined };
    case 'auth-enveloped':
      return unreadableEnvelope('auth-enveloped');
    default:
      return unreadableEnvelope('enveloped');
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}
