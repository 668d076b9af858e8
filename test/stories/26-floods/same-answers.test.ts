import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Correspondence, mailTo } from '../../kit/command-mail.ts';
import { TestSite } from '../../kit/site.ts';

const stranger = 'mallory@example.net';
const known = 'known@example.org';
// Of the same length, so that lines are folded alike.
const unknown = 'other@example.org';

/** Every command that takes an address, on lists that differ in who may. */
const commands = ['SIGNOFF', 'ADD', 'DEL', 'INVITE'].flatMap((word) =>
  ['open', 'auth', 'owner', 'closed'].map((list) => [word, list] as const),
);

describe('story 26: a stranger who asks about an address', { timeout: 120_000 }, () => {
  let site: TestSite;
  let mail: Correspondence;
  beforeAll(async () => {
    site = await TestSite.make({ conf: ['request_mail_max 0', 'answer_mail_max 0', 'request_sender_max 0'] });
    const lists = {
      open: ['unsubscribe open', 'subscribe open', 'invite public'],
      auth: ['unsubscribe auth', 'add auth', 'del auth', 'invite public'],
      owner: ['unsubscribe owner', 'invite owner'],
      closed: ['unsubscribe closed', 'invite closed'],
    };
    for (const [name, config] of Object.entries(lists)) await site.list(name, [known], config);
    await site.start();
    mail = new Correspondence(site);
  });
  afterAll(() => site.dispose());

  const reportOn = async (command: string) => {
    const out = await mail.write(stranger, `${command}\n`);
    const reports = out.filter(({ subject }) => !subject.startsWith('AUTH '));
    return Buffer.from(mailTo(reports, stranger).data)
      .toString('latin1')
      .replaceAll(/^(?:Date|Message-ID|In-Reply-To|References): .*\r\n/gm, '')
      .replaceAll(/known@|other@/g, 'XXXXX@');
  };

  it.each(
    commands,
  )('gets the same answer to %s on the list %s whether it is known or not', async (word, list) => {
    const one = await reportOn(`${word} ${list} ${known}`);
    const two = await reportOn(`${word} ${list} ${unknown}`);
    expect(one).toBe(two);
  });

  it('gets the same answer to MOVE to an address that is known or not', async () => {
    expect(await reportOn(`MOVE ${known}`)).toBe(await reportOn(`MOVE ${unknown}`));
  });
});
