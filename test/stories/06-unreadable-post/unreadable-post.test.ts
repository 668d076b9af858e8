import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const to = 'board@lists.example.org';
const from = 'alice@example.org';
const sentence =
  "Your message could not be accepted: it must be readable with the list's certificate, and signed or AES-GCM.";

describe('story 06: a post that is not readable is answered once, with one and the same sentence', () => {
  let site: TestSite;
  let list: TestIdentity;
  let alice: TestIdentity;
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('board', [from, 'bob@example.net']);
    list = site.listKey('board');
    alice = await site.person(from);
    await site.person('bob@example.net');
    await site.start();
  });
  afterAll(() => site.dispose());

  async function answerTo(entity: Uint8Array): Promise<string> {
    site.sink.clear();
    await site.post(message({ from, to, subject: '...' }, entity), { from, to });
    expect(await site.settled()).toBe('refused');
    const [answer] = await site.sink.waitForRecipients([from]);
    expect(site.sink.messages).toHaveLength(1);
    expect(answer!.sender).toBe('');
    return Buffer.from(answer!.data).toString();
  }

  function flipped(entity: Uint8Array): Uint8Array {
    const text = Buffer.from(entity).toString('latin1');
    const at = text.length - 90;
    const other = text[at] === 'A' ? 'B' : 'A';
    return new Uint8Array(Buffer.from(text.slice(0, at) + other + text.slice(at + 1), 'latin1'));
  }

  it('gives one text for a foreign key, a changed ciphertext, unsigned CBC and a replay', async () => {
    const stranger = site.ca.issue({ address: 'x@example.org', use: 'both', algorithm: 'rsa-2048' });
    const inner = signed(textEntity('Secret\r\n'), alice);
    const replay = encrypted(inner, list.certificate);
    await site.post(message({ from, to }, replay), { from, to });
    expect(await site.settled()).toBe('distributed');
    await site.sink.waitForRecipients([from, 'bob@example.net']);
    const answers = [
      await answerTo(encrypted(inner, stranger.certificate)),
      await answerTo(flipped(encrypted(inner, list.certificate))),
      await answerTo(flipped(encrypted(inner, list.certificate, 'aes-256-cbc'))),
      await answerTo(encrypted(textEntity('Secret\r\n'), list.certificate, 'aes-256-cbc')),
      await answerTo(replay),
    ];
    for (const answer of answers) {
      expect(answer.replaceAll(/=?\r\n/g, ' ').replaceAll(/ +/g, ' ')).toContain(sentence);
      expect(answer).not.toContain('Secret');
    }
    const bodies = answers.map((answer) => answer.slice(answer.indexOf('\r\n\r\n')));
    expect(new Set(bodies).size).toBe(1);
  });
});
