import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canaryBody, findCanary } from '../../kit/canary.ts';
import { encrypted, message, plainMessage, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { linesLog, TestSite } from '../../kit/site.ts';

const to = 'board@lists.example.org';
const from = 'alice@example.org';

describe('story 10: plaintext of an encrypted post is nowhere on the disk', () => {
  let site: TestSite;
  let list: TestIdentity;
  let alice: TestIdentity;
  const log = linesLog();
  const oldTmp = process.env.TMPDIR;
  beforeAll(async () => {
    site = await TestSite.make({ log });
    mkdirSync(join(site.dir, 'tmp'));
    process.env.TMPDIR = join(site.dir, 'tmp');
    await site.list('board', [from, 'bob@example.net', 'dave@example.net']);
    list = site.listKey('board');
    alice = await site.person(from);
    await site.person('bob@example.net', { algorithm: 'ec-p256' });
    await site.start();
  });
  afterAll(async () => {
    if (oldTmp === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = oldTmp;
    await site.dispose();
  });

  it('leaves no trace while posts wait, are refused, and after they went out', async () => {
    const body = canaryBody(64_000);
    const inner = signed(textEntity(body), alice);
    await site.post(message({ from, to, subject: '...' }, encrypted(inner, list.certificate)), { from, to });
    expect(await site.settled()).toBe('distributed');
    const copies = await site.sink.waitForRecipients([from, 'bob@example.net']);
    expect(
      Buffer.from(decryptMessage(copies.find((c) => c.recipients[0] === from)!.data, alice)).toString(),
    ).toContain(body);
    const unsigned = encrypted(textEntity(canaryBody(8_000)), list.certificate, 'aes-256-cbc');
    await site.post(message({ from, to, subject: '...' }, unsigned), { from, to });
    expect(await site.settled()).toBe('refused');
    await site.idle();
    expect(await site.withStore((store) => store.deliveries.waiting())).toMatchObject([
      { address: 'dave@example.net' },
    ]);
    expect(log.lines).not.toEqual([]);
    writeFileSync(join(site.dir, 'log'), log.lines.join('\n'));
    expect(findCanary([site.dir])).toEqual([]);
  });

  it('would have been found: the same text in a plain post is in the store while it is there', async () => {
    site.sink.rule = ({ step }) => (step === 'mail' ? '451 4.3.0 later' : undefined);
    await site.post(plainMessage({ from, to }, canaryBody(64_000)), { from, to });
    expect(await site.settled()).toBe('distributed');
    const found = findCanary([site.dir]).filter(({ form }) => form === 'raw');
    expect(found.map(({ file }) => relative(site.dir, file))).toContainEqual(
      expect.stringMatching(/^data\/ssympa\.db(?:-wal)?$/),
    );
  });
});
