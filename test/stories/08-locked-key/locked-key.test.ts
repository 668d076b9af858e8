import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { keyPassword, TestSite } from '../../kit/site.ts';

const to = 'board@lists.example.org';
const from = 'alice@example.org';

describe('story 08: with a wrong key_password posts are held, the listmaster is told, and they go out when it is mended', () => {
  let site: TestSite;
  let list: TestIdentity;
  let alice: TestIdentity;
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('board', [from]);
    list = site.listKey('board', 'another pass phrase');
    alice = await site.person(from);
    await site.start();
  });
  afterAll(() => site.dispose());

  it('holds two posts and tells the listmaster once', async () => {
    for (const text of ['One\r\n', 'Two\r\n']) {
      const raw = message(
        { from, to, subject: 'Hush' },
        encrypted(signed(textEntity(text), alice), list.certificate),
      );
      expect(await site.post(raw, { from, to })).toMatchObject({ code: 250 });
      expect(await site.settled()).toBe('held');
    }
    const [notice] = await site.sink.waitForRecipients(['listmaster@example.org']);
    await site.idle();
    expect(site.sink.messages).toHaveLength(1);
    expect(Buffer.from(notice!.data).toString()).toContain(to);
    expect(Buffer.from(notice!.data).toString()).not.toContain('Hush');
    const held = await site.withStore((store) => store.messages.listByState(['held'], { limit: 10 }));
    expect(held.map((one) => one.code)).toEqual(['key-unavailable', 'key-unavailable']);
  });

  it('sends both when the pass phrase is mended in sympa.conf', async () => {
    site.sink.clear();
    const conf = readFileSync(site.confFile, 'utf8');
    writeFileSync(site.confFile, conf.replace(`key_passwd ${keyPassword}`, 'key_passwd another pass phrase'));
    await site.sink.waitFor(2);
    await site.idle();
    expect(site.sink.messages.map((copy) => copy.recipients)).toEqual([[from], [from]]);
    const texts = site.sink.messages.map(({ data }) => Buffer.from(decryptMessage(data, alice)).toString());
    expect(texts.map((text) => /One|Two/.exec(text)?.[0]).sort()).toEqual(['One', 'Two']);
  });
});
