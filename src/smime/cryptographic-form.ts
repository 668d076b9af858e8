import { parseContentDisposition } from '../mime/content-type.ts';
import { decodedBody, type Entity } from '../mime/entity.ts';
import { findField, findFields } from '../mime/header.ts';

/** How an entity is protected at its root, as far as its header and parts tell. RFC 8551 §3, RFC 1847 §2. */
export type CryptographicForm =
  /** multipart/signed by S/MIME; `parts` has two members unless the structure is broken. */
  | { readonly form: 'clear'; readonly parts: readonly Entity[]; readonly ambiguous: boolean }
  /** A body that is, or says that it is, CMS. */
  | {
      readonly form: 'cms';
      readonly bytes: Uint8Array;
      readonly claim: CmsClaim;
      readonly ambiguous: boolean;
    }
  /** Signed or encrypted by something other than S/MIME: passed on as it is. */
  | { readonly form: 'foreign' }
  | { readonly form: 'plain' };

/** What `smime-type` says, `undefined` where nothing, `named` where only a file name makes it S/MIME. A hint, no more. */
export type CmsClaim =
  | 'enveloped'
  | 'auth-enveloped'
  | 'signed'
  | 'compressed'
  | 'certs-only'
  | 'named'
  | undefined;

const claims: Readonly<Record<string, CmsClaim>> = {
  'enveloped-data': 'enveloped',
  'authenveloped-data': 'auth-enveloped',
  'signed-data': 'signed',
  'signed-receipt': 'signed',
  'compressed-data': 'compressed',
  'certs-only': 'certs-only',
};

const signatureTypes = ['application/pkcs7-signature', 'application/x-pkcs7-signature'];
const cmsTypes = ['application/pkcs7-mime', 'application/x-pkcs7-mime', ...signatureTypes];
const cmsFileName = /\.p7[mscz]$/i;

/**
 * Tells how an entity is protected at its root; what lies deeper in the tree counts for nothing. RFC 9787 §4.
 *
 * @param entity the message, or what a layer of it held
 * @throws MimeError `decoded-too-big`
 */
export function cryptographicForm(entity: Entity): CryptographicForm {
  const { type } = entity.contentType;
  if (type === 'multipart/signed') return isForeign(entity) ? { form: 'foreign' } : clearForm(entity);
  if (type === 'multipart/encrypted') return { form: 'foreign' };
  const claim = claimOf(entity);
  if (claim === 'none') return { form: 'plain' };
  return { form: 'cms', bytes: decodedBody(entity), claim, ambiguous: isAmbiguous(entity) };
}

function clearForm(entity: Entity): CryptographicForm {
  return { form: 'clear', parts: entity.children, ambiguous: isAmbiguous(entity) };
}

/** Dispatches on the protocol; where none is named, on the type of the part that would be the signature. */
function isForeign(entity: Entity): boolean {
  const protocol =
    entity.contentType.parameters.get('protocol') ?? entity.children[1]?.contentType.type ?? '';
  return !signatureTypes.includes(protocol.trim().toLowerCase());
}

function claimOf(entity: Entity): CmsClaim | 'none' {
  const { type, parameters } = entity.contentType;
  // RFC 8551 §3.2.1, §3.9: types and names are accepted in all their forms; what the CMS is, the CMS itself says.
  if (cmsTypes.includes(type)) {
    const named = claims[parameters.get('smime-type')?.trim().toLowerCase() ?? ''];
    return named ?? (signatureTypes.includes(type) ? 'signed' : undefined);
  }
  if (type === 'application/octet-stream' && fileNamesOf(entity).some((name) => cmsFileName.test(name)))
    return 'named';
  return 'none';
}

function fileNamesOf(entity: Entity): readonly string[] {
  const disposition = findField(entity.header, 'Content-Disposition');
  const names = [
    entity.contentType.parameters.get('name'),
    disposition && parseContentDisposition(disposition.body).parameters.get('filename'),
  ];
  return names.filter((name) => name !== undefined);
}

/** A second field of the kind lets two programs see two messages in the same bytes. */
function isAmbiguous(entity: Entity): boolean {
  return ['Content-Type', 'Content-Transfer-Encoding'].some(
    (name) => findFields(entity.header, name).length > 1,
  );
}
