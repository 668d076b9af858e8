import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encrypted, message, plainMessage, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { TestSite } from '../../kit/site.ts';

const to = 'board@lists.example.org';
const from = 'alice@example.org';
const dave = 'dave@example.net';
const erin = 'erin@example.net';

describe('story 09: a subscriber without certificate gets a notice, and the post when a certificate comes', () => {
  let site: TestSite;
  let list: TestIdentity;
  let alice: TestIdentity;
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('board', [from, dave, erin]);
    list = site.listKey('board');
    alice = await site.person(from);
    await site.start();
  });
  afterAll(() => site.dispose());

  async function postSecret(text: string): Promise<Uint8Array> {
    const inner = signed(textEntity(text), alice);
    const raw = message({ from, to, subject: 'Hush hush' }, encrypted(inner, list.certificate));
    expect(await site.post(raw, { from, to })).toMatchObject({ code: 250 });
    expect(await site.settled()).toBe('distributed');
    return inner;
  }

  const inners: Uint8Array[] = [];

  it('tells each of them once a period, without Subject or sender, and the sender once a post, by number', async () => {
    inners.push(await postSecret('First secret\r\n'));
    inners.push(await postSecret('Second secret\r\n'));
    await site.idle();
    const of = (address: string) => site.sink.messages.filter((copy) => copy.recipients.includes(address));
    expect(of(dave)).toHaveLength(1);
    expect(of(erin)).toHaveLength(1);
    const notice = Buffer.from(of(dave)[0]!.data).toString();
    expect(notice).toContain('board@lists.example.org');
    for (const secret of ['secret', 'Hush', from]) expect(notice).not.toContain(secret);
    // What is said of an encrypted post is encrypted as well.
    const toSender = of(from).map((copy) => Buffer.from(decryptMessage(copy.data, alice)).toString());
    const reports = toSender.filter((text) => !text.includes('secret'));
    expect(reports).toHaveLength(2);
    for (const report of reports) {
      expect(report).toContain('2 subscribers have no usable certificate');
      for (const address of [dave, erin]) expect(report).not.toContain(address);
    }
  });

  it('shows what waits', async () => {
    const waiting = await site.withStore((store) => store.deliveries.waiting({}));
    expect(waiting.map((row) => row.address).sort()).toEqual([dave, dave, erin, erin]);
    expect(new Set(waiting.map((row) => row.code))).toEqual(new Set(['certificate-missing']));
  });

  it('sends both, sealed, when a certificate is dropped into the folder', async () => {
    const pair = site.ca.issue({ address: dave, use: 'both', algorithm: 'rsa-2048' });
    site.sink.clear();
    writeFileSync(join(site.dir, 'expl/X509-user-certs', dave), pair.certificatePem);
    const copies = await site.sink.waitFor(2, 60_000);
    expect(copies.map((copy) => copy.recipients)).toEqual([[dave], [dave]]);
    const opened = copies.map((copy) => Buffer.from(decryptMessage(copy.data, pair)).toString('latin1'));
    expect(opened.sort()).toEqual(inners.map((inner) => Buffer.from(inner).toString('latin1')).sort());
  });

  it('sends both when a certificate comes with a signed mail, even one that is refused', async () => {
    const pair = site.ca.issue({ address: erin, use: 'both', algorithm: 'rsa-2048' });
    site.sink.clear();
    const hello = message(
      { from: erin, to: 'board-request@lists.example.org' },
      signed(textEntity('Hello\r\n'), pair),
    );
    await site.post(hello, { from: erin, to: 'board-request@lists.example.org' });
    const copies = await site.sink.waitForRecipients([erin, erin]);
    const opened = copies.map((copy) => Buffer.from(decryptMessage(copy.data, pair)).toString('latin1'));
    expect(opened.sort()).toEqual(inners.map((inner) => Buffer.from(inner).toString('latin1')).sort());
  });

  it('drops what waits for somebody who leaves', async () => {
    const fred = 'fred@example.net';
    const waiting = () => site.withStore((store) => store.deliveries.waiting({ address: fred }));
    await site.withStore((store) => store.subscribers.add({ list: to, address: fred }));
    await postSecret('Third secret\r\n');
    await site.idle();
    expect(await waiting()).toHaveLength(1);
    const commands = 'sympa@lists.example.org';
    await site.post(plainMessage({ from: fred, to: commands }, 'SIGNOFF board\r\n'), {
      from: fred,
      to: commands,
    });
    expect(await site.settled()).toBe('executed');
    expect(await waiting()).toEqual([]);
  });

  it('sends plain posts to everybody, certificate or not', async () => {
    site.sink.clear();
    await site.post(plainMessage({ from, to }, 'No secret\r\n'), { from, to });
    await site.sink.waitForRecipients([from, dave, erin]);
  });
});
