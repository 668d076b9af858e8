import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Correspondence, commandAddress, mailTo } from '../../kit/command-mail.ts';
import { TestSite } from '../../kit/site.ts';

const alice = 'alice@example.org';
const bob = 'bob@example.org';
const owner = 'owner@example.org';

describe('story 23: commands by mail', () => {
  let site: TestSite;
  let mail: Correspondence;
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('open', []);
    await site.list('closed', [alice], ['subscribe closed']);
    await site.list('auth', [], ['subscribe auth']);
    await site.list('owned', [], ['subscribe owner']);
    await site.start();
    mail = new Correspondence(site);
  });
  afterAll(() => site.dispose());

  const isSubscribed = (list: string, address: string) =>
    site.withStore((store) => store.subscribers.isSubscriber(`${list}@lists.example.org`, address));

  it('SUBSCRIBE to an open list subscribes, welcomes, and is reported from the null sender', async () => {
    const out = await mail.write(alice, 'SUBSCRIBE open Alice Example\n');
    expect(await isSubscribed('open', alice)).toBe(true);
    expect(out.map(({ subject }) => subject).sort()).toEqual(['Results of your commands', 'Welcome to open']);
    for (const one of out) {
      expect(one.sender).toBe('');
      expect(Buffer.from(one.data).toString()).toMatch(/^Auto-Submitted: auto-/m);
    }
    const report = out.find(({ subject }) => subject.startsWith('Results'))!;
    expect(report.text).toContain('> SUBSCRIBE open');
    expect(report.text).toContain('alice@example.org is subscribed to open@lists.example.org now.');
    expect(report.from).toBe(commandAddress);
  });

  it('SIGNOFF in the Subject ends the subscription', async () => {
    const out = await mail.write(alice, 'Whatever stands here.\n', { subject: 'signoff open' });
    expect(await isSubscribed('open', alice)).toBe(false);
    expect(out.some(({ subject }) => subject === 'You left open')).toBe(true);
  });

  it('a list that asks for a confirmation gets it by an answer to the mail with the key, once', async () => {
    const asked = await mail.write(bob, 'sub auth\n');
    expect(await isSubscribed('auth', bob)).toBe(false);
    const question = asked.find(({ subject }) => subject.startsWith('AUTH '))!;
    expect(question.to).toEqual([bob]);
    expect(question.replyTo).toBe(commandAddress);
    await mail.answer(question, bob, 'Yes please.');
    expect(await isSubscribed('auth', bob)).toBe(true);
    const again = await mail.answer(question, bob);
    expect(mailTo(again, bob).text).toContain('The key was used before');
  });

  it('the key of one person is worth nothing to another', async () => {
    const asked = await mail.write('carol@example.org', 'subscribe auth\n');
    const question = asked.find(({ subject }) => subject.startsWith('AUTH '))!;
    const out = await mail.answer(question, 'mallory@example.org');
    expect(mailTo(out, 'mallory@example.org').text).toContain('The key is unknown');
    expect(await isSubscribed('auth', 'mallory@example.org')).toBe(false);
    expect(await isSubscribed('auth', 'carol@example.org')).toBe(false);
    // It is not used up by that.
    await mail.answer(question, 'carol@example.org');
    expect(await isSubscribed('auth', 'carol@example.org')).toBe(true);
  });

  it('a list that leaves it to its owners asks them, and the first answer decides', async () => {
    const asked = await mail.write(bob, 'SUBSCRIBE owned\n');
    const question = asked.find(({ subject }) => subject.startsWith('AUTH '))!;
    expect(question.to).toEqual([owner]);
    expect(mailTo(asked, bob).text).toContain('The owners of owned@lists.example.org were asked');
    expect(await isSubscribed('owned', bob)).toBe(false);
    // Somebody who saw the key, and is no owner.
    const other = await mail.answer(question, bob);
    expect(mailTo(other, bob).text).toContain('Only owners');
    await mail.answer(question, owner);
    expect(await isSubscribed('owned', bob)).toBe(true);
  });

  it('an owner may refuse', async () => {
    const asked = await mail.write('dave@example.org', 'SUBSCRIBE owned\n');
    const key = /AUTH (\S+)/.exec(asked.find(({ subject }) => subject.startsWith('AUTH '))!.subject)![1]!;
    const out = await mail.write(owner, `REJECT owned ${key}\n`);
    expect(mailTo(out, owner).text).toContain('The request is refused');
    const late = await mail.write(owner, `AUTH ${key}\n`);
    expect(mailTo(late, owner).text).toContain('The key was used before');
    expect(await isSubscribed('owned', 'dave@example.org')).toBe(false);
  });

  it('a refusal says why', async () => {
    const out = await mail.write(bob, 'SUBSCRIBE closed\n');
    expect(mailTo(out, bob).text).toContain('Nobody may subscribe to this list.');
  });

  it('several commands a mail are carried out in their order, up to a line that is none', async () => {
    const text = [
      '# mine',
      '',
      'subscribe open',
      '> subscribe closed',
      'which',
      'make me rich',
      'signoff open',
    ];
    const out = await mail.write('erin@example.org', text.join('\n'));
    const report = out.find(({ subject }) => subject.startsWith('Results'))!;
    expect(report.text).toContain('> WHICH');
    expect(report.text).toContain('Line 6 of your message is no command');
    expect(await isSubscribed('open', 'erin@example.org')).toBe(true);
  });

  it('a signature line, QUIT and HTML end or hide nothing but themselves', async () => {
    const out = await mail.write('fay@example.org', 'QUIET subscribe open\n-- \nsignoff open\n');
    expect(await isSubscribed('open', 'fay@example.org')).toBe(true);
    expect(out.map(({ subject }) => subject)).toEqual(['Welcome to open']);
    const entity = Buffer.from(
      'Content-Type: text/html; charset=utf-8\r\n\r\n<p>signoff open</p>\r\nsignoff open\r\n',
    );
    const html = await mail.writeEntity('fay@example.org', entity);
    expect(mailTo(html, 'fay@example.org').text).toContain('No command was found');
    expect(await isSubscribed('open', 'fay@example.org')).toBe(true);
  });

  it('LIST-subscribe and LIST-unsubscribe are a command each, whatever they hold', async () => {
    const to = (what: string) => ({ to: `open-${what}@lists.example.org` });
    await mail.write('gil@example.org', 'signoff open\n', to('subscribe'));
    expect(await isSubscribed('open', 'gil@example.org')).toBe(true);
    await mail.write('gil@example.org', '', to('unsubscribe'));
    expect(await isSubscribed('open', 'gil@example.org')).toBe(false);
  });

  it('LIST-request takes a Subject that joins or leaves, and forwards the rest to the owners', async () => {
    const request = 'open-request@lists.example.org';
    await mail.write('hal@example.org', '', { to: request, subject: 'subscribe' });
    expect(await isSubscribed('open', 'hal@example.org')).toBe(true);
    const out = await mail.write('hal@example.org', 'When do we meet?\n', { to: request, subject: 'Help' });
    expect(mailTo(out, 'hal@example.org').text).toContain('> HELP');
    const forwarded = await mail.write('hal@example.org', 'When do we meet?\n', {
      to: request,
      subject: 'A question about the list',
    });
    expect(mailTo(forwarded, owner).text).toContain('When do we meet?');
  });

  it('what a machine sends is not answered, nor what we sent ourselves', async () => {
    const automatic = await mail.write('robot@example.org', 'subscribe open\n', {
      more: ['Auto-Submitted: auto-replied'],
    });
    expect(automatic).toEqual([]);
    const looped = await mail.write('loop@example.org', 'help\n', { more: [`X-Loop: ${commandAddress}`] });
    expect(looped).toEqual([]);
    expect(await isSubscribed('open', 'robot@example.org')).toBe(false);
  });

  it('speaks the language that the writer accepts', async () => {
    const out = await mail.write('ines@example.org', 'which\n', { more: ['Accept-Language: fr, en;q=0.5'] });
    expect(mailTo(out, 'ines@example.org').subject).toBe('Résultats de vos commandes');
  });

  it('nobody learns by asking whether another address is subscribed', async () => {
    const known = await mail.write('mallory@example.org', 'signoff open hal@example.org\n');
    const unknown = await mail.write('mallory@example.org', 'signoff open nobody@example.org\n');
    const told = (out: typeof known) =>
      mailTo(out, 'mallory@example.org').text.replaceAll(/(hal|nobody)@/g, 'X@');
    expect(told(known)).toBe(told(unknown));
    expect(await isSubscribed('open', 'hal@example.org')).toBe(true);
    expect(mailTo(known, 'hal@example.org').subject).toMatch(/^AUTH /);
    expect(mailTo(unknown, 'nobody@example.org').subject).toMatch(/^A request for you/);
  });
});
