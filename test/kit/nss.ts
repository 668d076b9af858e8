import { createPkcs12 } from '../../src/pki/pkcs12.ts';
import type { TestIdentity } from './ca.ts';
import { ProgramFolder, type ProgramResult } from './program-folder.ts';

const password = 'for-the-import-alone';

/** The library of Firefox and Thunderbird by its programs, on a database of its own that a test fills. */
export class Nss implements Disposable {
  readonly #folder = new ProgramFolder('nss');
  readonly #database = `sql:${this.#folder.path}`;

  /** @param trustAnchorPem trusted for mail, and nothing else is */
  constructor(trustAnchorPem: string) {
    this.#folder.must('certutil', ['-N', '-d', this.#database, '--empty-password']);
    this.#addCertificate('anchor', trustAnchorPem, ',CT,');
  }

  /** Puts a certificate with its key into the database, under a nickname. */
  addIdentity(nickname: string, { certificate, privateKey }: TestIdentity): void {
    const input = { key: privateKey, certificates: [certificate], friendlyName: nickname, password };
    const file = this.#folder.write(createPkcs12(input), 'p12');
    this.#folder.must('pk12util', ['-i', file, '-d', this.#database, '-K', '', '-W', password]);
  }

  /** Puts a certificate of somebody else into the database. */
  addCertificate(nickname: string, certificatePem: string): void {
    this.#addCertificate(nickname, certificatePem, ',,');
  }

  #addCertificate(nickname: string, pem: string, trust: string): void {
    const file = this.#folder.write(pem, 'pem');
    this.#folder.must('certutil', [
      '-A',
      '-d',
      this.#database,
      '-n',
      nickname,
      '-t',
      trust,
      '-a',
      '-i',
      file,
    ]);
  }

  /** Signs by `cmsutil -S`; options such as `-T` (content apart), `-G`, `-P`, `-H SHA512`. */
  sign(content: Uint8Array, nickname: string, options: readonly string[] = []): Buffer {
    return this.#cmsutil(['-S', '-N', nickname, '-i', this.#folder.write(content), ...options]);
  }

  /** Verifies by `cmsutil -D` for mail, and gives the content; it also remembers what a signer announces. */
  verify(cms: Uint8Array, content?: Uint8Array): ProgramResult {
    const detached = content === undefined ? [] : ['-c', this.#folder.write(content)];
    return this.#read(cms, detached);
  }

  /** Encrypts by `cmsutil -E`; which cipher, NSS decides by what the recipients announced. */
  encrypt(content: Uint8Array, nicknames: readonly string[]): Buffer {
    return this.#cmsutil(['-E', '-r', nicknames.join(','), '-i', this.#folder.write(content)]);
  }

  /** Decrypts by `cmsutil -D`. */
  decrypt(cms: Uint8Array): ProgramResult {
    return this.#read(cms, []);
  }

  #cmsutil(args: readonly string[]): Buffer {
    return this.#folder.must('cmsutil', [...args, '-d', this.#database]);
  }

  #read(cms: Uint8Array, more: readonly string[]): ProgramResult {
    return this.#folder.run('cmsutil', ['-D', '-d', this.#database, '-i', this.#folder.write(cms), ...more]);
  }

  close(): void {
    this.#folder.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
