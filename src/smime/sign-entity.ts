import type { DigestName } from '../cms/digest.ts';
import { formatCertsOnly, type SignInput, signContent, signingDigests } from '../cms/sign.ts';
import { composeEntity, composeMultipart } from '../mime/compose.ts';
import { encodeBase64Lines } from '../mime/transfer-encoding.ts';
import type { Certificate } from '../pki/certificate.ts';

/** How an entity is signed. */
export interface SignEntityOptions {
  /** True puts the entity into the CMS (`signed-data`); false leaves it readable beside its signature (`multipart/signed`). */
  readonly opaque: boolean;
  /** Signing time, ms since the epoch. */
  readonly atMs: number;
}

/** RFC 8551 §3.5.3.2. */
const micalgs: Readonly<Partial<Record<DigestName, string>>> = {
  md5: 'md5',
  sha1: 'sha-1',
  sha224: 'sha-224',
  sha256: 'sha-256',
  sha384: 'sha-384',
  sha512: 'sha-512',
};

/**
 * Signs a MIME entity. RFC 8551 §3.5.
 *
 * @param entity header and body in canonical form, every line ended by CRLF; it goes in unchanged
 * @param signer one or several; the certificates of their chains are sent along, all but the root
 * @returns a whole entity with its Content-* fields, to be put behind an outer header
 * @throws CmsError `cannot-sign-with`, `key-mismatch`
 */
export function signEntity(
  entity: Uint8Array,
  signer: SignInput['signer'],
  { opaque, atMs }: SignEntityOptions,
): Uint8Array {
  const der = signContent({ content: entity, detached: !opaque, signer, atMs });
  if (opaque) return composeCms(der, 'signed-data', 'smime.p7m');
  // RFC 1847 §2.1: several are written with commas between.
  const micalg = signingDigests(signer).map((digest) => micalgs[digest] ?? digest);
  return composeMultipart({
    subtype: 'signed',
    parameters: [
      ['protocol', 'application/pkcs7-signature'],
      ['micalg', micalg.join(',')],
    ],
    parts: [entity, composeSignature(der)],
  });
}

/**
 * Makes the entity that carries certificates and nothing else. RFC 8551 §3.8.
 *
 * @param certificates in the order of their importance to the reader
 */
export function certsOnlyEntity(certificates: readonly Certificate[]): Uint8Array {
  return composeCms(formatCertsOnly(certificates), 'certs-only', 'smime.p7c');
}

function composeCms(der: Uint8Array, smimeType: string, fileName: string): Uint8Array {
  return composeEntity({
    fields: [
      ['Content-Type', `application/pkcs7-mime; smime-type=${smimeType}; name="${fileName}"`],
      ['Content-Transfer-Encoding', 'base64'],
      ['Content-Disposition', `attachment; filename="${fileName}"`],
    ],
    body: encodeBase64Lines(der),
  });
}

function composeSignature(der: Uint8Array): Uint8Array {
  return composeEntity({
    fields: [
      ['Content-Type', 'application/pkcs7-signature; name="smime.p7s"'],
      ['Content-Transfer-Encoding', 'base64'],
      ['Content-Disposition', 'attachment; filename="smime.p7s"'],
    ],
    body: encodeBase64Lines(der),
  });
}
