import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, makeFolder, readFileIfThere, writeFileAtomically } from '../files.ts';
import { type Certificate, formatName } from '../pki/certificate.ts';
import { PkiError } from '../pki/error.ts';
import { formatPem } from '../pki/pem.ts';
import { TrustError } from './error.ts';
import { readTrustFile } from './read-trust-file.ts';
import type { TrustPlaces } from './trust-anchors.ts';

const maxBundleBytes = 64 << 20;

/** An anchor, and the file that it stands in. */
export interface AnchorInFile {
  readonly certificate: Certificate;
  readonly path: string;
}

/** Gives each anchor with its file; files that cannot be read are left out. */
export async function anchorsInFiles(places: TrustPlaces): Promise<readonly AnchorInFile[]> {
  const found: AnchorInFile[] = [];
  for (const path of await anchorFiles(places)) {
    for (const certificate of (await readAnchors(path)) ?? []) found.push({ certificate, path });
  }
  return found;
}

/**
 * Adds anchors: to `cafile`, or where only `capath` is set as files of their own. What is there already is not written
 * again.
 *
 * @returns those that were added
 * @throws TrustError `no-trust-file` where the site names neither
 */
export async function addAnchors(
  places: TrustPlaces,
  certificates: readonly Certificate[],
): Promise<readonly AnchorInFile[]> {
  const known = new Set((await anchorsInFiles(places)).map(({ certificate }) => certificate.sha256));
  const added = certificates.filter(({ sha256 }) => !known.has(sha256) && known.add(sha256));
  if (places.cafile !== undefined) {
    if (added.length > 0) await appendTo(places.cafile, added);
    return added.map((certificate) => ({ certificate, path: places.cafile! }));
  }
  const folder = places.capath;
  if (folder === undefined) {
    const hint = 'set cafile in sympa.conf, for example: cafile etc/anchors.pem';
    throw new TrustError('no-trust-file', 'the site names neither cafile nor capath', { hint });
  }
  await makeFolder(folder);
  return Promise.all(
    added.map(async (certificate) => {
      const path = join(folder, `${certificate.sha256}.pem`);
      await writeFileAtomically(path, anchorPem(certificate), 0o644);
      return { certificate, path };
    }),
  );
}

async function appendTo(path: string, certificates: readonly Certificate[]): Promise<void> {
  const bytes = (await readFileIfThere(path, maxBundleBytes)) ?? new Uint8Array();
  const before = textOf(bytes);
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  await writeFileAtomically(path, before + gap + certificates.map(anchorPem).join(''), 0o644);
}

/**
 * Takes an anchor out of every file that it stands in; a file of a folder that held nothing else goes.
 *
 * @returns the files that were changed
 * @throws TrustError `no-such-certificate`
 */
export async function removeAnchor(places: TrustPlaces, sha256: string): Promise<readonly string[]> {
  const holding = (await anchorsInFiles(places)).filter(({ certificate }) => certificate.sha256 === sha256);
  const paths = [...new Set(holding.map(({ path }) => path))];
  if (paths.length === 0)
    throw new TrustError('no-such-certificate', `no anchor has the SHA-256 ${sha256}`, {
      hint: 'ssympa trust list shows all',
    });
  for (const path of paths) {
    const text = textWithout(textOf((await readFileIfThere(path, maxBundleBytes))!), sha256);
    const isOwnFile = path !== places.cafile && !text.includes('-----BEGIN ');
    if (isOwnFile) await rm(path);
    else await writeFileAtomically(path, text, 0o644);
  }
  return paths;
}

/** Leaves out the blocks of one certificate; all other text stays as it is. */
function textWithout(text: string, sha256: string): string {
  return text
    .split(/^(?=-----BEGIN )/m)
    .map((piece) => (holds(piece, sha256) ? piece.slice(endOfBlock(piece)) : piece))
    .join('');
}

function holds(piece: string, sha256: string): boolean {
  if (!piece.startsWith('-----BEGIN ')) return false;
  return readTrustFile(Buffer.from(piece, 'latin1')).trustAnchors.some((one) => one.sha256 === sha256);
}

function endOfBlock(piece: string): number {
  const line = piece.indexOf('\n', piece.indexOf('-----END '));
  return line < 0 ? piece.length : line + 1;
}

/** The text of a file; one in DER is written as PEM. */
function textOf(bytes: Uint8Array): string {
  if (bytes[0] !== 0x30) return Buffer.from(bytes).toString('latin1');
  return readTrustFile(bytes)
    .trustAnchors.map((certificate) => formatPem('CERTIFICATE', certificate.der))
    .join('');
}

/** A certificate in PEM, its subject above it as a comment. */
export function anchorPem(certificate: Certificate): string {
  const subject = formatName(certificate.subject).replace(/[^\u0020-\u007E]/g, '?');
  return `# ${subject}\n${formatPem('CERTIFICATE', certificate.der)}`;
}

async function anchorFiles({ cafile, capath }: TrustPlaces): Promise<readonly string[]> {
  const names = capath === undefined ? [] : await readdir(capath).catch(noneWhereMissing);
  const inFolder = names.filter((name) => !name.startsWith('.')).map((name) => join(capath!, name));
  return [...(cafile === undefined ? [] : [cafile]), ...inFolder.sort()];
}

function noneWhereMissing(error: unknown): readonly string[] {
  if (isMissing(error)) return [];
  throw error;
}

async function readAnchors(path: string): Promise<readonly Certificate[] | undefined> {
  try {
    const bytes = await readFileIfThere(path, maxBundleBytes);
    return bytes && readTrustFile(bytes).trustAnchors;
  } catch (error) {
    const isFolder = (error as NodeJS.ErrnoException).code === 'EISDIR';
    if (isFolder || error instanceof PkiError) return undefined;
    throw error;
  }
}
