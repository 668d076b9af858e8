import type { JsonWebKey } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestCa, TestIdentity } from './ca.ts';
import { ProgramFolder, type ProgramResult } from './program-folder.ts';

/** No CRL, no directory, no question to anybody; the agent ends with the folder. */
const files: Readonly<Record<string, string>> = {
  'gpgsm.conf': 'batch\nno-tty\nquiet\ndisable-crl-checks\ndisable-dirmngr\n',
  'gpg-agent.conf': 'no-grab\nallow-loopback-pinentry\nignore-cache-for-signing\n',
};

/** The S/MIME program of GnuPG, with a home folder and an agent of its own. */
export class Gpgsm implements Disposable {
  readonly #folder = new ProgramFolder('sm', (path) => ({ GNUPGHOME: path }));

  /** @param ca whose certificate is trusted, and nothing else is */
  constructor(ca: TestCa) {
    mkdirSync(join(this.#folder.path, 'private-keys-v1.d'), { mode: 0o700 });
    for (const [name, text] of Object.entries(files)) this.#put(name, text);
    const fingerprint = this.#fingerprintOf(ca.certificatePem);
    this.#put('trustlist.txt', `${fingerprint} S relax\n`);
  }

  #put(name: string, bytes: string | Uint8Array): void {
    writeFileSync(join(this.#folder.path, name), bytes, { mode: 0o600 });
  }

  /** Takes a certificate of somebody else in. */
  addCertificate(certificatePem: string): void {
    this.#folder.must('gpgsm', ['--import', this.#folder.write(certificatePem, 'pem')]);
  }

  #fingerprintOf(certificatePem: string): string {
    this.addCertificate(certificatePem);
    return this.#lastField('fpr', ['--list-keys']);
  }

  /** Gives the tenth field of the last line of a kind in the listing with colons. */
  #lastField(kind: string, args: readonly string[]): string {
    const listing = this.#folder.must('gpgsm', ['--with-colons', '--with-keygrip', ...args]).toString();
    const line = listing.split('\n').findLast((text) => text.startsWith(`${kind}:`));
    if (line === undefined) throw new Error(`gpgsm lists no ${kind}`);
    return line.split(':')[9]!;
  }

  /**
   * Takes a certificate in with its key.
   *
   * The key goes straight into the agent's folder, without a pass phrase: the agent's import takes PKCS#12 with RSA keys
   * only.
   */
  addIdentity(address: string, { certificatePem, privateKey }: TestIdentity): void {
    this.addCertificate(certificatePem);
    const keygrip = this.#lastField('grp', ['--list-keys', address]);
    this.#put(`private-keys-v1.d/${keygrip}.key`, keyExpression(privateKey.export({ format: 'jwk' })));
  }

  /** Signs by `gpgsm --sign`; options such as `--detach-sign`, `--digest-algo SHA512`. */
  sign(content: Uint8Array, address: string, options: readonly string[] = ['--sign']): Buffer {
    return this.#folder.must('gpgsm', ['--local-user', address, '--output', '-', ...options], content);
  }

  /** Verifies by `gpgsm --verify`; gives the content where it lies inside. */
  verify(cms: Uint8Array, content?: Uint8Array): ProgramResult {
    const file = this.#folder.write(cms);
    if (content !== undefined)
      return this.#folder.run('gpgsm', ['--verify', file, this.#folder.write(content)]);
    return this.#folder.run('gpgsm', ['--output', '-', '--verify', file]);
  }

  /** Encrypts by `gpgsm --encrypt` with a cipher such as `AES256`. */
  encrypt(content: Uint8Array, addresses: readonly string[], cipher: string): Buffer {
    const recipients = addresses.flatMap((address) => ['--recipient', address]);
    const options = ['--cipher-algo', cipher, '--output', '-', '--encrypt'];
    return this.#folder.must('gpgsm', [...recipients, ...options], content);
  }

  /** Decrypts by `gpgsm --decrypt`. */
  decrypt(cms: Uint8Array): ProgramResult {
    return this.#folder.run('gpgsm', ['--output', '-', '--decrypt'], cms);
  }

  close(): void {
    this.#folder.run('gpgconf', ['--kill', 'all']);
    this.#folder.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const curves: Readonly<Record<string, string>> = {
  'P-256': 'NIST P-256',
  'P-384': 'NIST P-384',
  'P-521': 'NIST P-521',
};

/** Writes a private key as the agent keeps it: a canonical S-expression. */
function keyExpression(key: JsonWebKey): Uint8Array {
  if (key.kty === 'RSA') {
    // Libgcrypt wants p < q, and u = 1/p mod q: the factors change places.
    const members = { n: key.n, e: key.e, d: key.d, p: key.q, q: key.p, u: key.qi };
    return list(
      'private-key',
      list('rsa', ...Object.entries(members).map(([name, value]) => list(name, number(value)))),
    );
  }
  const point = Buffer.concat([Buffer.of(4), octets(key.x), octets(key.y)]);
  const curve = list('curve', atom(Buffer.from(curves[key.crv ?? '']!)));
  return list('private-key', list('ecc', curve, list('q', atom(point)), list('d', number(key.d))));
}

function octets(base64url: string | undefined): Buffer {
  return Buffer.from(base64url!, 'base64url');
}

/** A number of libgcrypt is signed. */
function number(base64url: string | undefined): Buffer {
  return atom(Buffer.concat([Buffer.of(0), octets(base64url)]));
}

function atom(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length}:`), bytes]);
}

function list(name: string, ...members: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from('('), atom(Buffer.from(name)), ...members, Buffer.from(')')]);
}
