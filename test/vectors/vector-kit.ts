import { signContent } from '../../src/cms/sign.ts';
import { encodeBase64Lines } from '../../src/mime/transfer-encoding.ts';
import type { Certificate } from '../../src/pki/certificate.ts';
import type { CertificateList } from '../../src/pki/crl.ts';
import { type OpenedMessage, type OpenOptions, openMessage } from '../../src/smime/open-message.ts';
import { type SealCipher, sealEntity } from '../../src/smime/seal-entity.ts';
import { signEntity } from '../../src/smime/sign-entity.ts';
import { makeTestCa, type TestIdentity } from '../kit/ca.ts';
import { at, type DerTree, derOf, leaf, node, replaceAt, treeOf } from './der-tree.ts';

/** The moment at which every vector is judged. */
export const nowMs = Date.parse('2026-11-24T12:00:00Z');

/** People and authorities of the vectors. */
export const ca = makeTestCa({ name: 'Good CA', nowMs });
export const otherCa = makeTestCa({ name: 'Unknown CA', nowMs });
export const alice = ca.issue({ address: 'alice@example.org', algorithm: 'ec-p256' });
export const eve = ca.issue({ address: 'eve@example.org', algorithm: 'ec-p256' });
export const stranger = otherCa.issue({ address: 'alice@example.org', algorithm: 'ec-p256' });
export const list = ca.issue({ address: 'team@lists.example.org', use: 'encrypt' });

/** A text that no verdict and no report may show. */
export const words = 'The budget is approved.';

export const entity = textEntity(words);

/** A text/plain entity. */
export function textEntity(text: string, type = 'text/plain; charset=utf-8'): Uint8Array {
  return bytesOf(`Content-Type: ${type}\r\n\r\n${text}\r\n`);
}

/** Signs an entity in clear or opaque form, as the person says. */
export function signedBy(identity: TestIdentity, content: Uint8Array = entity, opaque = false): Uint8Array {
  return signEntity(content, { ...identity, chain: [] }, { opaque, atMs: nowMs - 60_000 });
}

/** Seals an entity to the list. */
export function sealedTo(
  certificate: Certificate,
  content: Uint8Array,
  cipher: SealCipher = 'aes-256-gcm',
): Uint8Array {
  const sealer = sealEntity(content, cipher);
  const { head, tail } = sealer.copyFor(certificate);
  return join(`${sealer.fields}\r\n`, head, tail);
}

/** Signs content, for the CMS to be changed afterwards. */
export function cmsBy(identity: TestIdentity, content: Uint8Array = entity, detached = true): Uint8Array {
  return signContent({ content, detached, signer: { ...identity, chain: [] }, atMs: nowMs - 60_000 });
}

/** Puts a CMS beside the part that it is to sign. */
export function clearEntity(part: Uint8Array, cms: Uint8Array, micalg = 'sha-256'): Uint8Array {
  return join(
    'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n',
    ` micalg=${micalg}; boundary="vector-boundary"\r\n\r\n--vector-boundary\r\n`,
    part,
    '\r\n--vector-boundary\r\nContent-Type: application/pkcs7-signature; name="smime.p7s"\r\n',
    'Content-Transfer-Encoding: base64\r\n\r\n',
    encodeBase64Lines(cms),
    '\r\n--vector-boundary--\r\n',
  );
}

/** Puts a CMS into an entity of its own. */
export function cmsEntity(cms: Uint8Array, smimeType = 'signed-data'): Uint8Array {
  return join(
    `Content-Type: application/pkcs7-mime; smime-type=${smimeType}; name="smime.p7m"\r\n`,
    'Content-Transfer-Encoding: base64\r\n\r\n',
    encodeBase64Lines(cms),
  );
}

/** Puts entities together under a boundary. */
export function multipart(subtype: string, boundary: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const pieces = parts.flatMap((part) => [`--${boundary}\r\n`, part, '\r\n']);
  return join(
    `Content-Type: multipart/${subtype}; boundary="${boundary}"\r\n\r\n`,
    ...pieces,
    `--${boundary}--\r\n`,
  );
}

/** Puts an entity behind an outer header. */
export function messageOf(content: Uint8Array, from = 'From: Alice <alice@example.org>'): Uint8Array {
  return join(`${from}\r\nTo: team@lists.example.org\r\nSubject: vector\r\nMIME-Version: 1.0\r\n`, content);
}

/** Opens a vector as a list would. */
export function open(
  message: Uint8Array,
  options: Partial<OpenOptions> & { readonly crls?: readonly CertificateList[] } = {},
): OpenedMessage {
  const { crls = [], ...rest } = options;
  const trust = { trustAnchors: [ca.certificate], untrusted: [], crls, crlCheck: 'present' } as const;
  return openMessage(message, { identities: [list], trust, atMs: nowMs, ...rest });
}

/** What a vector is expected to come to. */
export interface Outcome {
  readonly kind?: OpenedMessage['kind'];
  readonly signature: OpenedMessage['signature']['status'];
  readonly code?: string | null;
  readonly method: OpenedMessage['authenticationMethod'];
}

/** The class of outcome of an opened vector, for the keys that are expected. */
export function outcomeOf(opened: OpenedMessage): Required<Outcome> {
  const { kind, signature, authenticationMethod: method } = opened;
  return { kind, signature: signature.status, code: signature.code, method };
}

/** The same message with every line ended by LF alone. */
export function withLf(message: Uint8Array): Uint8Array {
  return bytesOf(Buffer.from(message).toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
}

/** Bytes of text. */
export function bytesOf(text: string, encoding: BufferEncoding = 'utf8'): Uint8Array {
  return new Uint8Array(Buffer.from(text, encoding));
}

/** Text and bytes in one. */
export function join(...pieces: readonly (string | Uint8Array)[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? bytesOf(piece) : piece))),
  );
}

// Where the fields of SignedData stand in a ContentInfo: RFC 5652 §3, §5.1.
const signedData = [1, 0];
const encapsulated = [...signedData, 2];
const certificates = [...signedData, 3];
const signerInfos = [...signedData, 4];

/** Changes the set of signers of a CMS. */
export function withSigners(
  cms: Uint8Array,
  change: (signers: readonly DerTree[]) => readonly DerTree[],
): Uint8Array {
  return derOf(replaceAt(treeOf(cms), signerInfos, (set) => ({ ...set, members: change(set.members!) })));
}

/** Changes one field of the first signer: 1 sid, 2 digest algorithm, 3 signed attributes, 4 signature algorithm, 5 signature. */
export function withSignerField(
  cms: Uint8Array,
  field: number,
  change: (old: DerTree) => DerTree | undefined,
): Uint8Array {
  return derOf(replaceAt(treeOf(cms), [...signerInfos, 0, field], change));
}

/** The field of the first signer. */
export function signerField(cms: Uint8Array, field: number): DerTree {
  return at(treeOf(cms), [...signerInfos, 0, field]);
}

/** The signers of a CMS. */
export function signersOf(cms: Uint8Array): readonly DerTree[] {
  return at(treeOf(cms), signerInfos).members!;
}

/** Puts the certificates of two CMS into the first. */
export function withCertificatesOf(cms: Uint8Array, other: Uint8Array): Uint8Array {
  const more = at(treeOf(other), certificates).members!;
  return derOf(
    replaceAt(treeOf(cms), certificates, (set) => ({ ...set, members: [...set.members!, ...more] })),
  );
}

/** Gives a CMS other certificates. */
export function withCertificates(cms: Uint8Array, ...own: readonly Certificate[]): Uint8Array {
  return derOf(
    replaceAt(treeOf(cms), certificates, (set) => ({ ...set, members: own.map(({ der }) => treeOf(der)) })),
  );
}

/** Puts content into a CMS that had none, or takes it out. */
export function withContent(cms: Uint8Array, content: Uint8Array | undefined): Uint8Array {
  return derOf(
    replaceAt(treeOf(cms), encapsulated, (old) => {
      const inside = content === undefined ? [] : [node(0xa0, leaf(0x04, content))];
      return { ...old, members: [old.members![0]!, ...inside] };
    }),
  );
}
