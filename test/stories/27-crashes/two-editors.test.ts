import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandAddress, readMail } from '../../kit/command-mail.ts';
import { DaemonProcess } from '../../kit/daemon-process.ts';
import { plainMessage } from '../../kit/mail.ts';
import { writeOtherConf } from '../../kit/other-node.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../../kit/postgres.ts';
import { TestSite } from '../../kit/site.ts';
import { type SmtpSink, startSmtpSink } from '../../kit/smtp-sink.ts';

const author = 'author@example.org';
const first = 'first@example.org';
const second = 'second@example.org';
const reader = 'reader@example.org';
const list = 'board@lists.example.org';
const rounds = 8;

describe.skipIf(!hasPostgres())('story 27: two editors decide at the same instant, by two daemons', () => {
  let server: TestPostgres;
  let site: TestSite;
  let otherSink: SmtpSink;
  let other: DaemonProcess;
  beforeAll(async () => {
    server = await startPostgres();
    site = await TestSite.make({ database: await server.url() });
    otherSink = await startSmtpSink();
    await site.list(
      'board',
      [reader],
      ['send editorkey', `editor\nemail ${first}`, `editor\nemail ${second}`],
    );
    await site.start();
    other = await DaemonProcess.start(writeOtherConf(site, otherSink));
  });
  afterAll(async () => {
    await other?.stop();
    await site?.dispose();
    await otherSink?.close();
    await server?.stop();
  });

  const sunk = () => [...site.sink.messages, ...otherSink.messages].map(readMail);

  it('one wins, the other is told so, and what the first decided is what happens', {
    timeout: 120_000,
  }, async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < rounds; round++) {
      site.sink.clear();
      otherSink.clear();
      const post = plainMessage({ from: author, to: list }, `Round ${round}.\n`);
      await site.post(post, { from: author, to: list });
      await site.settled();
      await site.idle();
      const { text } = sunk().find(({ subject }) => subject.startsWith('[moderate'))!;
      const key = /DISTRIBUTE \S+ (\S+)/.exec(text)![1]!;
      const decide = (from: string, word: string, lmtp?: string) => {
        const raw = plainMessage({ from, to: commandAddress }, `${word} board ${key}\n`);
        return site.post(raw, { from, to: commandAddress }, lmtp);
      };
      await Promise.all([
        decide(first, 'DISTRIBUTE', round % 2 ? other.ready.lmtp : undefined),
        decide(second, 'REJECT', round % 2 ? undefined : other.ready.lmtp),
      ]);
      await site.idle();
      const out = sunk();
      const reportTo = (editor: string) =>
        out.filter(({ to, subject }) => to.includes(editor) && subject.startsWith('Results'));
      expect(reportTo(first)).toHaveLength(1);
      expect(reportTo(second)).toHaveLength(1);
      const told = [first, second].map((editor) => reportTo(editor)[0]!.text);
      const late = told.filter((one) => one.includes('Somebody else decided before'));
      expect(late).toHaveLength(1);
      const outcome = /decided before: (\w+)/.exec(late[0]!)![1]!;
      outcomes.add(outcome);
      const arrived = out.filter(
        ({ to, data }) => to.includes(reader) && Buffer.from(data).includes('X-Sequence'),
      );
      const refused = out.filter(
        ({ to, text: said }) => to.includes(author) && said.includes('A moderator of the list refused'),
      );
      expect([arrived.length, refused.length]).toEqual(outcome === 'distributed' ? [1, 0] : [0, 1]);
    }
    expect([...outcomes].every((one) => one === 'distributed' || one === 'rejected')).toBe(true);
  });
});
