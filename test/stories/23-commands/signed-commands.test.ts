import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Correspondence, commandAddress, mailTo, readMail } from '../../kit/command-mail.ts';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { TestSite } from '../../kit/site.ts';

const owner = 'owner@example.org';
const bob = 'bob@example.org';
const dayMs = 86_400_000;

/** `del.auth`, `subscribe.smime`: what they decide hangs on the method alone. */
describe('story 23: commands that a signature proves', () => {
  let site: TestSite;
  let mail: Correspondence;
  let ownerPair: TestIdentity;
  let bobPair: TestIdentity;
  let listPair: TestIdentity;
  let boardPair: TestIdentity;
  beforeAll(async () => {
    site = await TestSite.make();
    // What a command is answered is read here; that the mail of such lists is sealed, story 29 shows.
    const inClear = 'service_mail_encryption answers';
    await site.list('board', [bob, 'carol@example.org'], ['del auth', 'add auth', inClear]);
    await site.list('signed', [], ['subscribe smime', 'unsubscribe auth', inClear]);
    listPair = site.listKey('signed');
    boardPair = site.listKey('board');
    ownerPair = await site.person(owner);
    bobPair = await site.person(bob);
    await site.start();
    mail = new Correspondence(site);
  });
  afterAll(() => site.dispose());

  const isSubscribed = (list: string, address: string) =>
    site.withStore((store) => store.subscribers.isSubscriber(`${list}@lists.example.org`, address));

  it('a signed DEL by the owner is done at once; an unsigned one waits for a key', async () => {
    const unsigned = await mail.write(owner, 'DEL board carol@example.org\n');
    expect(
      mailTo(
        unsigned.filter(({ subject }) => subject.startsWith('AUTH')),
        owner,
      ).subject,
    ).toContain('DEL board carol@example.org');
    expect(await isSubscribed('board', 'carol@example.org')).toBe(true);
    await mail.writeEntity(owner, signed(textEntity('DEL board carol@example.org\n'), ownerPair));
    expect(await isSubscribed('board', 'carol@example.org')).toBe(false);
  });

  it('a signature by somebody else proves nothing about the sender', async () => {
    const forged = signed(textEntity('DEL board bob@example.org\n'), bobPair);
    const out = await mail.writeEntity(owner, forged);
    expect(out.map(({ subject }) => subject)).toContainEqual(
      expect.stringMatching(/^AUTH \S+ DEL board bob@/),
    );
    expect(await isSubscribed('board', bob)).toBe(true);
  });

  it('a Subject that nothing protects is never proved by the signature of the body', async () => {
    const entity = signed(textEntity('Nothing of interest.\n'), bobPair);
    const out = await mail.writeEntity(bob, entity, { subject: 'SUBSCRIBE signed' });
    expect(await isSubscribed('signed', bob)).toBe(false);
    expect(mailTo(out, bob).text).toContain('send a message with a valid S/MIME signature');
  });

  it('a mail to LIST-subscribe is not either, however well it is signed', async () => {
    const to = 'signed-subscribe@lists.example.org';
    const out = await mail.writeEntity(bob, signed(textEntity('SUBSCRIBE signed\n'), bobPair), { to });
    expect(await isSubscribed('signed', bob)).toBe(false);
    expect(mailTo(out, bob).text).toContain('valid S/MIME signature');
  });

  it('a protected Subject with a protected To that names the address is', async () => {
    const { raw } = protectedMail(bob, commandAddress, 'SUBSCRIBE signed', bobPair);
    await mail.send(raw, bob, commandAddress);
    expect(await isSubscribed('signed', bob)).toBe(true);
  });

  it('a protected Subject that was written to another address is not', async () => {
    const { raw } = protectedMail(bob, 'friend@example.org', 'SIGNOFF signed', bobPair);
    const out = await mail.send(raw, bob, commandAddress);
    expect(await isSubscribed('signed', bob)).toBe(true);
    // `unsubscribe.auth` asks whoever is not proved for a confirmation.
    expect(
      mailTo(
        out.filter(({ subject }) => subject.startsWith('AUTH')),
        bob,
      ).subject,
    ).toContain('SIGNOFF');
  });

  it('a signed body that was written to another address is refused', async () => {
    const { raw } = protectedMail(
      owner,
      'friend@example.org',
      'Hello',
      ownerPair,
      'DEL board bob@example.org\n',
    );
    const out = await mail.send(raw, owner, commandAddress);
    expect(await isSubscribed('board', bob)).toBe(true);
    expect(mailTo(out, owner).text).toContain('names another recipient');
  });

  it('a signed command that is sent a second time does nothing, in whatever wrapping', async () => {
    const add = signed(textEntity('ADD board dora@example.org\n'), ownerPair);
    await mail.writeEntity(owner, add);
    expect(await isSubscribed('board', 'dora@example.org')).toBe(true);
    await mail.write('dora@example.org', 'signoff board\n');
    expect(await isSubscribed('board', 'dora@example.org')).toBe(false);
    const again = await mail.writeEntity(owner, add, { more: ['X-Other: 1'] });
    expect(mailTo(again, owner).text).toContain('was used for commands before');
    const lf = Buffer.from(Buffer.from(add).toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
    const sealed = encrypted(new Uint8Array(lf), boardPair.certificate);
    const wrapped = await mail.writeEntity(owner, sealed, { to: 'board-request@lists.example.org' });
    const report = decryptMessage(mailTo(wrapped, owner).data, ownerPair);
    expect(readMail({ data: report, recipients: [], sender: '' }).text).toContain(
      'was used for commands before',
    );
    expect(await isSubscribed('board', 'dora@example.org')).toBe(false);
  });

  it('a signed post that a subscriber sends on to the service carries nothing out', async () => {
    const entity = signed(textEntity('DEL board bob@example.org\n'), ownerPair);
    const to = 'board@lists.example.org';
    await mail.writeEntity(owner, entity, { to, subject: 'An example for all of you' });
    const out = await mail.writeEntity(owner, entity);
    expect(mailTo(out, owner).text).toContain('was used for commands before');
    expect(await isSubscribed('board', bob)).toBe(true);
  });

  it('a signature of last month, or of tomorrow, carries nothing out', async () => {
    for (const atMs of [Date.now() - 31 * dayMs, Date.now() + dayMs]) {
      const out = await mail.writeEntity(
        owner,
        signed(textEntity('DEL board bob@example.org\n'), ownerPair, { atMs }),
      );
      expect(mailTo(out, owner).text).toContain('made too long ago, or in the future');
    }
    expect(await isSubscribed('board', bob)).toBe(true);
  });

  it('commands in an encrypted mail work, and the report comes back encrypted', async () => {
    const to = 'signed-request@lists.example.org';
    const inner = signed(textEntity('REVIEW signed\nWHICH\n'), bobPair);
    const raw = message({ from: bob, to, subject: '...' }, encrypted(inner, listPair.certificate));
    const out = await mail.send(raw, bob, to);
    const report = mailTo(out, bob);
    expect(Buffer.from(report.data).toString()).toContain('application/pkcs7-mime');
    const opened = decryptMessage(report.data, bobPair);
    const inside = readMail({ data: opened, recipients: [bob], sender: '' });
    expect(inside.text).toContain('> WHICH');
    expect(inside.text).toContain('> REVIEW signed');
    expect(inside.text).toContain('signed@lists.example.org  mail, noconceal');
    expect(report.text).toBe('');
  });

  it('an encrypted mail of somebody without a certificate is carried out, and answered with one sentence in clear', async () => {
    const to = 'signed-request@lists.example.org';
    const raw = message(
      { from: 'zoe@example.org', to, subject: '...' },
      encrypted(textEntity('LISTS\n'), listPair.certificate),
    );
    const out = await mail.send(raw, 'zoe@example.org', to);
    expect(mailTo(out, 'zoe@example.org').text).toContain('their results are sent encrypted only');
    expect(mailTo(out, 'zoe@example.org').text).not.toContain('LISTS');
  });

  it('a Legacy Display Element is not read as a command', async () => {
    const to = 'signed-request@lists.example.org';
    const text = 'Subject: SIGNOFF signed\r\n\r\nWHICH\r\n';
    const inner = Buffer.from(
      `Content-Type: text/plain; charset=utf-8; hp="cipher"; hp-legacy-display="1"\r\nFrom: ${bob}\r\nTo: ${to}\r\nSubject: hello\r\n\r\n${text}`,
    );
    const raw = message(
      { from: bob, to, subject: '[...]' },
      encrypted(signed(inner, bobPair), listPair.certificate),
    );
    const out = await mail.send(raw, bob, to);
    expect(await isSubscribed('signed', bob)).toBe(true);
    const { text: report } = readMail({
      data: decryptMessage(mailTo(out, bob).data, bobPair),
      recipients: [bob],
      sender: '',
    });
    expect(report.match(/^> .*$/gm)).toEqual(['> WHICH']);
  });

  it('VERIFY says what the signature is worth', async () => {
    const good = await mail.writeEntity(bob, signed(textEntity('VERIFY board\n'), bobPair));
    const none = await mail.write(bob, 'VERIFY board\n');
    expect(mailTo(good, bob).text).toContain('count as proved by: its S/MIME signature (smime)\n');
    expect(mailTo(none, bob).text).toContain('count as proved by: nothing but its From (smtp)\n');
  });
});

/** A message whose header is protected by its signature, RFC 9788. */
function protectedMail(
  from: string,
  to: string,
  subject: string,
  pair: TestIdentity,
  text = 'See the Subject.\n',
) {
  const fields = [
    ['From', from],
    ['To', to],
    ['Subject', subject],
    ['Date', 'Tue, 24 Nov 2026 10:00:00 +0000'],
  ] as const;
  const protectedEntity = Buffer.from(
    [
      'Content-Type: text/plain; charset=utf-8; hp="clear"',
      ...fields.map(([name, body]) => `${name}: ${body}`),
      '',
      text.replaceAll('\n', '\r\n'),
    ].join('\r\n'),
  );
  return { raw: message({ from, to, subject }, signed(new Uint8Array(protectedEntity), pair)) };
}
