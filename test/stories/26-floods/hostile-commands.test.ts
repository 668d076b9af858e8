import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { moderationOf, scriptOfBody, scriptOfSubject } from '../../../src/commands/command-script.ts';
import { parseEntity } from '../../../src/mime/entity.ts';
import { Correspondence, commandAddress, mailTo, type ReadMail } from '../../kit/command-mail.ts';
import { cpuNow } from '../../kit/cpu-time.ts';
import { plainMessage } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const stranger = 'mallory@example.net';
const owner = 'owner@example.org';
const editor = 'editor@example.org';
const reader = 'reader@example.org';
const rightToLeft = '\u{202e}';

describe('story 26: commands that are made to break something', { timeout: 60_000 }, () => {
  let site: TestSite;
  let mail: Correspondence;
  beforeAll(async () => {
    const limits = ['request_mail_max', 'answer_mail_max', 'request_sender_max'].map((name) => `${name} 0`);
    site = await TestSite.make({ conf: limits });
    await site.list(
      'open',
      [reader],
      ['subscribe open', 'invite public', 'process_archive on', 'archive_mail_access public'],
    );
    await site.list('held', [reader], ['send editorkey', `editor\nemail ${editor}`]);
    await site.start();
    mail = new Correspondence(site);
  });
  afterAll(() => site.dispose());

  const filesThere = () =>
    readdirSync(site.dir, { recursive: true })
      .map(String)
      .filter((name) => !name.startsWith('data/'))
      .sort();

  it('no list, address or argument names a file', async () => {
    const before = filesThere();
    const lists = [
      '../../etc/passwd',
      '..%2f..%2fx',
      'a/b@lists.example.org',
      '../open@lists.example.org',
      '-rf',
      `${'x'.repeat(250)}`,
    ];
    const addresses = [
      '../../x@example.org',
      'a/b@example.org',
      '"../../x"@example.org',
      '%2f@example.org',
      '-x@example.org',
      `${'y'.repeat(300)}@example.org`,
      'bob@example.org@enc',
    ];
    const commands = [
      ...lists.flatMap((list) => [`INFO ${list}`, `SUBSCRIBE ${list}`, `REVIEW ${list}`, `MODINDEX ${list}`]),
      ...addresses.flatMap((address) => [
        `SIGNOFF open ${address}`,
        `INVITE open ${address}`,
        `ADD open ${address}`,
      ]),
      ...['../../sympa.conf', '/etc/passwd', '2026/11', '..'].map((what) => `GET open ${what}`),
    ];
    for (const some of [commands.slice(0, 20), commands.slice(20, 40), commands.slice(40)]) {
      const out = await mail.write(stranger, some.join('\n'));
      const report = out.find(({ to }) => to.includes(stranger))!;
      expect(report.text).toMatch(/^> /m);
      expect(report.text).not.toMatch(/root:|key_passwd|open sesame|ENOENT|EACCES|[/]tmp[/]/);
    }
    expect(filesThere()).toEqual(before);
  });

  it('line ends in names, in the Subject and in identifiers add no field and no recipient to any mail of ours', async () => {
    const evil = '=0D=0ABcc:_victim@example.com=0D=0AX-Evil:_yes=0D=0A=0D=0ABuy';
    const word = (text: string) => `=?utf-8?q?${text.replaceAll(' ', '_')}${evil}?=`;
    const more = ['In-Reply-To: <a@b>\r\n <c@d>', `Reply-To: ${word('x')} <victim@example.com>`];
    const named = plainMessage(
      { from: `${word('M')} <${stranger}>`, to: commandAddress, messageId: '<a@b>\r\n\tBcc: <c@d>', more },
      'subscribe open M\u{2028}Bcc: victim@example.com\n',
    );
    const out = [
      ...(await mail.write(stranger, '', { subject: word('subscribe open Mallory') })),
      ...(await mail.send(named, stranger, commandAddress)),
      ...(await mail.write(stranger, 'invite open reader2@example.org A\rBcc: victim@example.com\n')),
      ...(await mail.write(stranger, 'A post.\n', { to: 'held@lists.example.org', subject: word('Hello') })),
      ...(await mail.write(editor, 'MODINDEX held\n')),
    ];
    expect(out.length).toBeGreaterThan(6);
    // What would have been a field stands in the mails, as words.
    const shown = out.filter(({ subject, text }) => /X-Evil: yes/.test(`${subject}\n${text}`));
    expect(shown).not.toEqual([]);
    for (const one of out) expectPlainHeader(one);
    expect(out.flatMap(({ to }) => to)).not.toContain('victim@example.com');
  });

  function expectPlainHeader({ data }: ReadMail): void {
    const names = parseEntity(data).header.fields.map(({ name }) => name.toLowerCase());
    expect(names).not.toContain('bcc');
    expect(names).not.toContain('x-evil');
    for (const once of ['from', 'to', 'subject', 'date', 'message-id', 'content-type'])
      expect(names.filter((name) => name === once)).toHaveLength(1);
  }

  it('characters that turn the order of what is read are shown for what they are', async () => {
    const subject = `A post ${rightToLeft}gpj.exe`;
    const encoded = `=?utf-8?b?${Buffer.from(subject).toString('base64')}?=`;
    await mail.write(stranger, 'A post.\n', { to: 'held@lists.example.org', subject: encoded });
    const index = await mail.write(editor, 'MODINDEX held\n');
    const { text } = mailTo(index, editor);
    expect(text).toContain('A post \\u{202e}gpj.exe');
    const named = await mail.write(
      stranger,
      `INFO op${rightToLeft}en\nINVITE open a${rightToLeft}b@example.org\n`,
    );
    for (const one of [...index, ...named])
      expect(one.text).not.toMatch(
        /[\u{61c}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{2028}\u{2029}]/u,
      );
    await mail.write(stranger, `subscribe open Evil ${rightToLeft}name\n`);
    const review = await mail.write(owner, 'REVIEW open\n');
    expect(mailTo(review, owner).text).toContain(`${stranger}`);
    expect(mailTo(review, owner).text).not.toContain(rightToLeft);
  });
});

describe('story 26: text that is made to take long', () => {
  const long = 200_000;
  const hostile: readonly (readonly [string, string])[] = [
    ['marks of an answer', 're: '.repeat(long / 4)],
    ['marks without their end', `re${'[1]'.repeat(long / 3)}`],
    ['blanks', `${' '.repeat(long)}x`],
    ['marks and blanks', `re:${' '.repeat(long)}x`],
    ['moderation marks', '[moderate a@b '.repeat(long / 14)],
    ['one moderation mark', `[moderate ${'a'.repeat(long)}`],
    ['encoded words', '=?utf-8?q?a?= '.repeat(long / 14)],
    ['a long line', `subscribe ${'a '.repeat(long / 2)}`],
    ['quiet', 'quiet '.repeat(long / 6)],
    ['auth in auth', `auth ${'0123456789abcdef '.repeat(long / 17)}`],
    ['auth before commands', 'auth 0123456789abcdef '.repeat(long / 22)],
    ['line ends', '\r\n'.repeat(long / 2)],
    ['lines', 'x\n'.repeat(long / 2)],
    ['quotes', '> \n'.repeat(long / 3)],
  ];

  it.each(hostile)('%s', (_name, text) => {
    const before = cpuNow();
    scriptOfSubject(text);
    moderationOf(text);
    scriptOfBody(text);
    scriptOfBody(text, moderationOf(text));
    expect(cpuNow() - before).toBeLessThan(1_000);
  });
});
