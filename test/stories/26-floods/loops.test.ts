import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Correspondence, commandAddress, type ReadMail, readMail } from '../../kit/command-mail.ts';
import { type FloodMail, flood } from '../../kit/flood.ts';
import { message } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const robot = 'robot@example.com';
const reader = 'reader@example.org';
const domain = 'lists.example.org';
const hourMs = 3_600_000;
/** Requests of one sender, keys, answers that say nothing was done, one word that it is too much: all by default. */
const mostToRobot = 60 + 6 + 20 + 1;

describe('story 26: loops with machines that do not keep to the rules', { timeout: 120_000 }, () => {
  let site: TestSite;
  let mail: Correspondence;
  let now = Date.now();
  beforeAll(async () => {
    site = await TestSite.make({ clock: { now: () => now } });
    await site.list('auth', [], ['subscribe auth', 'unsubscribe auth']);
    await site.list('held', [], ['send editorkey', `editor\nemail ${robot}`]);
    await site.list('one', [`two@${domain}`, reader], ['send public']);
    await site.list('two', [`one@${domain}`, reader], ['send public']);
    await site.list('private', [reader], ['send private']);
    await site.start();
    mail = new Correspondence(site);
  });
  afterEach(() => {
    now += hourMs + 1_000;
    site.sink.clear();
  });
  afterAll(() => site.dispose());

  /** Lets the robot answer every mail of ours until there is none or it is too many; gives all that it got. */
  async function converse(
    first: FloodMail,
    answer: (mail: ReadMail) => FloodMail,
  ): Promise<readonly ReadMail[]> {
    const got: ReadMail[] = [];
    let next: readonly FloodMail[] = [first];
    while (next.length > 0 && got.length <= 100) {
      const out = (await flood(site, next)).filter(({ to }) => to.includes(robot));
      got.push(...out);
      next = out.map(answer);
    }
    return got;
  }

  const addressIn = (field: string) => /<([^>]+)>/.exec(field)?.[1] ?? field;
  const answerTo = ({ replyTo, from }: ReadMail) => addressIn(replyTo === '' ? from : replyTo);
  const inline = (one: ReadMail) => `I am away.\n\n${one.text.replaceAll(/^> ?/gm, '')}`;

  const robots: readonly (readonly [string, (one: ReadMail) => FloodMail])[] = [
    [
      'keeps to RFC 3834',
      (one) => ({
        from: robot,
        envelopeSender: '',
        to: answerTo(one),
        subject: `Auto: ${one.subject}`,
        text: inline(one),
        more: ['Auto-Submitted: auto-replied'],
      }),
    ],
    [
      'hides that it is one',
      (one) => ({ from: robot, to: answerTo(one), subject: `Re: ${one.subject}`, text: inline(one) }),
    ],
    [
      'says so in the Subject alone',
      (one) => ({
        from: robot,
        to: answerTo(one),
        subject: `Out of office: ${one.subject}`,
        text: inline(one),
      }),
    ],
    [
      'sends back what is in the mail as commands',
      (one) => ({
        from: robot,
        to: commandAddress,
        text: one.text.replaceAll(/^(?:> ?| +)/gm, ''),
      }),
    ],
  ];

  it.each(robots)('a vacation robot that %s gets a bounded number of mails', async (_kind, answer) => {
    const starts = ['subscribe auth', 'help', 'Nothing.', `invite auth ${robot}`];
    for (const text of starts) {
      now += hourMs + 1_000;
      const got = await converse({ from: robot, to: commandAddress, text }, answer);
      const post = await converse({ from: robot, to: `private@${domain}`, text }, answer);
      for (const { length } of [got, post]) {
        expect(length).toBeGreaterThan(0);
        expect(length).toBeLessThanOrEqual(mostToRobot);
      }
    }
  });

  it('a robot among the editors that answers what it is asked decides nothing', async () => {
    const got = await converse(
      { from: 'author@example.org', to: `held@${domain}`, text: 'A post.' },
      (one) => ({
        from: robot,
        to: answerTo(one),
        subject: `Re: ${one.subject}`,
        text: inline(one),
      }),
    );
    expect(got.length).toBeLessThanOrEqual(mostToRobot);
    expect(got.filter(({ subject }) => subject.startsWith('[moderate'))).toHaveLength(1);
    const posts = await site.withStore((store) =>
      store.messages.listByState(['moderation', 'distributed'], { limit: 9 }),
    );
    expect(posts.map(({ list, state }) => [list, state])).toEqual([[`held@${domain}`, 'moderation']]);
  });

  it('two lists that are subscribed to each other send a post once each', async () => {
    const seen: ReadMail[] = [];
    let next: readonly ReadMail[] = await mail.write('author@example.org', 'Round and round.\n', {
      to: `one@${domain}`,
    });
    for (let hops = 0; next.length > 0 && hops < 10; hops++) {
      seen.push(...next);
      const back = next.flatMap(({ to, data, sender }) =>
        to
          .filter((address) => address.endsWith(domain))
          .map((address) => ({ raw: data, from: sender, to: address })),
      );
      site.sink.clear();
      await site.postAll(back);
      await site.settled();
      await site.idle();
      next = site.sink.messages.map(readMail);
    }
    expect(next).toEqual([]);
    expect(seen.filter(({ to }) => to.includes(reader))).toHaveLength(2);
  });

  it('a post that comes back by a server that takes our marks off goes no second time', async () => {
    const out = await mail.write('author@example.org', 'By another server.\n', { to: `private@${domain}` });
    expect(out.length).toBeGreaterThan(0);
    const posted = await mail.write(reader, 'By another server.\n', { to: `private@${domain}` });
    const copy = posted.find(({ to }) => to.includes(reader))!;
    const text = Buffer.from(copy.data).toString('latin1');
    const stripped = text.replaceAll(
      /^(?:X-Loop|List-[\w-]+|X-Sequence|Precedence|Sender|Errors-To):[^\r]*(?:\r\n[ \t][^\r]*)*\r\n/gim,
      '',
    );
    expect(stripped.length).toBeLessThan(text.length);
    const again = await mail.send(
      new Uint8Array(Buffer.from(stripped, 'latin1')),
      reader,
      `private@${domain}`,
    );
    expect(again).toEqual([]);
  });

  it('our own report, sent back as it is to any address of ours, ends there', async () => {
    const [report] = await mail.write(robot, 'which\n');
    for (const to of [commandAddress, `auth@${domain}`, `auth-subscribe@${domain}`])
      for (const from of ['', robot]) {
        expect(await mail.send(report!.data, from, to)).toEqual([]);
      }
  });

  it('a bounce, the bounce of a bounce, and a forged one that names a member change and send nothing', async () => {
    const bounce = (about: string) => {
      const entity = [
        'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
        '',
        '--b',
        '',
        `No such user: ${reader}`,
        '--b',
        'Content-Type: message/delivery-status',
        '',
        'Reporting-MTA: dns; mx.example.com',
        '',
        `Final-Recipient: rfc822; ${reader}`,
        'Action: failed',
        'Status: 5.1.1',
        '--b',
        'Content-Type: message/rfc822',
        '',
        about,
        '--b--',
        '',
      ].join('\r\n');
      return message(
        { from: 'MAILER-DAEMON@mx.example.com', to: robot },
        new Uint8Array(Buffer.from(entity)),
      );
    };
    const one = bounce(`Subject: signoff private\r\n\r\nsignoff private ${reader}`);
    const two = bounce(Buffer.from(one).toString());
    for (const raw of [one, two])
      for (const local of [
        'sympa',
        'private',
        'private-owner',
        'private-request',
        'private-editor',
        'private-unsubscribe',
        'bounce+reader==example.org==private',
      ])
        expect(await sendAnyway(raw, `${local}@${domain}`)).toEqual([]);
    const isIn = await site.withStore((store) => store.subscribers.isSubscriber(`private@${domain}`, reader));
    expect(isIn).toBe(true);
  });

  /** Some of these addresses are refused at the door, which is as good. */
  async function sendAnyway(raw: Uint8Array, to: string): Promise<readonly ReadMail[]> {
    const before = site.sink.messages.length;
    if ((await site.post(raw, { from: '', to })).status === 'sent') await site.settled();
    await site.idle();
    return site.sink.messages.slice(before).map(readMail);
  }
});
