import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Correspondence, commandAddress, type ReadMail } from '../../kit/command-mail.ts';
import { type FloodMail, flood, mailsTo, times } from '../../kit/flood.ts';
import { linesLog, TestSite } from '../../kit/site.ts';

const victim = 'victim@example.com';
const member = 'member@example.com';
const hourMs = 3_600_000;
/** The defaults of these parameters. */
const requestMailMax = 6;
const requestSenderMax = 60;
const answerMailMax = 20;
/** Set low, so that the floods may be small. */
const requestMailDomainMax = 40;
const answerMailDomainMax = 60;
const conf = [
  `request_mail_domain_max ${requestMailDomainMax}`,
  `answer_mail_domain_max ${answerMailDomainMax}`,
];
/** Keys, the reports that say so, and one word that it is too much. */
const mostToOne = 2 * requestMailMax + 1;

describe('story 26: a flood of forged requests and posts', { timeout: 120_000 }, () => {
  let site: TestSite;
  let mail: Correspondence;
  let now = Date.now();
  const log = linesLog();
  beforeAll(async () => {
    site = await TestSite.make({ clock: { now: () => now }, log, conf });
    await site.list('auth', [member], ['subscribe auth', 'unsubscribe auth']);
    await site.list('open', [member], ['subscribe open', 'unsubscribe open']);
    await site.list('owned', [member], ['subscribe owner', 'unsubscribe owner']);
    await site.list('private', [member], ['send private']);
    await site.list('held', [member], ['send editorkey', 'editor\nemail editor@example.org']);
    await site.list('asked', [member], ['send privatekey']);
    await site.start();
    mail = new Correspondence(site);
  });
  afterEach(() => {
    // Every limit begins at nothing again.
    now += hourMs + 1_000;
    site.sink.clear();
  });
  afterAll(() => site.dispose());

  /** How often the log said that a limit is reached. */
  const told = (limit: string, counted: string) =>
    log.lines.filter((line) => line.includes(`"limit":"${limit}"`) && line.includes(`"counted":"${counted}"`))
      .length;
  const allOurs = (out: readonly ReadMail[]) => {
    for (const { sender, data } of out) {
      expect(sender).toBe('');
      expect(Buffer.from(data).toString('latin1')).toMatch(/^Auto-Submitted: auto-(?:generated|replied)/m);
    }
  };

  const ways: readonly (readonly [number, string, FloodMail])[] = [
    [1_000, 'by the body', { from: victim, to: commandAddress, text: 'subscribe auth' }],
    [100, 'by the Subject', { from: victim, to: commandAddress, subject: 'subscribe auth' }],
    [100, 'by LIST-subscribe', { from: victim, to: 'auth-subscribe@lists.example.org' }],
  ];

  it.each(
    ways,
  )('%i requests in the name of a victim %s send a handful of mails', async (count, _way, one) => {
    const before = told('request_mail_max', `mail ${victim}`);
    const out = await flood(
      site,
      times(count, () => one),
    );
    expect(out.every(({ to }) => to.join() === victim)).toBe(true);
    expect(out.filter(({ subject }) => subject.startsWith('AUTH '))).toHaveLength(requestMailMax);
    expect(out.length).toBeLessThanOrEqual(mostToOne);
    allOurs(out);
    expect(told('request_mail_max', `mail ${victim}`)).toBe(before + 1);
    expect(told('request_sender_max', `request ${victim}`)).toBeGreaterThan(0);
    // The keys of before are good all the same.
    await mail.answer(out.find(({ subject }) => subject.startsWith('AUTH '))!, victim);
    const isIn = () =>
      site.withStore((store) => store.subscribers.isSubscriber('auth@lists.example.org', victim));
    expect(await isIn()).toBe(true);
    await site.withStore((store) => store.subscribers.remove('auth@lists.example.org', victim));
  });

  it('joining and leaving an open list in the name of a victim is bounded by what one sender may ask', async () => {
    const out = await flood(
      site,
      times(150, (n) => ({
        from: victim,
        to: commandAddress,
        text: n % 2 ? 'signoff open' : 'subscribe open',
      })),
    );
    expect(out.length).toBeLessThanOrEqual(2 * requestSenderMax + answerMailMax);
    expect(out.length).toBeGreaterThanOrEqual(requestSenderMax);
    expect(told('request_sender_max', `request ${victim}`)).toBeGreaterThan(0);
  });

  it('many senders who ask for one other address send it a handful of mails, and learn nothing', async () => {
    for (const about of [member, victim]) {
      site.sink.clear();
      const out = await flood(
        site,
        times(50, (n) => ({
          from: `mallory${n}@example.net`,
          to: commandAddress,
          text: `signoff auth ${about}`,
        })),
      );
      expect(mailsTo(out, about)).toHaveLength(requestMailMax);
      const reports = out.filter(({ to }) => !to.includes(about));
      expect(new Set(reports.map(({ text }) => text.replaceAll(about, 'X'))).size).toBe(1);
      allOurs(out);
    }
  });

  it('many victims of one domain get no more than the domain may get', async () => {
    const out = await flood(
      site,
      times(150, (n) => ({ from: `v${n}@example.com`, to: 'auth-subscribe@lists.example.org' })),
    );
    const keys = out.filter(({ subject }) => subject.startsWith('AUTH '));
    expect(keys).toHaveLength(requestMailDomainMax);
    expect(out.length - keys.length).toBeLessThanOrEqual(answerMailDomainMax);
    expect(told('request_mail_domain_max', 'mail-domain example.com')).toBe(1);
    // Others are not shut out.
    const asked = await mail.write('dora@example.org', 'subscribe auth\n');
    expect(asked.some(({ subject }) => subject.startsWith('AUTH '))).toBe(true);
  });

  it('the owners of a list are asked about so many requests, and those who come later are told to wait', async () => {
    const out = await flood(
      site,
      times(60, (n) => ({ from: `w${n}@d${n}.example`, to: commandAddress, text: 'subscribe owned' })),
    );
    expect(mailsTo(out, 'owner@example.org')).toHaveLength(requestMailDomainMax);
    const late = out.filter(({ text }) => text.includes('There were too many requests lately'));
    expect(late).toHaveLength(60 - requestMailDomainMax);
    expect(told('request_mail_domain_max', 'mail-owners owned@lists.example.org')).toBe(1);
  });

  it('spoofed posts from the null sender send nothing', async () => {
    const lists = ['private', 'asked', 'held'].map((name) => `${name}@lists.example.org`);
    for (const envelopeSender of ['', victim]) {
      const out = await flood(
        site,
        times(15, (n) => ({ from: victim, to: lists[n % 3]!, envelopeSender, text: `Buy ${n}` })),
      );
      expect(mailsTo(out, victim).length > 0).toBe(envelopeSender !== '');
    }
  });

  it('spoofed posts that are refused, held or to be confirmed are answered a few times', async () => {
    const waiting = async () =>
      (await site.withStore((store) => store.messages.listByState(['moderation', 'auth'], { limit: 999 })))
        .length;
    const before = await waiting();
    for (const [list, most] of [
      ['private', answerMailMax],
      ['held', answerMailMax],
      ['asked', requestMailMax],
    ] as const) {
      site.sink.clear();
      now += hourMs + 1_000;
      const from = list === 'asked' ? member : victim;
      const out = await flood(
        site,
        times(100, (n) => ({ from, to: `${list}@lists.example.org`, text: `Buy ${n}` })),
      );
      const answers = mailsTo(out, from);
      expect(answers).toHaveLength(most);
      allOurs(answers);
    }
    // What waits for an editor still waits, all of it.
    expect((await waiting()) - before).toBe(200);
    expect(told('answer_mail_max', `answer ${victim}`)).toBe(2);
  });

  it('spoofed posts of many senders of one domain are answered as often as the domain may be', async () => {
    const out = await flood(
      site,
      times(100, (n) => ({ from: `s${n}@example.com`, to: 'private@lists.example.org', text: `Buy ${n}` })),
    );
    expect(out).toHaveLength(answerMailDomainMax);
  });

  it('what is no command, and HELP, are answered a few times', async () => {
    for (const text of ['Nothing of yours.', 'help', 'subscribe', 'auth 0123456789abcdef0123456789abcdef']) {
      site.sink.clear();
      now += hourMs + 1_000;
      const out = await flood(
        site,
        times(50, () => ({ from: victim, to: commandAddress, text })),
      );
      expect(out.length).toBeLessThanOrEqual(answerMailMax);
      expect(out.length).toBeGreaterThan(0);
    }
  });

  it('one who keeps within the limits gets every answer again when the period is over', async () => {
    await flood(
      site,
      times(50, () => ({ from: victim, to: commandAddress, text: 'subscribe auth' })),
    );
    site.sink.clear();
    now += hourMs + 1_000;
    const out = await mail.write(victim, 'subscribe auth\n');
    expect(out.map(({ subject }) => subject.split(' ')[0]).sort()).toEqual(['AUTH', 'Results']);
  });
});
