/** Takes CMS in and out of S/MIME messages, for peers that know the one and not the other. */
import type { DecryptionIdentity } from '../../src/cms/open.ts';
import { composeEntity, composeMultipart } from '../../src/mime/compose.ts';
import { decodedBody, parseEntity } from '../../src/mime/entity.ts';
import { encodeBase64Lines } from '../../src/mime/transfer-encoding.ts';
import { type OpenedMessage, openMessage } from '../../src/smime/open-message.ts';
import type { TestCa } from './ca.ts';

const sender = Buffer.from('From: peer@example.org\r\nMIME-Version: 1.0\r\n');

function asMessage(entity: Uint8Array): Uint8Array {
  return Buffer.concat([sender, entity]);
}

/** Makes a message of a CMS that holds its content. */
export function cmsMessage(cms: Uint8Array): Uint8Array {
  const fields = [
    ['Content-Type', 'application/pkcs7-mime; name="smime.p7m"'],
    ['Content-Transfer-Encoding', 'base64'],
  ] as const;
  return asMessage(composeEntity({ fields, body: encodeBase64Lines(cms) }));
}

/** Makes a clear-signed message of an entity and its signature. */
export function clearSignedMessage(entity: Uint8Array, cms: Uint8Array): Uint8Array {
  const fields = [
    ['Content-Type', 'application/pkcs7-signature'],
    ['Content-Transfer-Encoding', 'base64'],
  ] as const;
  const signature = composeEntity({ fields, body: encodeBase64Lines(cms) });
  const parameters = [['protocol', 'application/pkcs7-signature']] as const;
  return asMessage(composeMultipart({ subtype: 'signed', parameters, parts: [entity, signature] }));
}

/** Gives the CMS of an entity of ours: its signature where it is clear-signed, else its body. */
export function cmsOf(entity: Uint8Array): Uint8Array {
  const { children, ...root } = parseEntity(entity);
  return decodedBody(children[1] ?? { ...root, children });
}

/** Opens a message, trusting one CA and no CRL. */
export function openWith(
  ca: TestCa,
  message: Uint8Array,
  options: { readonly identities?: readonly DecryptionIdentity[]; readonly legacy?: boolean } = {},
): OpenedMessage {
  const trust = { trustAnchors: [ca.certificate], untrusted: [], crls: [], crlCheck: 'off' } as const;
  const { identities = [], legacy = false } = options;
  return openMessage(message, { identities, trust, atMs: Date.now(), legacy });
}

/** The content that was opened, for a comparison in a test. */
export function contentOf({ innermost }: OpenedMessage): Buffer | undefined {
  return innermost?.use((bytes) => Buffer.from(bytes));
}
