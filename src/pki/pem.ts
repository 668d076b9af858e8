import { type Certificate, parseCertificate } from './certificate.ts';
import { type CertificateList, parseCertificateList } from './crl.ts';
import { readAsn1, readSequence } from './der.ts';
import { PkiError } from './error.ts';

/** One block of a text in PEM form, RFC 7468. */
export interface PemBlock {
  /** For example `CERTIFICATE`. */
  readonly label: string;
  readonly bytes: Uint8Array;
  /** Fields before the base64, as old encrypted keys have them, RFC 1421 §4.6. */
  readonly headers: ReadonlyMap<string, string>;
}

/** A text larger than this is not read. */
const maxPemBytes = 64 * 1024 * 1024;
const maxBlocks = 100_000;
const maxHeaders = 16;

const begin = '-----BEGIN ';
const dashes = '-----';

/**
 * Parses every block of a text in PEM form; text around the blocks is skipped.
 *
 * @param input text or its bytes, at most 64 MB
 * @throws PkiError `bad-pem` for a block without an end or without base64, `too-big`
 */
export function parsePem(input: string | Uint8Array): readonly PemBlock[] {
  if (input.length > maxPemBytes) throw new PkiError('too-big', 'a text in PEM form is too large');
  const text =
    typeof input === 'string'
      ? input
      : Buffer.from(input.buffer, input.byteOffset, input.length).toString('latin1');
  const blocks: PemBlock[] = [];
  let at = findBegin(text, 0);
  while (at >= 0) {
    if (blocks.length >= maxBlocks) throw new PkiError('too-big', 'a text in PEM form has too many blocks');
    const { block, end } = readBlock(text, at);
    blocks.push(block);
    at = findBegin(text, end);
  }
  return blocks;
}

/** Finds a begin line, which must stand at the start of a line. */
function findBegin(text: string, from: number): number {
  for (let at = text.indexOf(begin, from); at >= 0; at = text.indexOf(begin, at + 1)) {
    if (at === 0 || text[at - 1] === '\n' || text[at - 1] === '\r') return at;
  }
  return -1;
}

function readBlock(text: string, at: number): { readonly block: PemBlock; readonly end: number } {
  const lineEnd = endOfLine(text, at);
  const line = text.slice(at, lineEnd).trimEnd();
  const label = line.slice(begin.length, -dashes.length);
  const endMark = `${dashes}END ${label}${dashes}`;
  const end = line.endsWith(dashes) ? text.indexOf(endMark, lineEnd) : -1;
  const next = text.indexOf(begin, lineEnd);
  if (end < 0 || (next >= 0 && next < end))
    throw new PkiError('bad-pem', 'a block in PEM form has no end line');
  const { headers, base64 } = splitHeaders(text.slice(lineEnd, end));
  return { block: { label, headers, bytes: decodeBase64(base64) }, end: end + endMark.length };
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

function splitHeaders(body: string): {
  readonly headers: ReadonlyMap<string, string>;
  readonly base64: string;
} {
  const headers = new Map<string, string>();
  const lines = body.split('\n');
  let at = 0;
  for (; at < lines.length && headers.size < maxHeaders; at += 1) {
    const line = lines[at]!.trim();
    const colon = line.indexOf(':');
    if (colon < 0) break;
    headers.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return { headers, base64: lines.slice(at).join('') };
}

function decodeBase64(text: string): Uint8Array {
  const base64 = text.replace(/[ \t\r\n]/g, '');
  if (base64.length === 0 || base64.length % 4 !== 0 || !isBase64(base64)) {
    throw new PkiError('bad-pem', 'a block in PEM form is not base64');
  }
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

/**
 * Formats bytes as a block in PEM form, RFC 7468: lines of 64 characters.
 *
 * @param label for example `CERTIFICATE`
 */
export function formatPem(label: string, bytes: Uint8Array): string {
  const base64 = Buffer.from(bytes).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `${begin}${label}${dashes}\n${lines.join('\n')}\n${dashes}END ${label}${dashes}\n`;
}

const certificateLabels: ReadonlySet<string> = new Set([
  'CERTIFICATE',
  'X509 CERTIFICATE',
  'TRUSTED CERTIFICATE',
]);

/**
 * Reads certificates from a file's bytes: PEM with other blocks between, or DER, one after the other.
 *
 * @returns the certificates in their order; none when the text has no certificate in it
 * @throws PkiError as {@link parsePem} and `parseCertificate`
 */
export function readCertificates(bytes: Uint8Array): Certificate[] {
  return readDerBlocks(bytes, certificateLabels).map(parseCertificate);
}

/** Certificates of a file of which some may be unreadable. */
export interface ReadableCertificates {
  readonly certificates: readonly Certificate[];
  /** How many could not be read. */
  readonly unreadable: number;
}

/**
 * Reads those certificates of a file's bytes that can be read, for bundles in which one odd certificate must not take the
 * others away.
 *
 * @throws PkiError as {@link parsePem}
 */
export function readReadableCertificates(bytes: Uint8Array): ReadableCertificates {
  const blocks = readDerBlocks(bytes, certificateLabels);
  const certificates = blocks.flatMap((der) => {
    try {
      return [parseCertificate(der)];
    } catch (error) {
      if (error instanceof PkiError) return [];
      throw error;
    }
  });
  return { certificates, unreadable: blocks.length - certificates.length };
}

/**
 * Splits a file's bytes into DER values: the PEM blocks of some labels, or the values one after the other.
 *
 * @throws PkiError as {@link parsePem} and the reader
 */
export function readDerBlocks(bytes: Uint8Array, labels: ReadonlySet<string>): Uint8Array[] {
  if (bytes[0] !== 0x30) {
    return parsePem(bytes)
      .filter(({ label }) => labels.has(label))
      .map((block) => (block.label === 'TRUSTED CERTIFICATE' ? firstValue(block.bytes) : block.bytes));
  }
  const values: Uint8Array[] = [];
  for (let rest = bytes; rest.length > 0; rest = rest.subarray(values.at(-1)!.length)) {
    if (values.length >= maxBlocks) throw new PkiError('too-big', 'a file has too many certificates');
    // A line end after the last value is no fault of it.
    if (rest.length <= 2 && rest.every((octet) => octet === 0x0a || octet === 0x0d)) break;
    values.push(firstValue(rest));
  }
  return values;
}

/** OpenSSL puts trust settings behind the certificate; they are not for us. */
function firstValue(bytes: Uint8Array): Uint8Array {
  const value = readAsn1(bytes, { allowTrailing: true });
  readSequence(value, 'a certificate');
  return value.raw;
}

const crlLabels: ReadonlySet<string> = new Set(['X509 CRL']);

/**
 * Reads CRLs from a file's bytes: PEM with other blocks between, or DER, one after the other.
 *
 * @throws PkiError as {@link parsePem} and `parseCertificateList`
 */
export function readCrls(bytes: Uint8Array): CertificateList[] {
  return readDerBlocks(bytes, crlLabels).map(parseCertificateList);
}
