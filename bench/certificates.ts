import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/clock.ts';
import { silentLog } from '../src/log.ts';
import { formatName } from '../src/pki/name-text.ts';
import { openStore, type Store } from '../src/store/store.ts';
import { UserCertificates } from '../src/trust/user-certificates.ts';
import { makeTestCa } from '../test/kit/ca.ts';

/** What it takes to find the certificates of recipients. */
export interface CertificateRow {
  readonly stored: number;
  readonly recipients: number;
  readonly milliseconds: number;
  readonly addressesPerSecond: number;
}

/** Times and memory of one run. */
export interface CertificateBench {
  readonly rows: readonly CertificateRow[];
  /** Growth of the heap while every certificate was chosen once, in bytes. */
  readonly heapBytes: number;
}

const recipientsPerQuery = 500;
/** What an operator brought needs no path, which would be most of the work: look-up and selection are what is measured. */
const nobody = { for: async () => ({ trustAnchors: [], crls: [], crlCheck: 'off' as const }) };

/**
 * Measures look-up and selection with a store of many certificates on embedded SQLite: of one person, of a packet of
 * recipients, and of everybody.
 *
 * @param stored how many certificates there are
 */
export async function benchCertificates(stored = 100_000): Promise<CertificateBench> {
  const folder = mkdtempSync(join(tmpdir(), 'ssympa-bench-'));
  const store = await openStore(`sqlite:${join(folder, 'bench.db')}`, { clock: systemClock, log: silentLog });
  try {
    await fill(store, stored);
    const certificates = new UserCertificates(systemClock, nobody);
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const rows: CertificateRow[] = [];
    for (const recipients of [1, recipientsPerQuery, stored])
      rows.push(await measure(store, certificates, stored, recipients));
    globalThis.gc?.();
    return { rows, heapBytes: process.memoryUsage().heapUsed - before };
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

function addressOf(number: number): string {
  return `user${number}@example.org`;
}

/** One certificate stands for all but for its address and digest: their making is not what is measured. */
async function fill(store: Store, stored: number): Promise<void> {
  const { certificate } = makeTestCa().issue({ address: addressOf(0), algorithm: 'rsa-2048' });
  const issuer = formatName(certificate.issuer);
  for (let i = 0; i < stored; i += 1_000)
    await store.transaction(async (tx) => {
      for (let number = i; number < Math.min(stored, i + 1_000); number++)
        await tx.certificates.upsert({
          address: addressOf(number),
          usage: 'both',
          source: 'operator',
          status: 'trusted',
          sha256: number.toString(16).padStart(64, '0'),
          issuer,
          serial: certificate.serial,
          notBefore: certificate.notBeforeMs,
          notAfter: certificate.notAfterMs,
          signingTime: number,
          firstSeen: number,
          updatedAt: number,
          der: certificate.der,
          capabilities: ['aes-256-gcm', 'aes-128-cbc'],
          note: null,
        });
    });
}

async function measure(
  store: Store,
  certificates: UserCertificates,
  stored: number,
  recipients: number,
): Promise<CertificateRow> {
  const begun = performance.now();
  for (let i = 0; i < recipients; i += recipientsPerQuery) {
    const count = Math.min(recipientsPerQuery, recipients - i);
    const addresses = Array.from({ length: count }, (_, at) => addressOf((i + at) % stored));
    const choices = await certificates.chooseForEncryption(store, addresses, {});
    if ([...choices.values()].some(({ status }) => status !== 'found'))
      throw new Error('a certificate is missing');
  }
  const milliseconds = performance.now() - begun;
  return { stored, recipients, milliseconds, addressesPerSecond: (recipients * 1_000) / milliseconds };
}
