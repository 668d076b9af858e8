import { spawnSync } from 'node:child_process';
import { constants, publicEncrypt, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publicKeyOf } from '../src/pki/certificate.ts';
import { sealEntity } from '../src/smime/seal-entity.ts';
import { makeTestCa, type TestIdentity } from '../test/kit/ca.ts';
import { requireProgram } from '../test/kit/programs.ts';

/** How fast content of one size is sealed for each of many recipients, a copy for each. */
export interface SealRow {
  /** Bytes of the content. */
  readonly size: number;
  readonly oursPerSecond: number;
  /** `openssl cms -encrypt` started once for each recipient, over a sample. */
  readonly opensslPerSecond: number;
  /** The bare RSA operation that nothing can do without. */
  readonly rawPerSecond: number;
}

/** How much is measured. */
export interface SealBenchOptions {
  readonly recipients?: number;
  readonly opensslSample?: number;
  /** The best of so many rounds counts: other work on the machine only slows down. */
  readonly rounds?: number;
}

const sizes = [10_000, 100_000, 1_000_000];

/**
 * Measures sealing with AES-256-CBC for RSA-2048 recipients, the whole of it: content encrypted once, key wrapped for
 * each, structure written, base64 made.
 */
export function benchSeal(options: SealBenchOptions = {}): readonly SealRow[] {
  const { recipients = 1000, opensslSample = 40, rounds = 8 } = options;
  const ca = makeTestCa();
  const identities = Array.from({ length: recipients }, (_, i) =>
    ca.issue({ address: `s${i}@example.org`, use: 'encrypt' }),
  );
  return sizes.map((size) => {
    const content = randomBytes(size);
    const work = { ours: () => sealAll(content, identities), raw: () => wrapAll(identities) };
    const { ours, raw } = bestRates(rounds, recipients, work);
    const opensslPerSecond = opensslRate(content, identities.slice(0, opensslSample));
    return { size, oursPerSecond: ours, opensslPerSecond, rawPerSecond: raw };
  });
}

/** Takes turns, so that a busy moment of the machine does not fall on one side alone. */
function bestRates<K extends string>(
  rounds: number,
  count: number,
  works: Readonly<Record<K, () => void>>,
): Readonly<Record<K, number>> {
  const rates = Object.fromEntries(Object.keys(works).map((name) => [name, 0])) as Record<K, number>;
  // The first round is not counted: it fills caches, as the first post of a list does.
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of Object.keys(works) as K[]) {
      const start = performance.now();
      works[name]();
      const rate = Math.round((count * 1000) / (performance.now() - start));
      if (round > 0) rates[name] = Math.max(rates[name], rate);
    }
  }
  return rates;
}

function sealAll(content: Uint8Array, identities: readonly TestIdentity[]): void {
  const sealer = sealEntity(content, 'aes-256-cbc');
  for (const { certificate } of identities) sealer.copyFor(certificate);
}

function wrapAll(identities: readonly TestIdentity[]): void {
  const key = randomBytes(32);
  for (const { certificate } of identities) {
    publicEncrypt({ key: publicKeyOf(certificate), padding: constants.RSA_PKCS1_PADDING }, key);
  }
}

function opensslRate(content: Uint8Array, identities: readonly TestIdentity[]): number {
  const openssl = requireProgram('openssl');
  const folder = mkdtempSync(join(tmpdir(), 'ssympa-bench-'));
  try {
    const files = identities.map(({ certificatePem }, index) => {
      const file = join(folder, `${index}.pem`);
      writeFileSync(file, certificatePem);
      return file;
    });
    const start = performance.now();
    for (const file of files) {
      const args = ['cms', '-encrypt', '-binary', '-outform', 'DER', '-aes-256-cbc', file];
      if (spawnSync(openssl, args, { input: content }).status !== 0) throw new Error('openssl cms failed');
    }
    return Math.round((files.length * 1000) / (performance.now() - start));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
