import { type Certificate, parseCertificate } from '../pki/certificate.ts';
import { type CertificateList, parseCertificateList } from '../pki/crl.ts';
import { PkiError } from '../pki/error.ts';
import { parsePem, readDerBlocks } from '../pki/pem.ts';
import { sha256Hex } from '../secrets.ts';

/** What a file of roots holds: whatever can be read, and what is to be said of the rest. */
export interface TrustFileContent {
  readonly trustAnchors: readonly Certificate[];
  readonly crls: readonly CertificateList[];
  /** A clause for each thing in it that cannot be read. */
  readonly faults: readonly string[];
}

const certificateLabels: ReadonlySet<string> = new Set([
  'CERTIFICATE',
  'X509 CERTIFICATE',
  'TRUSTED CERTIFICATE',
]);
const crlLabels: ReadonlySet<string> = new Set(['X509 CRL']);

/**
 * Reads certificates and revocation lists, PEM or DER. One that is odd takes nothing from the others: bundles come from
 * many hands.
 *
 * @throws PkiError when nothing at all can be made of the file
 */
export function readTrustFile(bytes: Uint8Array): TrustFileContent {
  const faults: string[] = [];
  const pieces = piecesOf(bytes, faults);
  const each = <T>(
    what: string,
    labels: ReadonlySet<string>,
    parse: (der: Uint8Array) => T,
  ): readonly T[] => {
    const blocks = pieces.flatMap((piece) => readDerBlocks(piece, labels));
    return blocks.flatMap((der, index) => {
      try {
        return [parse(der)];
      } catch (error) {
        if (!(error instanceof PkiError)) throw error;
        const name = `${what} ${index + 1} of ${blocks.length} (SHA-256 ${sha256Hex(der).slice(0, 16)}…)`;
        faults.push(`${name} is not used: ${error.message}`);
        return [];
      }
    });
  };
  // In DER nothing but certificates is expected, and a list is told by trying.
  const isDer = bytes[0] === 0x30;
  const crls = isDer ? onlyCrls(pieces) : each('revocation list', crlLabels, parseCertificateList);
  const trustAnchors =
    crls.length > 0 && isDer ? [] : each('certificate', certificateLabels, parseCertificate);
  return { trustAnchors, crls, faults };
}

function onlyCrls(pieces: readonly Uint8Array[]): readonly CertificateList[] {
  try {
    return pieces.flatMap((piece) => readDerBlocks(piece, crlLabels)).map(parseCertificateList);
  } catch (error) {
    if (error instanceof PkiError) return [];
    throw error;
  }
}

/** The file as a whole, or where a block of it is broken each block for itself. */
function piecesOf(bytes: Uint8Array, faults: string[]): readonly Uint8Array[] {
  if (bytes[0] === 0x30) return [bytes];
  try {
    parsePem(bytes);
    return [bytes];
  } catch (error) {
    if (!(error instanceof PkiError) || error.code !== 'bad-pem') throw error;
  }
  const texts = Buffer.from(bytes)
    .toString('latin1')
    .split(/^(?=-----BEGIN )/m);
  return texts.flatMap((text, index) => {
    try {
      parsePem(text);
      return [Buffer.from(text, 'latin1')];
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
      faults.push(`block ${index + 1} is not used: ${error.message}`);
      return [];
    }
  });
}
