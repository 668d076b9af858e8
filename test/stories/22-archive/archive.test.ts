import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canaryBody, findCanary } from '../../kit/canary.ts';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { linesLog, TestSite } from '../../kit/site.ts';

const to = 'board@lists.example.org';
const commands = 'sympa@lists.example.org';
const from = 'alice@example.org';
const bob = 'bob@example.net';

describe('story 22: an encrypted post of the archive goes out again, sealed, and its plaintext is nowhere', () => {
  let site: TestSite;
  let list: TestIdentity;
  let alice: TestIdentity;
  let reader: TestIdentity;
  const log = linesLog();
  const oldTmp = process.env.TMPDIR;
  beforeAll(async () => {
    site = await TestSite.make({ log });
    mkdirSync(join(site.dir, 'tmp'));
    process.env.TMPDIR = join(site.dir, 'tmp');
    await site.list('board', [from, bob], ['process_archive on', 'archive\nmail_access private']);
    list = site.listKey('board');
    alice = await site.person(from);
    reader = await site.person(bob, { algorithm: 'ec-p256' });
    await site.start();
  });
  afterAll(async () => {
    if (oldTmp === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = oldTmp;
    await site.dispose();
  });

  it('answers GET with a copy that only the requester can read', async () => {
    const body = canaryBody(64_000);
    const raw = message(
      { from, to, subject: '...' },
      encrypted(signed(textEntity(body), alice), list.certificate),
    );
    await site.post(raw, { from, to });
    expect(await site.settled()).toBe('distributed');
    await site.sink.waitForRecipients([from, bob]);
    await site.idle();
    expect(
      await site.withStore(
        async (store) => (await store.messages.get((await store.messages.newest())!.id)).raw,
      ),
    ).toEqual(raw);
    const before = site.sink.messages.length;
    const line = textEntity(`GET board ${new Date().toISOString().slice(0, 7)}\r\n`);
    await site.post(message({ from: bob, to: commands, subject: 'x' }, line), { from: bob, to: commands });
    await site.settled();
    await site.idle();
    const copies = site.sink.messages.slice(before).filter((one) => one.recipients.includes(bob));
    const sealed = copies.find((one) => Buffer.from(one.data).includes('pkcs7-mime'));
    expect(Buffer.from(decryptMessage(sealed!.data, reader)).toString()).toContain(body);
    writeFileSync(join(site.dir, 'log'), log.lines.join('\n'));
    expect(findCanary([site.dir])).toEqual([]);
  });
});
