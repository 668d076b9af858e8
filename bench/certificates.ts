import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/clock.ts';
import { silentLog } from '../src/log.ts';
import { formatName } from '../src/pki/name-text.ts';
import { openStore, type Store } from '../src/store/store.ts';
import { UserCertificates } from '../src/trust/user-certificates.ts';
import { makeKeys, makeTestCa, type TestCa } from '../test/kit/ca.ts';

/** What it takes to find the certificates of recipients. */
export interface CertificateRow {
  /** Whether the path of each was validated, or validated before. */
  readonly paths: 'validated' | 'known';
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
/** So many keys stand for all: to make one for each would take longer than the bench. */
const keyPool = 8;

/**
 * Measures look-up and selection of certificates that messages brought, in a store of many on embedded SQLite: of one person,
 * of a packet of recipients, and of everybody; first with the path of each validated, then with the verdict known.
 *
 * @param stored how many certificates there are
 */
export async function benchCertificates(stored = 100_000): Promise<CertificateBench> {
  const folder = mkdtempSync(join(tmpdir(), 'ssympa-bench-'));
  const store = await openStore(`sqlite:${join(folder, 'bench.db')}`, { clock: systemClock, log: silentLog });
  try {
    const ca = makeTestCa();
    await fill(store, ca, stored);
    const trust = {
      trustAnchors: [ca.certificate],
      crls: [],
      crlCheck: 'present',
      recordsSuffice: true,
    } as const;
    const anchors = { for: async () => trust };
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const rows: CertificateRow[] = [];
    for (const recipients of [1, recipientsPerQuery, stored]) {
      const certificates = new UserCertificates(systemClock, anchors);
      for (const paths of ['validated', 'known'] as const)
        rows.push({ paths, ...(await measure(store, certificates, stored, recipients)) });
    }
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

/** Each person has a certificate of its own, since signatures that were checked are remembered. */
async function fill(store: Store, ca: TestCa, stored: number): Promise<void> {
  const issuer = formatName(ca.name);
  const keys = Array.from({ length: keyPool }, () => makeKeys('rsa-2048', true));
  for (let i = 0; i < stored; i += 1_000)
    await store.transaction(async (tx) => {
      for (let number = i; number < Math.min(stored, i + 1_000); number++) {
        const address = addressOf(number);
        const { certificate } = ca.issue({ address, keys: keys[number % keyPool]! });
        await tx.certificates.upsert({
          address,
          usage: 'both',
          source: 'message',
          status: 'trusted',
          sha256: certificate.sha256,
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
      }
    });
}

async function measure(
  store: Store,
  certificates: UserCertificates,
  stored: number,
  recipients: number,
): Promise<Omit<CertificateRow, 'paths'>> {
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
