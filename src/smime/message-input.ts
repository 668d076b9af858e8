import { parseContentInfo } from '../cms/content-info.ts';
import { CmsError } from '../cms/error.ts';
import { parseEntity } from '../mime/entity.ts';
import { concatBytes } from '../pki/der.ts';
import { PkiError } from '../pki/error.ts';
import { parsePem } from '../pki/pem.ts';
import { SmimeError } from './error.ts';

/** Labels of a CMS in PEM form: RFC 7468 §8, §9. */
const cmsLabels = ['CMS', 'PKCS7', 'PKCS #7 SIGNED DATA'];

const encoder = new TextEncoder();

/** What stands around a bare CMS to make it a message. */
const cmsHeader = encoder.encode(
  'Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n',
);

/**
 * Makes a message of what a file holds: a message as it is, or a bare CMS in DER, BER or PEM.
 *
 * @param bytes the whole file
 * @returns the message, in which a bare CMS is the body
 * @throws SmimeError `not-a-message` for anything that is neither, MimeError where it breaks a limit
 */
export function messageFromFile(bytes: Uint8Array): Uint8Array {
  if (isBer(bytes)) return messageAround(bytes);
  const isMessage = !startsWithPem(bytes) && parseEntity(bytes).header.fields.length > 0;
  return isMessage ? bytes : messageAround(cmsInPem(bytes));
}

function messageAround(cms: Uint8Array | undefined): Uint8Array {
  if (cms === undefined) throw notAMessage();
  try {
    parseContentInfo(cms);
  } catch (error) {
    if (!(error instanceof CmsError)) throw error;
    // A CMS that is broken further in is a hostile message, and reported as one.
    if (error.code === 'not-cms') throw notAMessage(error);
  }
  return concatBytes(cmsHeader, cms);
}

function notAMessage(cause?: unknown): SmimeError {
  return new SmimeError('not-a-message', 'the file holds neither a mail message nor a CMS value', { cause });
}

/** A SEQUENCE that begins with an OBJECT IDENTIFIER; no message begins with such bytes. RFC 5652 §3. */
function isBer(bytes: Uint8Array): boolean {
  const [tag, length = 0] = bytes;
  const lengthBytes = length > 0x80 && length <= 0x88 ? length - 0x80 : 0;
  return tag === 0x30 && bytes[2 + lengthBytes] === 0x06;
}

function startsWithPem(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 256)).toString('latin1').trimStart().startsWith('-----BEGIN ');
}

function cmsInPem(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return parsePem(bytes).find((block) => cmsLabels.includes(block.label))?.bytes;
  } catch (error) {
    if (error instanceof PkiError) return undefined;
    throw error;
  }
}
