import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { SsympaError } from '../errors.ts';
import { isMissing, makeFolder, writeFileAtomically } from '../files.ts';
import type { Log } from '../log.ts';
import { formatPem, readCertificates } from '../pki/pem.ts';
import { sha256Hex } from '../secrets.ts';
import type { CertificateRecord } from '../store/certificates.ts';
import type { MirrorFile } from '../store/mirror-files.ts';
import type { Repositories, Store } from '../store/store.ts';
import { checkOperatorCertificate } from './certificate-check.ts';
import { certificateFileName, parseCertificateFileName } from './certificate-file-name.ts';
import { TrustError } from './error.ts';
import type { UserCertificates } from './user-certificates.ts';

const maxCertificateFileBytes = 256 << 10;
const maxFolderFiles = 1_000_000;

/** A file of the folder that was not taken in, and why. */
export interface FolderProblem {
  readonly file: string;
  readonly code: string;
  readonly reason: string;
}

/** What one look at the folder did. */
export interface FolderReport {
  readonly taken: number;
  readonly withdrawn: number;
  readonly written: number;
  readonly problems: readonly FolderProblem[];
  /** Canonical addresses for which a certificate came into use. */
  readonly addresses: readonly string[];
}

interface Parts {
  readonly folder: string;
  readonly store: Store;
  readonly certificates: UserCertificates;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Keeps `X509-user-certs/` and the store alike. The store is the truth and remembers the digest of what it wrote; a
 * file with another digest is the operator's act and wins, a removed file withdraws its certificate.
 */
export class CertificateFolder {
  readonly #parts: Parts;
  /** Digest by name, size and time of change, so that an unchanged folder costs one `stat` a file. */
  readonly #digests = new Map<string, { readonly key: string; readonly sha256: string }>();
  readonly #toldProblems = new Map<string, string>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Takes in what was dropped, withdraws what was removed, writes what is missing. */
  async synchronise(): Promise<FolderReport> {
    await makeFolder(this.#parts.folder);
    const rows = new Map((await this.#parts.store.mirrorFiles.all()).map((row) => [row.fileName, row]));
    const names = await this.#names();
    const taken: string[] = [];
    const problems: FolderProblem[] = [];
    for (const name of names) {
      const outcome = await this.#look(name, rows.get(name));
      if (outcome?.address !== undefined) taken.push(outcome.address);
      if (outcome?.problem) problems.push(outcome.problem);
    }
    const withdrawn = await this.#withdrawRemoved(rows, new Set(names));
    const written = await this.#writeAll();
    this.#tellNew(problems);
    return { taken: taken.length, withdrawn, written, problems, addresses: taken };
  }

  /** Writes and removes the files of one person after the store changed. */
  async mirror(address: string): Promise<void> {
    await makeFolder(this.#parts.folder);
    const { store } = this.#parts;
    const inUse = (await store.certificates.ofAddress(address)).filter(
      (record) => record.status === 'trusted',
    );
    await this.#write(inUse);
    const wanted = new Set(inUse.map(fileNameOf));
    for (const usage of ['both', 'sign', 'encrypt'] as const) {
      const name = certificateFileName(address, usage);
      const row = name === undefined || wanted.has(name) ? undefined : await store.mirrorFiles.get(name);
      if (row) await this.#remove(row);
    }
  }

  async #names(): Promise<readonly string[]> {
    const names = await readdir(this.#parts.folder);
    return names.filter((name) => !name.startsWith('.')).slice(0, maxFolderFiles);
  }

  async #look(
    name: string,
    row: MirrorFile | undefined,
  ): Promise<{ readonly address?: string; readonly problem?: FolderProblem } | undefined> {
    try {
      const digest = await this.#digest(name);
      if (digest === undefined || digest === row?.contentSha256) return undefined;
      return { address: await this.#takeIn(name, digest) };
    } catch (error) {
      const code = error instanceof SsympaError ? error.code : 'not-a-certificate';
      const reason =
        error instanceof SsympaError ? error.message : 'the file cannot be read as a certificate';
      return { problem: { file: name, code, reason } };
    }
  }

  async #digest(name: string): Promise<string | undefined> {
    const path = join(this.#parts.folder, name);
    const info = await stat(path).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (!info?.isFile()) return undefined;
    if (info.size > maxCertificateFileBytes)
      throw new TrustError('not-a-certificate', `the file is larger than ${maxCertificateFileBytes} bytes`);
    const key = `${info.ino} ${info.size} ${info.mtimeMs}`;
    const kept = this.#digests.get(name);
    if (kept?.key === key) return kept.sha256;
    const sha256 = sha256Hex(await readFile(path));
    this.#digests.set(name, { key, sha256 });
    return sha256;
  }

  async #takeIn(name: string, digest: string): Promise<string> {
    const said = parseCertificateFileName(name);
    if (!said) throw new TrustError('bad-address', 'the name of the file is no mail address');
    const { store, certificates, clock, folder, log } = this.#parts;
    const certificate = readCertificates(await readFile(join(folder, name)))[0];
    if (!certificate) throw new TrustError('not-a-certificate', 'the file holds no certificate');
    const usage = checkOperatorCertificate(certificate, said.address, said.usage, clock.now());
    await store.transaction(async (tx) => {
      await certificates.keep(tx, {
        address: said.address,
        certificate,
        usage,
        source: 'folder',
        signingTimeMs: null,
        capabilities: null,
      });
      const kept = (await tx.certificates.ofAddress(said.address)).find(
        (one) => one.sha256 === certificate.sha256,
      );
      const certificateId = kept?.id ?? '';
      await tx.mirrorFiles.put({
        fileName: name,
        contentSha256: digest,
        certificateId,
        writtenAt: clock.now(),
      });
      await enqueueRelease(tx, said.address, certificate.sha256);
    });
    log.info('certificate taken from the folder', { file: name, usage });
    return said.address;
  }

  async #withdrawRemoved(rows: ReadonlyMap<string, MirrorFile>, names: ReadonlySet<string>): Promise<number> {
    const { store, log } = this.#parts;
    // A row without a time was written down before its file: the crash between the two is mended by #writeAll.
    const gone = [...rows.values()].filter((row) => row.writtenAt > 0 && !names.has(row.fileName));
    for (const row of gone) {
      await store.transaction(async (tx) => {
        await tx.mirrorFiles.remove(row.fileName);
        const record = await tx.certificates.find(row.certificateId);
        if (record?.status === 'trusted') await tx.certificates.setStatus(row.certificateId, 'withdrawn');
      });
      log.info('certificate withdrawn with its file', { file: row.fileName });
    }
    return gone.length;
  }

  async #writeAll(): Promise<number> {
    return this.#write(await this.#parts.store.certificates.list({ status: 'trusted' }));
  }

  async #write(records: readonly CertificateRecord[]): Promise<number> {
    const { store, clock, folder } = this.#parts;
    const newestFirst = records.toSorted((a, b) => b.updatedAt - a.updatedAt);
    const done = new Set<string>();
    let written = 0;
    for (const record of newestFirst) {
      const fileName = fileNameOf(record);
      if (fileName === undefined || done.has(fileName)) continue;
      done.add(fileName);
      const row = await store.mirrorFiles.get(fileName);
      if (row?.certificateId === record.id && row.writtenAt > 0) continue;
      const text = formatPem('CERTIFICATE', record.der);
      const next = { fileName, contentSha256: sha256Hex(text), certificateId: record.id };
      await store.mirrorFiles.put({ ...next, writtenAt: 0 });
      await writeFileAtomically(join(folder, fileName), text, 0o644);
      await store.mirrorFiles.put({ ...next, writtenAt: clock.now() });
      written++;
    }
    return written;
  }

  async #remove(row: MirrorFile): Promise<void> {
    // The row goes first: a file without a row is taken in again at worst, a row without a file would withdraw.
    await this.#parts.store.mirrorFiles.remove(row.fileName);
    await rm(join(this.#parts.folder, row.fileName), { force: true });
  }

  #tellNew(problems: readonly FolderProblem[]): void {
    for (const problem of problems) {
      if (this.#toldProblems.get(problem.file) === problem.code) continue;
      this.#toldProblems.set(problem.file, problem.code);
      this.#parts.log.warn('certificate file not taken', { file: problem.file, code: problem.code });
    }
  }
}

/** Asks for the posts that wait for a certificate of this address to go out, now that this one came. */
export async function enqueueRelease(
  repositories: Pick<Repositories, 'jobs'>,
  address: string,
  certificateSha256: string,
): Promise<void> {
  // One job a certificate: a job of the same address that runs right now may have looked before this one came.
  const subject = `${address} ${certificateSha256.slice(0, 16)}`;
  await repositories.jobs.enqueue({
    role: 'delivery',
    kind: 'release-waiting',
    subject,
    payload: { address },
  });
}

function fileNameOf(record: CertificateRecord): string | undefined {
  return certificateFileName(record.address, record.usage);
}
