import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync, inflateSync } from 'node:zlib';

/** Where a text was found, and in which form. */
export interface CanaryHit {
  readonly file: string;
  readonly form: string;
}

/** A text to look for: with a byte that quoted-printable escapes and one beyond ASCII, so that each form differs. */
export const canaryText = 'Kanarienvogel=singt·k3Rx9wQz';

/**
 * Makes a body in which the canary comes again every 64 bytes, so that no cut of a block, a page or a line hides it.
 *
 * @param bytes about how long the body becomes
 */
export function canaryBody(bytes: number, canary: string = canaryText): string {
  const filler = '.'.repeat(64 - 2 - Buffer.byteLength(canary));
  return `${canary}${filler}\r\n`.repeat(Math.ceil(bytes / 64));
}

/** Searches every byte of every file below the folders for a text, in each form that mail or a database may give it. */
export function findCanary(folders: readonly string[], canary: string = canaryText): readonly CanaryHit[] {
  const forms = formsOf(canary);
  return folders.flatMap(filesBelow).flatMap((file) => searchBytes(file, readFileSync(file), forms, true));
}

interface Form {
  readonly name: string;
  readonly needle: Buffer;
  /** Whether line ends and soft breaks may stand inside it. */
  readonly broken: boolean;
}

function formsOf(canary: string): readonly Form[] {
  const utf8 = Buffer.from(canary, 'utf8');
  const utf16 = Buffer.from(canary, 'utf16le');
  return [
    { name: 'raw', needle: utf8, broken: false },
    { name: 'latin1', needle: Buffer.from(canary, 'latin1'), broken: false },
    { name: 'utf-16le', needle: utf16, broken: false },
    { name: 'utf-16be', needle: Buffer.from(utf16).swap16(), broken: false },
    { name: 'hex', needle: Buffer.from(utf8.toString('hex')), broken: true },
    { name: 'quoted-printable', needle: Buffer.from(quotedPrintable(utf8)), broken: true },
    ...[0, 1, 2].map((phase) => ({
      name: `base64 phase ${phase}`,
      needle: base64Phase(utf8, phase),
      broken: true,
    })),
  ];
}

/** The characters of base64 that depend on the canary alone when `phase` bytes stand before it in its group. */
function base64Phase(bytes: Buffer, phase: number): Buffer {
  const text = Buffer.concat([Buffer.alloc(phase), bytes])
    .toString('base64')
    .replaceAll('=', '');
  const firstOwn = Math.ceil((phase * 8) / 6);
  const lastOwn = Math.floor(((phase + bytes.length) * 8) / 6);
  return Buffer.from(text.slice(firstOwn, lastOwn));
}

function quotedPrintable(bytes: Buffer): string {
  return [...bytes]
    .map((byte) =>
      byte > 0x7e || byte === 0x3d
        ? `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
        : String.fromCharCode(byte),
    )
    .join('');
}

function searchBytes(
  file: string,
  bytes: Buffer,
  forms: readonly Form[],
  inflate: boolean,
): readonly CanaryHit[] {
  const joined = withoutBreaks(bytes);
  const hits = forms
    .filter((form) => (form.broken ? joined : bytes).includes(form.needle))
    .map((form) => ({ file, form: form.name }));
  if (!inflate) return hits;
  const inflated = inflatedStreams(bytes).flatMap((stream) => searchBytes(file, stream, forms, false));
  return [...hits, ...inflated.map((hit) => ({ file, form: `inflated ${hit.form}` }))];
}

function withoutBreaks(bytes: Buffer): Buffer {
  const text = bytes
    .toString('latin1')
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/[\r\n]/g, '');
  return Buffer.from(text, 'latin1');
}

const maxInflatedBytes = 8 << 20;

/** Every stream that zlib can read: gzip and zlib wherever their marks stand, raw deflate at the start. */
function inflatedStreams(bytes: Buffer): readonly Buffer[] {
  const streams = [tryInflate(() => inflateRawSync(bytes, { maxOutputLength: maxInflatedBytes }))];
  for (let i = bytes.indexOf(0x78); i >= 0; i = bytes.indexOf(0x78, i + 1)) {
    if (((bytes[i]! << 8) | (bytes[i + 1] ?? 0)) % 31 !== 0) continue;
    streams.push(
      tryInflate(() => inflateSync(bytes.subarray(i), { maxOutputLength: maxInflatedBytes, finishFlush: 2 })),
    );
  }
  for (let i = bytes.indexOf('\x1f\x8b', 0, 'latin1'); i >= 0; i = bytes.indexOf('\x1f\x8b', i + 1, 'latin1'))
    streams.push(tryInflate(() => inflateGzipMember(bytes.subarray(i))));
  return streams.filter((stream) => stream !== undefined);
}

/** Inflates the first member, whatever follows it: zlib's own reader refuses bytes behind the stream. */
function inflateGzipMember(bytes: Buffer): Buffer {
  const hasName = ((bytes[3] ?? 0) & 0x08) !== 0;
  const start = hasName ? bytes.indexOf(0, 10) + 1 : 10;
  return inflateRawSync(bytes.subarray(start), { maxOutputLength: maxInflatedBytes, finishFlush: 2 });
}

function tryInflate(inflate: () => Buffer): Buffer | undefined {
  try {
    const stream = inflate();
    return stream.length > 0 ? stream : undefined;
  } catch {
    return undefined;
  }
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() && statSync(path).size > 0 ? [path] : [];
  });
}
