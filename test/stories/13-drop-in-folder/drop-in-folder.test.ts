import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCertificates } from '../../../src/pki/pem.ts';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { TestSite } from '../../kit/site.ts';

const to = 'board@lists.example.org';
const from = 'alice@example.org';
const dave = "dave.o'neil@example.net";
const daveFile = 'dave.o_27neil@example.net';

describe('story 13: certificates are dropped into, changed in and removed from the folder of a running daemon', () => {
  let site: TestSite;
  let list: TestIdentity;
  let alice: TestIdentity;
  const folder = () => join(site.dir, 'expl/X509-user-certs');
  beforeAll(async () => {
    site = await TestSite.make({ housekeepingPauseMs: 100 });
    await site.list('board', [from, dave]);
    list = site.listKey('board');
    alice = await site.person(from);
    await site.start();
    // `ssympa init` makes the folder; here it comes with the first look at it.
    await until(async () => existsSync(folder()));
  });
  afterAll(() => site.dispose());

  async function until(check: () => Promise<boolean>) {
    for (let i = 0; i < 200; i++) {
      if (await check()) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('it did not happen in time');
  }

  const inUse = (address: string) =>
    site.withStore(async (store) =>
      (await store.certificates.ofAddress(address))
        .filter((record) => record.status === 'trusted')
        .map((record) => record.sha256),
    );

  async function drop(name: string, text: string, address: string, sha256: string) {
    writeFileSync(join(folder(), `.${name}`), text);
    renameSync(join(folder(), `.${name}`), join(folder(), name));
    await until(async () => (await inUse(address)).includes(sha256));
  }

  async function postAndOpen(pair: TestIdentity) {
    site.sink.clear();
    const inner = signed(textEntity('Hush\r\n'), alice);
    await site.post(message({ from, to }, encrypted(inner, list.certificate)), { from, to });
    const copies = await site.sink.waitForRecipients([dave]);
    expect(Buffer.from(decryptMessage(copies[0]!.data, pair))).toEqual(Buffer.from(inner));
  }

  it('uses a dropped certificate', async () => {
    const pair = site.ca.issue({ address: dave, algorithm: 'rsa-2048' });
    await drop(daveFile, pair.certificatePem, dave, pair.certificate.sha256);
    await postAndOpen(pair);
    expect(readFileSync(join(folder(), daveFile), 'utf8')).toBe(pair.certificatePem);
  });

  it('uses a changed one in its place, and no other', async () => {
    const next = site.ca.issue({ address: dave, algorithm: 'rsa-2048' });
    await drop(daveFile, `Changed today\n${next.certificatePem}`, dave, next.certificate.sha256);
    expect(await inUse(dave)).toEqual([next.certificate.sha256]);
    await postAndOpen(next);
    expect(readFileSync(join(folder(), daveFile), 'utf8')).toContain('Changed today');
  });

  it('withdraws a removed one, so that posts wait', async () => {
    rmSync(join(folder(), daveFile));
    await until(async () => (await inUse(dave)).length === 0);
    site.sink.clear();
    const raw = message({ from, to }, encrypted(signed(textEntity('Third\r\n'), alice), list.certificate));
    await site.post(raw, { from, to });
    expect(await site.settled()).toBe('distributed');
    await site.idle();
    expect(await site.outcomes()).toEqual({ [from]: 'sent', [dave]: 'waiting' });
    expect(existsSync(join(folder(), daveFile))).toBe(false);
  });

  it('is not stopped by faulty files, and takes any spelling of an address', async () => {
    writeFileSync(join(folder(), 'README'), 'certificates of people\n');
    writeFileSync(join(folder(), 'zoe@example.net'), 'no certificate\n');
    const pair = site.ca.issue({ address: dave, algorithm: 'rsa-2048' });
    await drop("Dave.O'Neil@Example.NET", pair.certificatePem, dave, pair.certificate.sha256);
    await until(async () => existsSync(join(folder(), daveFile)));
    const [mirrored] = readCertificates(readFileSync(join(folder(), daveFile)));
    expect(mirrored!.sha256).toBe(pair.certificate.sha256);
    expect(readFileSync(join(folder(), 'README'), 'utf8')).toContain('people');
    const copies = await site.sink.waitForRecipients([dave]);
    expect(copies).toHaveLength(1);
  });

  it('keeps everything when the daemon is started again, and takes what came meanwhile', async () => {
    await site.stop();
    const before = await inUse(dave);
    expect(before).toHaveLength(1);
    const fred = 'fred@example.net';
    const pair = site.ca.issue({ address: fred, algorithm: 'rsa-2048' });
    writeFileSync(join(folder(), fred), pair.certificatePem);
    await site.start();
    await until(async () => (await inUse(fred)).includes(pair.certificate.sha256));
    expect(await inUse(dave)).toEqual(before);
  });

  it('withdraws nobody when the folder itself is gone, and writes it anew', async () => {
    const before = await inUse(dave);
    rmSync(folder(), { recursive: true });
    await until(async () => existsSync(join(folder(), daveFile)));
    expect(await inUse(dave)).toEqual(before);
  });
});
