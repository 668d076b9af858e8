import { canonicalAddress, parseAddress } from '../mime/address.ts';

/** What a certificate may be used for, and so which suffix its file has. */
export type CertificateUsage = 'both' | 'sign' | 'encrypt';

const suffixes: Readonly<Record<CertificateUsage, string>> = { both: '', sign: '@sign', encrypt: '@enc' };

/** Longest file name that common file systems take, in bytes. */
const maxFileNameBytes = 255;

const keptCharacter = /^[A-Za-z0-9\-+.@]$/;

/**
 * Names the file of a certificate in `X509-user-certs/`, with Sympa's escaping: letters, digits, `-`, `+`, `.` and
 * `@` stay, every other byte of the UTF-8 form becomes `_` and two lower-case hex digits. No path can come of it.
 *
 * @param address a canonical address
 * @returns the name, or `undefined` when the file system could not hold it
 */
export function certificateFileName(address: string, usage: CertificateUsage): string | undefined {
  const name = escapeFileName(address) + suffixes[usage];
  // A name without `@`, or one that starts with a dot, is no certificate file of ours.
  return name.length <= maxFileNameBytes && name.includes('@') && !name.startsWith('.') ? name : undefined;
}

/** What the name of a file in `X509-user-certs/` says. */
export interface CertificateFileName {
  readonly address: string;
  readonly usage: CertificateUsage;
}

/**
 * Reads the name of a file in `X509-user-certs/`.
 *
 * @returns the canonical address and what the suffix says, or `undefined` for anything that names no address
 */
export function parseCertificateFileName(name: string): CertificateFileName | undefined {
  for (const usage of ['sign', 'encrypt'] as const) {
    const suffix = suffixes[usage];
    if (!name.endsWith(suffix)) continue;
    const address = readAddress(name.slice(0, -suffix.length));
    if (address !== undefined) return { address, usage };
  }
  const address = readAddress(name);
  return address === undefined ? undefined : { address, usage: 'both' };
}

function readAddress(escaped: string): string | undefined {
  const text = unescapeFileName(escaped);
  const address = text === undefined ? undefined : parseAddress(text);
  return address === undefined ? undefined : canonicalAddress(address);
}

function escapeFileName(text: string): string {
  let escaped = '';
  for (const byte of new TextEncoder().encode(text)) {
    const character = String.fromCharCode(byte);
    escaped += keptCharacter.test(character) ? character : `_${byte.toString(16).padStart(2, '0')}`;
  }
  return escaped;
}

function unescapeFileName(name: string): string | undefined {
  const source = new TextEncoder().encode(name);
  const bytes: number[] = [];
  for (let i = 0; i < source.length; i++) {
    const hex = source[i] === 0x5f ? String.fromCharCode(...source.subarray(i + 1, i + 3)) : '';
    // Names from other tools may hold a bare `_`; it stands for itself when no two hex digits follow.
    if (/^[0-9a-f]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      i += 2;
    } else bytes.push(source[i]!);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(bytes));
  } catch {
    return undefined;
  }
}
