import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainMessage } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const from = 'alice@example.org';
const to = 'talk@lists.example.org';
const readers = ['alice@example.org', 'bob@example.net', 'carol@example.com', 'dave@example.net'];

describe('story 17: what the peer says of one recipient concerns that recipient alone', () => {
  let site: TestSite;
  const clock = { offset: 0, now: () => Date.now() + clock.offset };
  beforeAll(async () => {
    site = await TestSite.make({ clock });
    await site.list('talk', readers);
    await site.start();
  });
  afterAll(() => site.dispose());

  it('retries the one refused for now, records the one refused for good, and sends nobody a second copy', async () => {
    let refused = 0;
    site.sink.rule = ({ step, address }) => {
      if (step === 'rcpt' && address === 'bob@example.net' && refused++ < 1) return '450 4.2.1 later';
      if (step === 'rcpt' && address === 'carol@example.com') return '550 5.1.1 nobody';
      return undefined;
    };
    await site.post(plainMessage({ from, to }, 'Hello\r\n'), { from, to });
    await site.sink.waitForRecipients(['alice@example.org', 'dave@example.net']);
    await site.idle();
    expect(await site.outcomes()).toEqual({
      'alice@example.org': 'sent',
      'bob@example.net': 'pending',
      'carol@example.com': 'failed',
      'dave@example.net': 'sent',
    });
    clock.offset += 3_600_000;
    await site.sink.waitForRecipients(['bob@example.net']);
    await site.idle();
    expect(await site.outcomes()).toMatchObject({ 'bob@example.net': 'sent' });
    const got = site.sink.messages.flatMap((copy) => copy.recipients).sort();
    expect(got).toEqual(['alice@example.org', 'bob@example.net', 'dave@example.net']);
  });

  it('tries again when the connection dies before the final reply', async () => {
    site.sink.clear();
    let died = false;
    site.sink.rule = ({ step }) => {
      if (step !== 'final' || died) return undefined;
      died = true;
      return 'close';
    };
    await site.post(plainMessage({ from, to }, 'Again\r\n'), { from, to });
    await site.idle();
    clock.offset += 3_600_000;
    await site.sink.waitForRecipients(readers);
    const ids = site.sink.messages.map(
      (copy) => /^Message-ID: (.*)$/im.exec(Buffer.from(copy.data).toString())?.[1],
    );
    expect(died).toBe(true);
    expect(ids[0]).toMatch(/^<.+>\r?$/);
    expect(new Set(ids).size).toBe(1);
  });

  it('gives up after the time that the site sets, and writes that down', async () => {
    site.sink.clear();
    site.sink.rule = ({ step }) => (step === 'mail' ? '451 4.3.0 never' : undefined);
    await site.post(plainMessage({ from, to }, 'Never\r\n'), { from, to });
    await site.settled();
    await site.idle();
    clock.offset += 30 * 86_400_000;
    await expect
      .poll(() => site.outcomes(), { timeout: 15_000 })
      .toEqual(Object.fromEntries(readers.map((reader) => [reader, 'failed'])));
  });
});
