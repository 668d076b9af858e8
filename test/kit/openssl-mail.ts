import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatPem } from '../../src/pki/pem.ts';
import { exportPrivateKey } from '../../src/pki/private-key.ts';
import type { TestIdentity } from './mail.ts';
import { requireProgram } from './programs.ts';

/** What `openssl cms -verify` says of a message. */
export interface OpensslVerdict {
  readonly ok: boolean;
  readonly content: string;
  readonly complaint: string;
}

/** Verifies a whole message with the openssl program. */
export function verifyMessage(message: Uint8Array, { cafile }: { readonly cafile: string }): OpensslVerdict {
  return withFolder((folder) => {
    const file = join(folder, 'message');
    writeFileSync(file, message);
    const run = spawnSync(requireProgram('openssl'), ['cms', '-verify', '-in', file, '-CAfile', cafile]);
    return { ok: run.status === 0, content: run.stdout.toString(), complaint: run.stderr.toString() };
  });
}

/**
 * Decrypts a whole message with the openssl program.
 *
 * @returns what was encrypted, byte for byte
 * @throws Error with the program's complaint
 */
export function decryptMessage(message: Uint8Array, { certificate, privateKey }: TestIdentity): Uint8Array {
  return withFolder((folder) => {
    const files = {
      message: join(folder, 'message'),
      certificate: join(folder, 'cert.pem'),
      key: join(folder, 'key.pem'),
    };
    writeFileSync(files.message, message);
    writeFileSync(files.certificate, formatPem('CERTIFICATE', certificate.der));
    writeFileSync(files.key, formatPem('PRIVATE KEY', exportPrivateKey(privateKey)), { mode: 0o600 });
    const options = ['-in', files.message, '-recip', files.certificate, '-inkey', files.key, '-binary'];
    const run = spawnSync(requireProgram('openssl'), ['cms', '-decrypt', ...options], { maxBuffer: 1 << 28 });
    if (run.status !== 0) throw new Error(`openssl does not decrypt: ${run.stderr}`);
    return new Uint8Array(run.stdout);
  });
}

function withFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'ssympa-openssl-mail-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
