import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLmtpSocket } from './lmtp-socket.ts';
import { loadSite } from './site.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssympa-socket-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function both(text: string): Promise<readonly (string | undefined)[]> {
  const file = join(folder, 'sympa.conf');
  await writeFile(file, `domain example.org\nlistmaster root@example.org\n${text}\n`);
  const { conf } = await loadSite(file);
  const unix = conf.lmtp_listen.find((address) => address.kind === 'unix');
  return [await findLmtpSocket(file), unix?.path];
}

describe('findLmtpSocket', () => {
  it.each([
    '',
    'lmtp_listen unix:/run/x.sock',
    'lmtp_listen 127.0.0.1:0, unix:run/x.sock',
    'lmtp_listen 127.0.0.1:24',
    'lmtp_listen none',
  ])('finds for %j what the whole configuration says', async (text) => {
    const [found, configured] = await both(text);
    expect(found).toBe(configured);
  });

  it('needs no file but sympa.conf', async () => {
    const file = join(folder, 'sympa.conf');
    await writeFile(file, 'domain example.org\nlistmaster root@example.org\nkey_passwd_file no/such/file\n');
    expect(await findLmtpSocket(file)).toBe(join(folder, 'data/lmtp.sock'));
    await expect(findLmtpSocket(join(folder, 'other.conf'))).rejects.toMatchObject({
      code: 'config-missing',
    });
  });
});
