import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEnveloped } from '../../src/cms/open.ts';
import { makeTestCa } from '../kit/ca.ts';
import { parseAs } from '../kit/forge-cms.ts';
import { hasProgram, requireProgram } from '../kit/programs.ts';

const bob = makeTestCa().issue({ address: 'bob@example.org', use: 'encrypt', algorithm: 'ec-p256' });

/** AES content for an elliptic key, its content-encryption key wrapped as the option says. */
function encryptWith(wrapOption: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'ssympa-wrap-'));
  try {
    const file = join(folder, 'bob.pem');
    writeFileSync(file, bob.certificatePem);
    const options = ['-encrypt', '-binary', '-outform', 'DER', '-aes-128-cbc', wrapOption, '-recip', file];
    const run = spawnSync(requireProgram('openssl'), ['cms', ...options], { input: 'words' });
    if (run.status !== 0) throw new Error(run.stderr.toString());
    return new Uint8Array(run.stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.skipIf(!hasProgram('openssl'))('keys that openssl wraps', () => {
  it('are unwrapped with AES', () => {
    const info = parseAs('enveloped', encryptWith('-aes256-wrap'));
    expect(openEnveloped(info, [bob])).toMatchObject({ status: 'opened' });
  });

  it('are unwrapped with 3DES where old ciphers are read, and only there, whatever the cipher of the content', () => {
    const info = parseAs('enveloped', encryptWith('-des3-wrap'));
    expect(openEnveloped(info, [bob])).toEqual({ status: 'failed' });
    expect(openEnveloped(info, [bob], { legacy: true })).toMatchObject({ status: 'opened' });
  });
});
