import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainMessage } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';
import { playClient } from '../../kit/smtp-dialogue.ts';

const from = 'alice@example.org';
const to = 'board@lists.example.org';
const reader = 'bob@example.net';

/** What a careless server takes for the end of a message. */
const falseEnds = ['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r\n', '\r.\r', '\r\n.\r'];
const smuggled =
  'MAIL FROM:<eve@example.org>\r\nRCPT TO:<victim@lists.example.org>\r\nDATA\r\nFrom: ceo@example.org\r\n\r\nforged';

describe('story 21: a post cannot smuggle a second one past the lists', () => {
  let site: TestSite;
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('board', [from, reader]);
    await site.list('victim', [reader]);
    await site.start();
  });
  afterAll(() => site.dispose());

  /** Sends data as it stands; gives what follows the last dot. */
  async function send(protocol: 'lmtp' | 'smtp', data: string, answer: string): Promise<void> {
    const hello = `${protocol === 'lmtp' ? 'LHLO' : 'EHLO'} mx`;
    await playClient(
      { port: Number(site.daemon.addresses[protocol]!.split(':')[1]) },
      `
      s: 220 …
      c> ${JSON.stringify(`${hello}\r\nMAIL FROM:<${from}>\r\nRCPT TO:<${to}>\r\nDATA\r\n`)}
      s: 250-…
      s: 250-PIPELINING
      s: 250-8BITMIME
      s: 250-SMTPUTF8
      s: 250-ENHANCEDSTATUSCODES
      s: 250 SIZE …
      s: 250 2.1.0 …
      s: 250 2.1.5 …
      s: 354 …
      c> ${JSON.stringify(data)}
      s: ${answer}
      c: QUIT
      s: 221 …
      s!
    `,
    );
  }

  it.each(falseEnds.map((end) => [JSON.stringify(end), end]))('by %s', async (_name, end) => {
    for (const protocol of ['lmtp', 'smtp'] as const)
      await send(protocol, `From: ${from}\r\n\r\nhello${end}${smuggled}\r\n.\r\n`, '554 5.6.0 …');
    await site.idle();
    expect(await site.withStore((store) => store.messages.countByState())).toEqual({});
    expect(site.sink.count).toBe(0);
  });

  it('while dots at the start of lines reach the subscribers as they are', async () => {
    const text = 'line\r\n..dots\r\n.\r\n...\r\nMAIL FROM:<eve@example.org>\r\n'.repeat(20_000);
    const raw = plainMessage({ from, to }, text);
    expect(await site.post(raw, { from, to })).toMatchObject({ code: 250 });
    const [copy] = await site.sink.waitForRecipients([reader]);
    const sent = Buffer.from(copy!.data);
    expect(sent.subarray(sent.indexOf('\r\n\r\n') + 4).equals(Buffer.from(text))).toBe(true);
  });
});
