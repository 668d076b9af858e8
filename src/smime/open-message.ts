import { type Entity, parseEntity } from '../mime/entity.ts';
import { MimeError } from '../mime/error.ts';
import { cryptographicForm } from './cryptographic-form.ts';
import type { EncryptionState } from './enveloped-layer.ts';
import { type HeaderFrom, isSender, matchSender, readHeaderFrom, type SenderVerdict } from './header-from.ts';
import { type HeaderProtection, readHeaderProtection } from './header-protection.ts';
import type { Layer, SignedLayer, SignerReport } from './layer.ts';
import { type LayerOptions, openLayer } from './open-layer.ts';
import { OpenedContent } from './opened.ts';
import { invalidLayer, type SignatureVerdict, worstVerdict } from './signature-verdict.ts';

export type { DecryptionIdentity } from '../cms/open.ts';
export type { Layer, SignerReport } from './layer.ts';
export type { SignatureVerdict } from './signature-verdict.ts';
export type { Trust } from './trust.ts';

/** Signed, encrypted and compressed layers of one message, and wrappings that protect nothing. */
export const maxLayers = 8;

/** Keys, trust and time: everything by which a message is opened and judged. */
export type OpenOptions = LayerOptions;

/** What the message is outermost. */
export type MessageKind =
  | 'none'
  | 'clear-signed'
  | 'opaque-signed'
  | 'enveloped'
  | 'auth-enveloped'
  | 'compressed'
  | 'certs-only';

/** A message after its layers were opened, in memory. */
export interface OpenedMessage {
  readonly kind: MessageKind;
  /** From the outside in, root-down only. */
  readonly layers: readonly Layer[];
  readonly decryption: Omit<EncryptionState, 'status'> & {
    readonly status: 'none' | EncryptionState['status'];
  };
  /** The entity inside the innermost envelope, its bytes exactly; undefined when nothing was encrypted, or not all opened. */
  readonly payload: OpenedContent | undefined;
  /** The entity within all layers, as far as they could be opened; undefined where what is inside cannot be reached. */
  readonly innermost: OpenedContent | undefined;
  /** The verdict on the message as a whole: the worst of all its signed layers. */
  readonly signature: SignatureVerdict;
  /** Of the layers that speak for the body, the sender first; then those of the layers around them. */
  readonly signers: readonly SignerReport[];
  readonly headerFrom: readonly string[];
  /** Null without a signature. */
  readonly senderMatches: boolean | null;
  /** Why the signer is not taken for the sender; code and reason are null where there is nothing to say. */
  readonly sender: Pick<SenderVerdict, 'code' | 'reason'>;
  /** `smime` exactly when the signature is valid and a signer of the body is the sole From address. */
  readonly authenticationMethod: 'smtp' | 'smime';
  readonly headerProtection: HeaderProtection;
  /** The message looks signed or encrypted at its root: nothing in its body may be touched, whatever the verdict. */
  readonly protected: boolean;
}

/**
 * Opens a message: takes one layer after the other off from the root down, decrypts with the keys given, and judges every
 * signature. What lies deeper in the tree gives no status and is never decrypted (RFC 9787 §4, RFC 8551 §6).
 *
 * Where signatures lie inside each other, every one must hold. Those inside the innermost envelope speak for the body: whoever
 * signed outside of it may have put another's ciphertext into a message of his own. Where none lies inside, those outside
 * count: they cover what was encrypted to the letter. Of signatures that speak, each covers the whole body, so that the
 * sender may be the signer of any.
 *
 * @param raw the message as received
 * @param options keys, trust and the time that certificates are judged at
 * @throws MimeError where the message itself breaks a limit of the MIME reader
 */
export function openMessage(raw: Uint8Array, options: OpenOptions): OpenedMessage {
  const outer = parseEntity(raw);
  const opening = openLayers(raw, outer, options);
  const { layers, encryption, entity } = opening;
  const signed = layers.filter((layer) => layer.type === 'signed');
  const signature = messageVerdict(signed, opening.fault);
  const speaking = speakingLayers(layers);
  const from = readHeaderFrom(outer.header);
  const spoken = speaking.flatMap((layer) => layer.signers);
  const sender = spoken.length > 0 ? matchSender(from, spoken) : undefined;
  const isSigned = signature.status !== 'none';
  const protects = layers.some((layer) => layer.type !== 'compressed' && layer.type !== 'certs-only');
  return {
    kind: kindOf(layers[0]),
    layers,
    decryption: encryption ?? {
      status: 'none',
      contentEncryption: null,
      aead: false,
      contentDigest: null,
      keyDigest: null,
    },
    payload: encryption?.status === 'opened' ? opening.payload : undefined,
    innermost: opening.innermost,
    signature,
    signers: orderSigners(signed, speaking, from),
    headerFrom: from.addresses,
    senderMatches: isSigned ? (sender?.matches ?? false) : null,
    sender: { code: sender?.code ?? null, reason: sender?.reason ?? null },
    authenticationMethod: signature.status === 'valid' && sender?.matches ? 'smime' : 'smtp',
    headerProtection: readHeaderProtection({
      outer: outer.header,
      payload: protects ? entity : undefined,
      decrypted: encryption?.status === 'opened',
      validlySigned: signature.status === 'valid',
    }),
    protected: opening.protected,
  };
}

interface Opening {
  readonly layers: readonly Layer[];
  readonly encryption: EncryptionState | undefined;
  readonly payload: OpenedContent | undefined;
  readonly innermost: OpenedContent | undefined;
  /** The innermost entity; undefined where it cannot be reached or read. */
  readonly entity: Entity | undefined;
  readonly fault: SignatureVerdict | undefined;
  readonly protected: boolean;
}

function openLayers(raw: Uint8Array, outer: Entity, options: OpenOptions): Opening {
  let opening: Opening = {
    layers: [],
    encryption: undefined,
    payload: undefined,
    innermost: new OpenedContent(raw),
    entity: outer,
    fault: undefined,
    protected: false,
  };
  for (let depth = 0; opening.entity !== undefined; depth++) {
    const next = openNext(opening, opening.entity, depth, options);
    if (next === undefined) break;
    opening = next;
  }
  return opening;
}

/** Takes one layer off; undefined where there is none. */
function openNext(
  opening: Opening,
  entity: Entity,
  depth: number,
  options: OpenOptions,
): Opening | undefined {
  const form = readForm(entity);
  if (form === undefined) return { ...opening, entity: undefined, fault: invalidLayer('unreadable-content') };
  if (form.form === 'plain') return undefined;
  // Of another kind: no layer of ours, and nothing in it is looked at.
  if (form.form === 'foreign') return { ...opening, entity: undefined, protected: true };
  if (depth >= maxLayers) return { ...opening, ...tooDeep(opening.encryption) };
  const step = openLayer(form, options);
  if (step === undefined) return undefined;
  const innermost = step.inner && new OpenedContent(step.inner);
  const inner = step.inner && readEntity(step.inner);
  return {
    layers: step.layer ? [...opening.layers, step.layer] : opening.layers,
    encryption: step.encryption ?? opening.encryption,
    payload: step.encryption ? innermost : opening.payload,
    innermost,
    entity: inner,
    fault: step.inner && inner === undefined ? invalidLayer('unreadable-content') : opening.fault,
    protected: true,
  };
}

/** Nobody can tell what is further in, so nothing further out counts. */
function tooDeep(
  encryption: EncryptionState | undefined,
): Pick<Opening, 'fault' | 'encryption' | 'entity' | 'innermost'> {
  return {
    fault: invalidLayer('too-many-layers'),
    encryption: encryption && { ...encryption, status: 'failed' },
    entity: undefined,
    innermost: undefined,
  };
}

function readForm(entity: Entity): ReturnType<typeof cryptographicForm> | undefined {
  try {
    return cryptographicForm(entity);
  } catch (error) {
    if (error instanceof MimeError) return undefined;
    throw error;
  }
}

function readEntity(bytes: Uint8Array): Entity | undefined {
  try {
    return parseEntity(bytes);
  } catch (error) {
    if (error instanceof MimeError) return undefined;
    throw error;
  }
}

function messageVerdict(
  signed: readonly SignedLayer[],
  fault: SignatureVerdict | undefined,
): SignatureVerdict {
  const worst = worstVerdict(signed.map((layer) => layer.verdict));
  return fault && (worst.status !== 'none' || fault.code === 'too-many-layers') ? fault : worst;
}

/** The signed layers that speak for the body, the innermost first. */
function speakingLayers(layers: readonly Layer[]): readonly SignedLayer[] {
  const isSigned = (layer: Layer): layer is SignedLayer =>
    layer.type === 'signed' && layer.signers.length > 0;
  const envelope = layers.findLastIndex(
    (layer) => layer.type === 'enveloped' || layer.type === 'auth-enveloped',
  );
  const inside = layers.slice(envelope + 1).filter(isSigned);
  return (inside.length > 0 ? inside : layers.filter(isSigned)).toReversed();
}

function orderSigners(
  signed: readonly SignedLayer[],
  speaking: readonly SignedLayer[],
  from: HeaderFrom,
): readonly SignerReport[] {
  const own = speaking.flatMap((layer) => layer.signers);
  const others = signed.filter((layer) => !speaking.includes(layer)).flatMap((layer) => layer.signers);
  return [...own.toSorted((a, b) => Number(isSender(from, b)) - Number(isSender(from, a))), ...others];
}

function kindOf(layer: Layer | undefined): MessageKind {
  if (layer === undefined || layer.type === 'encrypted') return 'none';
  return layer.type === 'signed' ? `${layer.form}-signed` : layer.type;
}
