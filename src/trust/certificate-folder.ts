import type { MirrorFile } from '../store/mirror-files.ts';
import { certificateFileName } from './certificate-file-name.ts';
import { FolderFiles, type FolderView } from './folder-files.ts';
import { FolderIntake, type FolderIntakeParts, type FolderProblem } from './folder-intake.ts';
import { FolderMirror, isNamedFor } from './folder-mirror.ts';
import { OperatorCertificates } from './operator-certificates.ts';
import type { SiteTrust } from './site-trust.ts';

/** What one look at the folder did. */
export interface FolderReport {
  readonly taken: number;
  readonly withdrawn: number;
  readonly written: number;
  readonly problems: readonly FolderProblem[];
}

interface Parts extends Omit<FolderIntakeParts, 'files' | 'operator'> {
  readonly folder: string;
  readonly anchors: Pick<SiteTrust, 'for'>;
}

/**
 * Keeps `X509-user-certs/` and the store alike. The store is the truth and remembers the digest of what it wrote; a
 * file with another digest is the operator's act and wins, a removed file withdraws its certificate.
 */
export class CertificateFolder {
  readonly #parts: Parts;
  readonly #files: FolderFiles;
  readonly #mirror: FolderMirror;
  readonly #intake: FolderIntake;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#files = new FolderFiles(parts.folder);
    const operator = new OperatorCertificates(parts);
    this.#intake = new FolderIntake({ ...parts, files: this.#files, operator });
    const isRefused = (name: string, digest: string) => this.#intake.isExpired(name, digest);
    this.#mirror = new FolderMirror({ ...parts, files: this.#files, isRefused });
  }

  /**
   * Takes in what was dropped, withdraws what was removed, writes what is missing.
   *
   * @param signal ends it early; what is left is done at the next look
   */
  async synchronise(signal?: AbortSignal): Promise<FolderReport> {
    await this.#open();
    const before = await this.#rows();
    const view = await this.#files.look();
    const { taken, problems } = await this.#intake.takeIn(view, before, signal);
    const withdrawn = signal?.aborted ? 0 : await this.#withdrawRemoved(before, view);
    const rows = await this.#rows();
    const inUse = await this.#parts.store.certificates.inUse();
    await this.#mirror.clean(inUse, rows.values());
    const written = signal?.aborted ? 0 : await this.#mirror.write(inUse, rows);
    return { taken, withdrawn, written, problems };
  }

  /** Writes and removes the files of one person after the store changed. */
  async mirror(address: string): Promise<void> {
    await this.#open();
    const { store } = this.#parts;
    const inUse = (await store.certificates.ofAddress(address)).filter(
      (record) => record.status === 'trusted',
    );
    const rows = new Map<string, MirrorFile>();
    for (const usage of ['both', 'sign', 'encrypt'] as const) {
      const name = certificateFileName(address, usage);
      const row = name === undefined ? undefined : await store.mirrorFiles.get(name);
      if (row) rows.set(row.fileName, row);
    }
    await this.#mirror.write(inUse, rows);
    await this.#mirror.clean(inUse, rows.values());
  }

  async #rows(): Promise<ReadonlyMap<string, MirrorFile>> {
    return new Map((await this.#parts.store.mirrorFiles.all()).map((row) => [row.fileName, row]));
  }

  /** A folder that is gone (lost, not mounted) is nobody's act: it is written anew, and withdraws nothing. */
  async #open(): Promise<void> {
    if (await this.#files.ensure()) return;
    const rows = await this.#parts.store.mirrorFiles.all();
    if (rows.length > 0) this.#parts.log.error('certificate folder was gone', { files: rows.length });
    await this.#parts.store.transaction(async (tx) => {
      for (const row of rows) await tx.mirrorFiles.remove(row.fileName);
    });
  }

  async #withdrawRemoved(rows: ReadonlyMap<string, MirrorFile>, { names }: FolderView): Promise<number> {
    const gone = [...rows.values()].filter((row) => row.writtenAt > 0 && !names.has(row.fileName));
    let withdrawn = 0;
    for (const row of gone) if (await this.#withdraw(row)) withdrawn++;
    return withdrawn;
  }

  async #withdraw(row: MirrorFile): Promise<boolean> {
    const { store, log } = this.#parts;
    // Written again since the folder was looked at.
    if (await this.#files.has(row.fileName)) return false;
    const withdrawn = await store.transaction(async (tx) => {
      await tx.mirrorFiles.remove(row.fileName);
      const record = await tx.certificates.find(row.certificateId);
      if (record?.status !== 'trusted' || !isNamedFor(row, record)) return false;
      // One of another kind of key may stand beside it, in that very file or since a command brought it.
      const beside = (await tx.certificates.ofAddress(record.address)).filter(
        (one) => one.status === 'trusted' && isNamedFor(row, one) && one.updatedAt <= row.writtenAt,
      );
      const ids = new Set([record.id, ...beside.map(({ id }) => id)]);
      for (const id of ids) await tx.certificates.setStatus(id, 'withdrawn');
      return true;
    });
    if (withdrawn) log.info('certificate withdrawn with its file', { file: row.fileName });
    return withdrawn;
  }
}
