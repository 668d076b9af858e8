import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseCertificateList } from '../src/pki/crl.ts';
import { openMessage } from '../src/smime/open-message.ts';
import { sealEntity } from '../src/smime/seal-entity.ts';
import { makeTestCa, type TestIdentity } from '../test/kit/ca.ts';
import { encrypted, message, signed } from '../test/kit/mail.ts';
import { requireProgram } from '../test/kit/programs.ts';

/** How often a second one operation is done on content of one size. */
export interface CryptoRow {
  readonly operation: 'verify' | 'decrypt' | 'seal';
  /** Bytes of the content. */
  readonly size: number;
  readonly oursPerSecond: number;
  /** `openssl cms`, a process for each message. */
  readonly opensslPerSecond: number;
  /** Debian's Crypt::SMIME, many messages in one process; undefined where it is not installed. */
  readonly cryptSmimePerSecond: number | undefined;
}

/** How much is measured. */
export interface CryptoBenchOptions {
  readonly sizes?: readonly number[];
  /** How long each of the three is measured in one round. */
  readonly seconds?: number;
  /** The best slice of all rounds counts: other work on the machine only slows down. */
  readonly rounds?: number;
  readonly recipients?: number;
}

/** The three that are compared, each as a function that measures itself once. */
interface Contest {
  readonly ours: () => unknown;
  readonly openssl: readonly (readonly string[])[];
  readonly cryptSmime: readonly string[];
}

/** Messages and files that all three read. */
interface Bench {
  readonly folder: string;
  readonly contests: Readonly<Record<CryptoRow['operation'], Contest>>;
  /** Copies that one call of `ours` makes. */
  readonly copies: Readonly<Record<CryptoRow['operation'], number>>;
}

/**
 * Measures verification with a path over two authorities and their CRLs, decryption (RSA-2048, AES-256-CBC), and sealing
 * a copy for each recipient, from the bytes of the message to the verdict, the content, the copy.
 *
 * We and Crypt::SMIME do it in one process over and over, with keys, anchors and CRLs loaded before; `openssl cms` loads
 * them each time. Not alike: Crypt::SMIME looks at no CRLs, compares no addresses, takes no digests of what it opens, and
 * with an OpenSSL before 3.2 makes up no key where the padding of one is wrong (RFC 3218 §2.3.2), which we always do.
 */
export function benchCrypto(options: CryptoBenchOptions = {}): readonly CryptoRow[] {
  const {
    sizes = [1000, 10_000, 100_000, 1_000_000],
    seconds = 0.5,
    rounds = 6,
    recipients = 1000,
  } = options;
  const hasCryptSmime = spawnSync('perl', ['-MCrypt::SMIME', '-e', '1']).status === 0;
  const people = makePeople(recipients);
  return sizes.flatMap((size) => {
    const bench = prepare(people, size);
    try {
      return (['verify', 'decrypt', 'seal'] as const).map((operation) => ({
        operation,
        size,
        ...measure(bench, operation, { seconds, rounds, hasCryptSmime }),
      }));
    } finally {
      rmSync(bench.folder, { recursive: true, force: true });
    }
  });
}

interface Effort {
  readonly seconds: number;
  readonly rounds: number;
  readonly hasCryptSmime: boolean;
}

/** Takes turns, so that a busy moment of the machine does not fall on one side alone. */
function measure(
  { contests, copies }: Bench,
  operation: CryptoRow['operation'],
  { seconds, rounds, hasCryptSmime }: Effort,
): Pick<CryptoRow, 'oursPerSecond' | 'opensslPerSecond' | 'cryptSmimePerSecond'> {
  const { ours, openssl, cryptSmime } = contests[operation];
  const best = { ours: 0, openssl: 0, cryptSmime: 0 };
  // Not counted: the first calls compile, and a daemon runs for weeks. Perl compiles before it measures.
  rateOf(2 * seconds, ours);
  for (let round = 0; round < rounds; round += 1) {
    best.ours = Math.max(best.ours, copies[operation] * rateOf(seconds, ours));
    const next = turns(openssl);
    best.openssl = Math.max(
      best.openssl,
      rateOf(seconds, () => runOpenssl(next())),
    );
    if (hasCryptSmime)
      best.cryptSmime = Math.max(best.cryptSmime, runCryptSmime(operation, seconds, cryptSmime));
  }
  return {
    oursPerSecond: best.ours,
    opensslPerSecond: best.openssl,
    cryptSmimePerSecond: hasCryptSmime ? best.cryptSmime : undefined,
  };
}

/** Of a rate the best slice counts: in one that short the machine may have been left alone, in a second never. */
const sliceSeconds = 0.02;

function rateOf(seconds: number, work: () => unknown): number {
  let best = 0;
  for (const start = performance.now(); performance.now() - start < seconds * 1000; )
    best = Math.max(best, rateOfSlice(work));
  return best;
}

function rateOfSlice(work: () => unknown): number {
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < sliceSeconds * 1000) {
    work();
    count += 1;
  }
  return (count * 1000) / (performance.now() - start);
}

function turns<T>(items: readonly T[]): () => T {
  let next = 0;
  return () => items[next++ % items.length]!;
}

function runOpenssl(args: readonly string[]): void {
  const run = spawnSync(requireProgram('openssl'), ['cms', ...args]);
  if (run.status !== 0) throw new Error(`openssl cms: ${run.stderr}`);
}

function runCryptSmime(operation: string, seconds: number, files: readonly string[]): number {
  const script = resolve(import.meta.dirname, 'crypt-smime.pl');
  const run = spawnSync('perl', [script, operation, String(seconds), ...files], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`Crypt::SMIME: ${run.stderr}`);
  return Number(run.stdout);
}

interface People {
  readonly root: ReturnType<typeof makeTestCa>;
  readonly authority: ReturnType<typeof makeTestCa>;
  readonly alice: TestIdentity;
  readonly recipients: readonly TestIdentity[];
}

function makePeople(count: number): People {
  const root = makeTestCa({ algorithm: 'rsa-2048' });
  const authority = root.subCa({ algorithm: 'rsa-2048' });
  const alice = authority.issue({ address: 'alice@example.org' });
  const recipients = Array.from({ length: count }, (_, i) =>
    authority.issue({ address: `s${i}@example.org`, use: 'encrypt' }),
  );
  return { root, authority, alice, recipients };
}

/** Text in lines of 76, as mail has it. */
function textOf(size: number): Uint8Array {
  const head = 'Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n';
  const line = `${'The quick brown fox jumps over the lazy dog, and back. '.repeat(2).slice(0, 76)}\r\n`;
  return new Uint8Array(Buffer.from(head + line.repeat(Math.ceil(size / line.length))));
}

function prepare({ root, authority, alice, recipients }: People, size: number): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'ssympa-crypto-'));
  const write = (name: string, bytes: string | Uint8Array) => {
    const file = join(folder, name);
    writeFileSync(file, bytes, { mode: 0o600 });
    return file;
  };
  const entity = textOf(size);
  const fields = { from: 'alice@example.org', to: 'team@lists.example.org' };
  const signedMail = message(fields, signed(entity, alice, { chain: [authority.certificate] }));
  const sealedMail = message(fields, encrypted(entity, alice.certificate, 'aes-256-cbc'));
  const [signedFile, sealedFile, plainFile] = [
    write('signed.eml', signedMail),
    write('sealed.eml', sealedMail),
    write('plain.eml', message(fields, entity)),
  ];
  const crls = [root.crl(), authority.crl()];
  const anchors = write('anchors.pem', root.pem);
  const anchorsAndCrls = write('crls.pem', root.pem + root.crlPem() + authority.crlPem());
  const [certificate, key] = [write('cert.pem', alice.certificatePem), write('key.pem', alice.privateKeyPem)];
  const certificates = recipients.map((one, index) => write(`${index}.pem`, one.certificatePem));
  const trust = {
    trustAnchors: [root.certificate],
    untrusted: [],
    crls: crls.map(parseCertificateList),
    crlCheck: 'require',
  } as const;
  const open = (raw: Uint8Array) => openMessage(raw, { identities: [alice], trust, atMs: Date.now() });
  const out = ['-out', join(folder, 'out')];
  return {
    folder,
    copies: { verify: 1, decrypt: 1, seal: recipients.length },
    contests: {
      verify: {
        ours: () => demand(open(signedMail).signature.status === 'valid'),
        openssl: [['-verify', '-in', signedFile, '-CAfile', anchorsAndCrls, '-crl_check_all', ...out]],
        cryptSmime: [signedFile, anchors],
      },
      decrypt: {
        ours: () => demand(open(sealedMail).payload !== undefined),
        openssl: [['-decrypt', '-in', sealedFile, '-recip', certificate, '-inkey', key, ...out]],
        cryptSmime: [sealedFile, certificate, key],
      },
      seal: {
        ours: () => sealAll(entity, recipients),
        openssl: certificates.map((file) => ['-encrypt', '-aes-256-cbc', '-in', plainFile, ...out, file]),
        cryptSmime: [plainFile, ...certificates],
      },
    },
  };
}

function sealAll(entity: Uint8Array, recipients: readonly TestIdentity[]): void {
  const sealer = sealEntity(entity, 'aes-256-cbc');
  for (const { certificate } of recipients) sealer.copyFor(certificate);
}

function demand(holds: boolean): void {
  if (!holds) throw new Error('a message of the bench was not read as it should be');
}
