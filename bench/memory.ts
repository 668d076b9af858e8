import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCertificate } from '../src/pki/certificate.ts';
import { parsePrivateKey } from '../src/pki/private-key.ts';
import { openMessage } from '../src/smime/open-message.ts';
import { type SealCipher, sealEntity } from '../src/smime/seal-entity.ts';
import { makeTestCa, type TestIdentity } from '../test/kit/ca.ts';

/** What memory one large message takes while it is opened and sealed again. */
export interface MemoryRow {
  readonly cipher: SealCipher;
  /** Bytes of the message as it lies in the mail. */
  readonly messageBytes: number;
  /** Highest memory of the process above that of an idle one, divided by the size of the message. */
  readonly peakFactor: number;
}

/** What the measuring process is given, and prints. */
interface Work {
  readonly folder: string;
  readonly cipher: SealCipher;
}

/**
 * Measures a process of its own that reads a message, opens it and seals what was in it for one recipient.
 *
 * @param contentBytes size of the plaintext
 */
export function benchMemory(contentBytes = 22_000_000): readonly MemoryRow[] {
  const folder = mkdtempSync(join(tmpdir(), 'ssympa-memory-'));
  const ca = makeTestCa();
  const alice = ca.issue({ address: 'alice@example.org' });
  writeFileSync(join(folder, 'cert.der'), alice.certificate.der);
  writeFileSync(join(folder, 'key.pem'), alice.privateKeyPem);
  try {
    return (['aes-256-cbc', 'aes-256-gcm'] as const).map((cipher) => {
      const messageBytes = writeMessage(folder, alice, cipher, contentBytes);
      const peakBytes = peakOf({ folder, cipher }) - peakOf(undefined);
      return { cipher, messageBytes, peakFactor: Math.round((peakBytes / messageBytes) * 100) / 100 };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeMessage(folder: string, alice: TestIdentity, cipher: SealCipher, contentBytes: number): number {
  const entity = Buffer.concat([
    Buffer.from('Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n'),
    randomBytes(contentBytes),
  ]);
  const sealer = sealEntity(entity, cipher);
  const { head, tail } = sealer.copyFor(alice.certificate);
  const header = `From: alice@example.org\r\nMIME-Version: 1.0\r\n${sealer.fields}\r\n`;
  const message = Buffer.concat([Buffer.from(header), head, tail]);
  writeFileSync(join(folder, 'message.eml'), message);
  return message.length;
}

/** Highest resident memory of a process, in bytes; without work, of one that only loads the program. */
function peakOf(work: Work | undefined): number {
  const run = spawnSync(process.execPath, [
    import.meta.filename,
    ...(work ? [JSON.stringify(work)] : ['idle']),
  ]);
  if (run.status !== 0) throw new Error(run.stderr.toString());
  return Number(run.stdout.toString());
}

function openAndSeal({ folder, cipher }: Work): void {
  const certificate = parseCertificate(readFileSync(join(folder, 'cert.der')));
  const privateKey = parsePrivateKey(readFileSync(join(folder, 'key.pem')));
  const trust = { trustAnchors: [], untrusted: [], crls: [], crlCheck: 'off' } as const;
  const opened = openMessage(readFileSync(join(folder, 'message.eml')), {
    identities: [{ certificate, privateKey }],
    trust,
    atMs: Date.now(),
  });
  if (opened.payload === undefined) throw new Error('the message did not open');
  sealEntity(opened.payload, cipher).copyFor(certificate);
}

/** Linux counts the memory of the parent into `maxRSS` of a process that it starts; its own high-water mark stands in `/proc`. */
function highestMemory(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'latin1') : '';
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB/m.exec(status) ?? [];
  return (kilobytes === undefined ? process.resourceUsage().maxRSS : Number(kilobytes)) * 1024;
}

if (import.meta.main) {
  const [argument] = process.argv.slice(2);
  if (argument !== undefined && argument !== 'idle') openAndSeal(JSON.parse(argument) as Work);
  process.stdout.write(String(highestMemory()));
}
