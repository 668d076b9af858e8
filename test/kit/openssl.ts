import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireProgram } from './programs.ts';

/** Certificate and private key in PEM. */
export interface PemIdentity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** What a run of the program gave. */
export interface OpensslResult {
  readonly ok: boolean;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** The forms in which `openssl cms` reads and writes. */
export type CmsForm = 'DER' | 'PEM' | 'SMIME';

/**
 * Runs the openssl program on files of a temporary folder; `using` or {@link close} removes the folder.
 */
export class Openssl implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ssympa-openssl-'));
  readonly #program = requireProgram('openssl');
  #files = 0;

  /** Writes a file into the folder and gives its path. */
  write(bytes: string | Uint8Array, suffix = 'bin'): string {
    this.#files += 1;
    const path = join(this.#folder, `${this.#files}.${suffix}`);
    writeFileSync(path, bytes);
    return path;
  }

  /** Runs the program; a failure is a result, not an exception. */
  run(args: readonly string[], input?: Uint8Array | string): OpensslResult {
    const { status, stdout, stderr } = spawnSync(this.#program, args, {
      cwd: this.#folder,
      input: input ?? '',
      maxBuffer: 256 << 20,
    });
    return { ok: status === 0, stdout, stderr: stderr.toString() };
  }

  /** Runs the program and throws where it fails. */
  must(args: readonly string[], input?: Uint8Array | string): Buffer {
    const { ok, stdout, stderr } = this.run(args, input);
    if (!ok) throw new Error(`openssl ${args.join(' ')} failed: ${stderr}`);
    return stdout;
  }

  /** Signs content by `openssl cms -sign -binary`; options such as `-nodetach`, `-stream`, `-keyopt rsa_padding_mode:pss`. */
  sign(
    content: Uint8Array,
    signer: PemIdentity,
    options: readonly string[] = [],
    form: CmsForm = 'DER',
  ): Buffer {
    const files = [
      '-signer',
      this.write(signer.certificatePem, 'pem'),
      '-inkey',
      this.write(signer.privateKeyPem, 'pem'),
    ];
    return this.must(['cms', '-sign', '-binary', '-outform', form, ...files, ...options], content);
  }

  /** Verifies by `openssl cms -verify -binary`, trusting exactly the anchors given; gives the content. */
  verify(
    cms: Uint8Array,
    trustAnchorsPem: string,
    options: {
      readonly content?: Uint8Array;
      readonly form?: CmsForm;
      readonly more?: readonly string[];
    } = {},
  ): OpensslResult {
    const content = options.content === undefined ? [] : ['-content', this.write(options.content)];
    const trust = ['-CAfile', this.write(trustAnchorsPem, 'pem'), '-no-CApath', '-no-CAstore'];
    const rest = [...content, ...trust, ...(options.more ?? [])];
    return this.run(['cms', '-verify', '-binary', '-inform', options.form ?? 'DER', ...rest], cms);
  }

  /**
   * Encrypts content by `openssl cms -encrypt -binary`.
   *
   * @param recipients each with options of its own, such as `-keyopt rsa_padding_mode:oaep`
   * @param options such as `-aes-256-gcm`, `-stream`, `-keyid`
   */
  encrypt(
    content: Uint8Array,
    recipients: readonly { readonly certificatePem: string; readonly options?: readonly string[] }[],
    options: readonly string[] = [],
    form: CmsForm = 'DER',
  ): Buffer {
    const each = recipients.flatMap(({ certificatePem, options: own }) => [
      '-recip',
      this.write(certificatePem, 'pem'),
      ...(own ?? []),
    ]);
    return this.must(['cms', '-encrypt', '-binary', '-outform', form, ...options, ...each], content);
  }

  /** Decrypts by `openssl cms -decrypt -binary`. */
  decrypt(cms: Uint8Array, recipient: PemIdentity, options: { readonly form?: CmsForm } = {}): OpensslResult {
    const files = [
      '-recip',
      this.write(recipient.certificatePem, 'pem'),
      '-inkey',
      this.write(recipient.privateKeyPem, 'pem'),
    ];
    return this.run(['cms', '-decrypt', '-binary', '-inform', options.form ?? 'DER', ...files], cms);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
