import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { exportPrivateKey } from '../../src/pki/private-key.ts';
import type { TestIdentity } from './ca.ts';
import { hasProgram, requireProgram } from './programs.ts';

const sources = join(import.meta.dirname, '../interop/bouncy-castle');
const jars = ['bcmail', 'bcpkix', 'bcprov', 'bcutil', 'javax.mail', 'javax.activation'].map(
  (name) => `/usr/share/java/${name}.jar`,
);

/**
 * Tells whether Bouncy Castle and what compiles our bridge to it are installed.
 *
 * @throws Error where something is missing and `CI=true`
 */
export function hasBouncyCastle(): boolean {
  const missing = jars.find((jar) => !existsSync(jar));
  if (missing !== undefined && process.env.CI === 'true') throw new Error(`${missing} is not installed`);
  return hasProgram('javac') && hasProgram('java') && missing === undefined;
}

/** What the bridge gives back; see `Bridge.java`. */
type Answer = Readonly<Record<string, string>>;

/** What one request brings; bytes go as base64. */
type Members = Readonly<Record<string, string | Uint8Array | undefined>>;

/** Bouncy Castle in one Java process, which answers in turn. */
export class BouncyCastle {
  readonly #classes: string;
  readonly #java: ChildProcess;
  readonly #waiting: {
    readonly resolve: (answer: Answer) => void;
    readonly reject: (error: Error) => void;
  }[] = [];

  private constructor(classes: string) {
    this.#classes = classes;
    const options = [
      '-Xshare:auto',
      '-XX:TieredStopAtLevel=1',
      '-cp',
      [classes, ...jars].join(delimiter),
      'Bridge',
    ];
    this.#java = spawn(requireProgram('java'), options, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#java.stdout! }).on('line', (line) =>
      this.#waiting.shift()?.resolve(JSON.parse(line) as Answer),
    );
    this.#java.once('exit', (code) => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`java ended with ${code}`));
    });
  }

  /** Compiles the bridge into a temporary folder and starts it. */
  static start(): BouncyCastle {
    const classes = mkdtempSync(join(tmpdir(), 'ssympa-bouncy-'));
    const files = readdirSync(sources).map((name) => join(sources, name));
    const { status, stderr } = spawnSync(requireProgram('javac'), [
      '-d',
      classes,
      '-cp',
      jars.join(delimiter),
      ...files,
    ]);
    if (status !== 0) throw new Error(`javac failed: ${stderr}`);
    return new BouncyCastle(classes);
  }

  async #ask(operation: string, members: Members): Promise<Answer> {
    const given = Object.entries(members).filter(([, value]) => value !== undefined);
    const request = Object.fromEntries(
      given.map(([name, value]) => [name, typeof value === 'string' ? value : encode(value!)]),
    );
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#java.stdin!.write(`${JSON.stringify({ do: operation, ...request })}\n`);
    });
    if (answer.error !== undefined) throw new Error(`Bouncy Castle: ${answer.error}`);
    return answer;
  }

  /**
   * Signs content, or a whole message.
   *
   * @param algorithm by its Java name, such as `SHA256withRSAandMGF1`
   */
  async sign(
    form: 'cms' | 'message',
    { content, signer, algorithm, detached }: BouncySigning,
  ): Promise<Buffer> {
    const members = {
      content,
      algorithm,
      ...keyOf(signer),
      certificates: encode(signer.certificate.der),
      detached: detached ? 'yes' : undefined,
    };
    return decode((await this.#ask(form === 'cms' ? 'sign' : 'signMessage', members))[form]);
  }

  /** Verifies every signer with the certificates that came along. */
  async verify(cms: Uint8Array, content?: Uint8Array): Promise<{ good: string; content: Buffer }> {
    const { good, content: inner } = await this.#ask('verify', { cms, content });
    return { good: good!, content: decode(inner ?? '') };
  }

  /** Verifies a message; the content is the entity that was signed. */
  async verifyMessage(message: Uint8Array): Promise<{ good: string; content: Buffer }> {
    const { good, content } = await this.#ask('verifyMessage', { message });
    return { good: good!, content: decode(content) };
  }

  /** Encrypts content, or a whole message. */
  async encrypt(form: 'cms' | 'message', { content, recipients, ...how }: BouncyEncryption): Promise<Buffer> {
    const certificates = recipients.map(({ certificate }) => encode(certificate.der)).join(',');
    const operation = form === 'cms' ? 'encrypt' : 'encryptMessage';
    return decode((await this.#ask(operation, { content, certificates, ...how }))[form]);
  }

  async decrypt(cms: Uint8Array, recipient: TestIdentity): Promise<Buffer> {
    return decode((await this.#ask('decrypt', { cms, ...keyOf(recipient) })).content);
  }

  async decryptMessage(message: Uint8Array, recipient: TestIdentity): Promise<Buffer> {
    return decode((await this.#ask('decryptMessage', { message, ...keyOf(recipient) })).content);
  }

  async compress(content: Uint8Array): Promise<Buffer> {
    return decode((await this.#ask('compress', { content })).cms);
  }

  /** Ends the process and removes its folder. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#java.once('exit', resolve));
    this.#java.stdin!.end();
    await ended;
    rmSync(this.#classes, { recursive: true, force: true });
  }
}

/** How Bouncy Castle signs. */
export interface BouncySigning {
  readonly content: Uint8Array;
  readonly signer: TestIdentity;
  readonly algorithm: string;
  readonly detached: boolean;
}

/** How Bouncy Castle encrypts. */
export interface BouncyEncryption {
  readonly content: Uint8Array;
  readonly recipients: readonly TestIdentity[];
  /** Object identifier. */
  readonly cipher: string;
  /** Digest of OAEP, such as `SHA-256`; without, RSA keys are used by PKCS#1 v1.5. */
  readonly oaep?: string;
  /** Such as `ecdh-sha256`. */
  readonly agreement?: string;
  readonly wrap?: 'aes128' | 'aes192' | 'aes256' | '3des';
}

function keyOf({ privateKey }: TestIdentity): { readonly privateKey: Uint8Array } {
  return { privateKey: exportPrivateKey(privateKey) };
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function decode(text: string | undefined): Buffer {
  if (text === undefined) throw new Error('the bridge left something out');
  return Buffer.from(text, 'base64');
}
