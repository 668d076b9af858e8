import type { Clock } from '../clock.ts';
import { SsympaError } from '../errors.ts';
import type { Log } from '../log.ts';
import { sha256Hex } from '../secrets.ts';
import type { MirrorFile } from '../store/mirror-files.ts';
import type { Store } from '../store/store.ts';
import { certificateFileName, parseCertificateFileName } from './certificate-file-name.ts';
import { TrustError } from './error.ts';
import type { FolderFile, FolderFiles, FolderView } from './folder-files.ts';
import { newestOf, pemText } from './folder-mirror.ts';
import { keepPicked, type OperatorCertificates, type PickedCertificates } from './operator-certificates.ts';
import type { UserCertificates } from './user-certificates.ts';

/** A file of the folder that was not taken in, and why. */
export interface FolderProblem {
  readonly file: string;
  readonly code: string;
  readonly reason: string;
}

/** What taking in files works with. */
export interface FolderIntakeParts {
  readonly files: FolderFiles;
  readonly store: Store;
  readonly certificates: UserCertificates;
  readonly operator: OperatorCertificates;
  readonly clock: Clock;
  readonly log: Log;
}

/** Takes dropped and changed files of the folder into the store. */
export class FolderIntake {
  readonly #parts: FolderIntakeParts;
  /** Files that were not taken in, so that each is told once. */
  readonly #refused = new Map<string, { readonly code: string; readonly digest: string | undefined }>();

  constructor(parts: FolderIntakeParts) {
    this.#parts = parts;
  }

  /** Tells whether a file was refused because its certificate is over: nothing is lost when a new one takes its place. */
  isExpired(name: string, digest: string): boolean {
    const refused = this.#refused.get(name);
    return refused?.digest === digest && refused.code === 'certificate-expired';
  }

  /**
   * Takes in every file that is not as the store knows it, in the order in which they came, so that of two spellings of
   * one address the later file wins. A faulty file stops no other.
   */
  async takeIn(
    view: FolderView,
    rows: ReadonlyMap<string, MirrorFile>,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly taken: number; readonly problems: readonly FolderProblem[] }> {
    const changed = view.files
      .filter((file) => file.digest === undefined || file.digest !== rows.get(file.name)?.contentSha256)
      .sort((a, b) => a.changedAtMs - b.changedAtMs || (a.name < b.name ? -1 : 1));
    let taken = 0;
    const problems: FolderProblem[] = [];
    for (const file of changed) {
      if (signal?.aborted) break;
      try {
        if (await this.#takeOne(file.name)) taken++;
      } catch (error) {
        // Anything else is no fault of the file: a store that fails, a bug.
        if (!(error instanceof SsympaError)) throw error;
        problems.push({ file: file.name, code: error.code, reason: error.message });
      }
    }
    this.#tellNew(problems, changed);
    return { taken, problems };
  }

  /** @returns false when the file is our own, or gone */
  async #takeOne(name: string): Promise<boolean> {
    const { files, store, certificates, clock, log } = this.#parts;
    const said = parseCertificateFileName(name);
    if (!said) throw new TrustError('bad-address', 'the name of the file is no mail address');
    if (!(await files.has(name))) return false;
    const bytes = await files.read(name);
    const digest = sha256Hex(bytes);
    if (await this.#isOwn(name, said.address, digest)) return false;
    const { address } = said;
    const found = await this.#parts.operator.pick(store, bytes, address, said.usage);
    await store.transaction(async (tx) => {
      await keepPicked(tx, certificates, found, { address, source: 'folder' });
      const inUse = (await tx.certificates.ofAddress(address)).filter(({ status }) => status === 'trusted');
      // The one that the mirror would write under this name, so that it leaves the file as it is.
      const named = inUse.filter((record) => certificateFileName(address, record.usage) === name);
      const certificateId = newestOf(named.length > 0 ? named : inUse)!.id;
      const writtenAt = clock.now();
      await tx.mirrorFiles.put({ fileName: name, contentSha256: digest, certificateId, writtenAt });
    });
    log.info('certificate taken from the folder', { file: name, usage: usesOf(found) });
    for (const { code, certificate } of found.passedOver)
      log.info('certificate in a file passed over', { file: name, code, serial: certificate.serial });
    return true;
  }

  /** A file that we wrote a moment ago, or before a crash, has a row with its digest now, or none yet. */
  async #isOwn(name: string, address: string, digest: string): Promise<boolean> {
    const { store, clock } = this.#parts;
    if ((await store.mirrorFiles.get(name))?.contentSha256 === digest) return true;
    const own = (await store.certificates.ofAddress(address)).find(
      (record) =>
        record.status === 'trusted' &&
        certificateFileName(address, record.usage) === name &&
        sha256Hex(pemText(record)) === digest,
    );
    if (!own) return false;
    const row = { fileName: name, contentSha256: digest, certificateId: own.id, writtenAt: clock.now() };
    await store.mirrorFiles.put(row);
    return true;
  }

  #tellNew(problems: readonly FolderProblem[], changed: readonly FolderFile[]): void {
    const digests = new Map(changed.map((file) => [file.name, file.digest]));
    const told = new Map(this.#refused);
    this.#refused.clear();
    for (const { file, code } of problems) {
      this.#refused.set(file, { code, digest: digests.get(file) });
      if (told.get(file)?.code !== code) this.#parts.log.warn('certificate file not taken', { file, code });
    }
  }
}

function usesOf({ picked }: PickedCertificates): string {
  return picked.map(({ usage }) => usage).join(', ');
}
