import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { formatPem } from '../pki/pem.ts';
import { sha256Hex } from '../secrets.ts';
import type { CertificateInUse, CertificateRecord } from '../store/certificates.ts';
import type { MirrorFile } from '../store/mirror-files.ts';
import type { Store } from '../store/store.ts';
import { certificateFileName, parseCertificateFileName } from './certificate-file-name.ts';
import type { FolderFiles } from './folder-files.ts';

interface Parts {
  readonly files: FolderFiles;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells whether a file of this digest was looked at and refused, so that nothing is lost when it goes. */
  readonly isRefused: (name: string, digest: string) => boolean;
}

/**
 * Writes the certificates in use into the folder and takes away what is not in use any more. A file that the store does
 * not know is somebody's act, and is left for the next look at the folder.
 *
 * The file comes first and its row after it, both ways: a crash between the two leaves a file that is recognised as our
 * own, or a row without file whose certificate is not in use.
 */
export class FolderMirror {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Writes what is missing of these certificates; the newest of those that want the same name. */
  async write(inUse: readonly CertificateInUse[], rows: ReadonlyMap<string, MirrorFile>): Promise<number> {
    let written = 0;
    for (const [fileName, { id }] of newestByName(inUse)) {
      const row = rows.get(fileName);
      if (row?.certificateId === id && row.writtenAt > 0) continue;
      if (await this.#writeOne(fileName, id, row)) written++;
    }
    return written;
  }

  /** Takes files away whose certificate is not in use any more, or is used under another name. */
  async clean(inUse: readonly CertificateInUse[], rows: Iterable<MirrorFile>): Promise<void> {
    const byId = new Map(inUse.map((record) => [record.id, record]));
    const wanted = newestByName(inUse);
    for (const row of rows) {
      // Another certificate has the name now: its file is written over this one.
      if (wanted.has(row.fileName)) continue;
      const record = byId.get(row.certificateId);
      if (record && isNamedFor(row, record)) continue;
      await this.#remove(row);
    }
  }

  async #writeOne(fileName: string, id: string, row: MirrorFile | undefined): Promise<boolean> {
    const { files, store, clock, isRefused } = this.#parts;
    const record = await store.certificates.find(id);
    if (record?.status !== 'trusted') return false;
    const text = pemText(record);
    const contentSha256 = sha256Hex(text);
    const there = await files.digestOf(fileName);
    const known = there === undefined || there === row?.contentSha256 || there === contentSha256;
    if (!known && !isRefused(fileName, there)) return false;
    if (there !== contentSha256) await files.write(fileName, text);
    await store.mirrorFiles.put({ fileName, contentSha256, certificateId: id, writtenAt: clock.now() });
    return true;
  }

  async #remove(row: MirrorFile): Promise<void> {
    const { files, store, log } = this.#parts;
    const there = await files.digestOf(row.fileName);
    if (there !== undefined && there !== row.contentSha256) return;
    await files.remove(row.fileName);
    await store.mirrorFiles.remove(row.fileName);
    if (there !== undefined) log.info('certificate file removed', { file: row.fileName });
  }
}

/** The text of the file of a certificate. */
export function pemText(record: Pick<CertificateRecord, 'der'>): string {
  return formatPem('CERTIFICATE', record.der);
}

/** Tells whether a file, under whatever spelling of the address, has the name that its certificate is kept under. */
export function isNamedFor(row: MirrorFile, record: Pick<CertificateInUse, 'address' | 'usage'>): boolean {
  const said = parseCertificateFileName(row.fileName);
  return said?.address === record.address && said.usage === record.usage;
}

/** Gives the one that came into use last; of several that came at once always the same. */
export function newestOf<T extends CertificateInUse>(records: readonly T[]): T | undefined {
  const isNewer = (a: T, b: T) => a.updatedAt > b.updatedAt || (a.updatedAt === b.updatedAt && a.id < b.id);
  return records.reduce<T | undefined>((best, one) => (best && !isNewer(one, best) ? best : one), undefined);
}

function newestByName(inUse: readonly CertificateInUse[]): ReadonlyMap<string, CertificateInUse> {
  const byName = new Map<string, CertificateInUse>();
  for (const record of inUse) {
    const name = certificateFileName(record.address, record.usage);
    if (name === undefined) continue;
    const other = byName.get(name);
    byName.set(name, newestOf(other ? [other, record] : [record])!);
  }
  return byName;
}
