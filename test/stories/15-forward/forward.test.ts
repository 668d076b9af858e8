import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encrypted, message, plainMessage, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { TestSite } from '../../kit/site.ts';

const from = 'visitor@example.com';
const owner = 'owner@example.org';

describe('story 15: mail to the people behind a list', () => {
  let site: TestSite;
  let list: TestIdentity;
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('board', [owner]);
    list = site.listKey('board');
    await site.start();
  });
  afterAll(() => site.dispose());

  it.each([
    ['board-request@lists.example.org', owner],
    ['board-editor@lists.example.org', owner],
    ['listmaster@lists.example.org', 'listmaster@example.org'],
  ])('forwards %s to %s', async (to, person) => {
    site.sink.clear();
    await site.post(plainMessage({ from, to, subject: 'A question' }, 'May I join?\r\n'), { from, to });
    const [copy] = await site.sink.waitForRecipients([person]);
    expect(Buffer.from(copy!.data).toString()).toContain('May I join?');
  });

  it('holds an encrypted one until the owner has a certificate, then sends it sealed', async () => {
    site.sink.clear();
    const visitor = site.ca.issue({ address: from, use: 'both', algorithm: 'rsa-2048' });
    const to = 'board-request@lists.example.org';
    const inner = signed(textEntity('A secret question\r\n'), visitor);
    await site.post(message({ from, to, subject: '...' }, encrypted(inner, list.certificate)), { from, to });
    expect(await site.settled()).toBe('forwarded');
    await site.idle();
    expect(site.sink.messages.some((copy) => Buffer.from(copy.data).toString().includes('secret'))).toBe(
      false,
    );
    const pair = site.ca.issue({ address: owner, use: 'both', algorithm: 'rsa-2048' });
    await site.importCertificate(owner, pair.certificatePem);
    const sealed = await site.sink.waitForPkcs7(owner);
    expect(Buffer.from(decryptMessage(sealed.data, pair))).toEqual(Buffer.from(inner));
  });

  it('records what comes to LIST-owner and writes to nobody', async () => {
    site.sink.clear();
    const to = 'board-owner@lists.example.org';
    expect(
      await site.post(plainMessage({ from: 'mailer-daemon@example.com', to }, 'bounced\r\n'), {
        from: '',
        to,
      }),
    ).toMatchObject({ code: 250 });
    expect(await site.settled()).toBe('recorded');
    await site.idle();
    expect(site.sink.messages).toEqual([]);
    const bounces = await site.withStore((store) => store.bounces.list('board@lists.example.org'));
    expect(bounces).toHaveLength(1);
  });
});
