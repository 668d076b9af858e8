import type { DecryptionIdentity } from '../../src/cms/open.ts';
import type { Certificate } from '../../src/pki/certificate.ts';
import { inspectJson, type JsonValue } from '../../src/smime/inspect.ts';
import { messageFromFile } from '../../src/smime/message-input.ts';
import { type OpenedMessage, openMessage } from '../../src/smime/open-message.ts';
import { sha256 } from './cms-layers.ts';

/** Everything that the messages of one corpus are opened and judged with. */
export interface CorpusKeys {
  readonly identities?: readonly DecryptionIdentity[];
  readonly trustAnchors: readonly Certificate[];
  readonly untrusted?: readonly Certificate[];
  readonly atMs: number;
  readonly legacy?: boolean;
}

/** Opens a file of a corpus the way that `smime inspect` does. */
export function openCorpusMessage(bytes: Uint8Array, keys: CorpusKeys): OpenedMessage {
  const { identities = [], trustAnchors, untrusted = [], atMs, legacy = true } = keys;
  const trust = { trustAnchors, untrusted, crls: [], crlCheck: 'present' } as const;
  return openMessage(messageFromFile(bytes), { identities, trust, atMs, legacy });
}

/** A layer as the tables of the corpora tell it. */
export interface TableLayer {
  readonly path?: string;
  readonly layer: string;
  readonly inside?: string;
  readonly signatureType?: string;
  readonly signature?: 'good' | 'bad';
  readonly signer?: { readonly sha256: string; readonly emails?: readonly string[] };
  readonly chain?: 'trusted' | 'untrusted';
  readonly digest?: readonly string[];
  readonly signers?: number;
  readonly decrypted?: boolean;
  readonly cipher?: string;
  readonly recipients?: readonly string[];
  readonly plaintextSha256?: string;
}

type Row = Readonly<Record<string, JsonValue>>;

/** The layers that count by RFC 9787: those from the root down, up to the first part or signature of another kind. */
export function rootDown(layers: readonly TableLayer[]): readonly TableLayer[] {
  const end = layers.findIndex(
    ({ inside, signatureType, layer }) =>
      inside !== undefined || signatureType !== undefined || layer === 'pkcs7-mime',
  );
  return end < 0 ? layers : layers.slice(0, end);
}

/** What the table says, in words that can be held against {@link oursOf}. */
export function expectedOf(layers: readonly TableLayer[]): readonly Row[] {
  return rootDown(layers).map((layer): Row => {
    if (layer.signature === undefined)
      return {
        layer: layer.layer,
        cipher: layer.cipher ?? null,
        recipients: uniqueSorted(layer.recipients ?? []),
        decrypted: layer.decrypted ?? null,
      };
    const good = layer.signature === 'good';
    return {
      layer: layer.layer,
      signature: layer.signature,
      digest: layer.digest ?? [],
      signers: layer.signers ?? 1,
      signer: good ? (layer.signer?.sha256 ?? null) : null,
      chain: good ? (layer.chain ?? null) : null,
    };
  });
}

const layerNames: Readonly<Record<string, string>> = {
  'signed clear': 'multipart/signed',
  'signed opaque': 'signed-data',
  enveloped: 'enveloped-data',
  'auth-enveloped': 'auth-enveloped-data',
};

/** What `smime inspect --json` says, in the words of the tables. */
export function oursOf(opened: OpenedMessage): readonly Row[] {
  const { layers } = inspectJson(opened) as unknown as { readonly layers: readonly InspectedLayer[] };
  return layers.map((layer): Row => {
    const name =
      layerNames[layer.form === undefined ? layer.type : `${layer.type} ${layer.form}`] ?? layer.type;
    if (layer.signers === undefined)
      return {
        layer: name,
        cipher: layer.contentEncryption ?? null,
        recipients: uniqueSorted((layer.recipients ?? []).map(({ type }) => type)),
        decrypted: layer.decrypted ?? null,
      };
    const { signers } = layer;
    const good = signers.length > 0 && signers.every(({ status }) => status !== 'invalid');
    return {
      layer: name,
      signature: good ? 'good' : 'bad',
      digest: (layer.digestAlgorithm ?? '').split(', '),
      signers: signers.length,
      signer: good ? signers[0]!.sha256 : null,
      chain: good ? (signers.every(({ status }) => status === 'valid') ? 'trusted' : 'untrusted') : null,
    };
  });
}

interface InspectedLayer {
  readonly type: string;
  readonly form?: string;
  readonly contentEncryption?: string;
  readonly decrypted?: boolean;
  readonly recipients?: readonly { readonly type: string }[];
  readonly digestAlgorithm?: string;
  readonly signers?: readonly { readonly status: string; readonly sha256: string }[];
}

/** The table counts `ori` beside each key agreement, which is a word of the listing that it was made from. */
function uniqueSorted(types: readonly string[]): readonly string[] {
  return [...new Set(types)].filter((type) => type !== 'ori').sort();
}

/** The digest of what the innermost envelope held; null where nothing was opened. */
export function payloadDigest(opened: OpenedMessage): string | null {
  return opened.payload?.use(sha256) ?? null;
}

/** The digest of the innermost entity. */
export function innermostDigest(opened: OpenedMessage): string | null {
  return opened.innermost?.use(sha256) ?? null;
}
