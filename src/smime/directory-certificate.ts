import { parseContentInfo } from '../cms/content-info.ts';
import { CmsError } from '../cms/error.ts';
import type { Certificate } from '../pki/certificate.ts';
import { preferenceOf } from './preferred-certificate.ts';
import { judgeSignedData } from './signed-layer.ts';
import type { VerifyOptions } from './signer-evidence.ts';

/** What signed data of a directory says of its person. */
export interface DirectoryCertificates {
  /** Each that came; path, address and key usage are the caller's to check. */
  readonly certificates: readonly Certificate[];
  /** Whose capabilities are announced: the one that the signature prefers, else the signer's own. */
  readonly preferred: Certificate;
  /** Encryption algorithms that the signature announces; null where it announces none. */
  readonly capabilities: readonly string[] | null;
  readonly signingTimeMs: number | null;
}

const noContent = new Uint8Array(0);

/**
 * Reads a value of `userSMIMECertificate`, RFC 2798 §2.8: signed data whose content is empty, with the certificates and
 * the capabilities of a person.
 *
 * @returns undefined where it is no signed data, or its one signature is not valid
 */
export function readDirectoryCertificates(
  der: Uint8Array,
  options: VerifyOptions,
): DirectoryCertificates | undefined {
  try {
    const info = parseContentInfo(der);
    if (info.type !== 'signed' || info.signerInfos.length !== 1) return undefined;
    const content = info.eContent ?? noContent;
    const [signer] = judgeSignedData(info, { form: 'opaque', content, fault: undefined }, options).signers;
    if (signer?.status !== 'valid' || !signer.certificate) return undefined;
    const certificates = [signer.certificate, ...info.certificates];
    const preference = preferenceOf(signer, certificates);
    return {
      certificates,
      preferred: preference.status === 'named' ? preference.certificate : signer.certificate,
      capabilities: signer.capabilities ?? null,
      signingTimeMs: signer.signingTimeMs ?? null,
    };
  } catch (error) {
    if (error instanceof CmsError) return undefined;
    throw error;
  }
}
