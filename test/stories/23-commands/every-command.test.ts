import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { meanings } from '../../../src/commands/words.ts';
import { Correspondence, commandAddress, type ReadMail } from '../../kit/command-mail.ts';
import { plainMessage, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const bob = 'bob@example.org';
const list = 'proof@lists.example.org';

/** Functions whose scenarios here do what a signature proves, and refuse everything else. */
const functions = {
  list: ['subscribe', 'unsubscribe', 'add', 'del', 'invite', 'review', 'remind', 'info'],
  site: ['global_remind', 'move_user', 'family_signoff'],
  archive: ['archive_mail_access'],
} as const;

const month = new Date().toISOString().slice(0, 7);

/** Each command that a scenario governs, and the words of its success. */
const governed: Readonly<Record<string, RegExp>> = {
  'SUBSCRIBE fresh': /bob@example\.org is subscribed to fresh@/,
  'SIGNOFF proof': /bob@example\.org is no longer subscribed to proof@/,
  'SIGNOFF *': /is no longer subscribed to: /,
  'FAMILY-SIGNOFF kin': /is no longer subscribed to: /,
  'ADD proof new@example.org': /new@example\.org was added to proof@/,
  'DEL proof carol@example.org': /carol@example\.org was taken off proof@/,
  'INVITE proof guest@example.org': /guest@example\.org was invited to proof@/,
  'REVIEW proof': /Subscribers of proof@/,
  'INFO proof': /List: proof@/,
  'CERTIFICATE proof': /The certificate of proof@lists\.example\.org is attached/,
  'REMIND proof': /A reminder goes to the subscribers of proof@/,
  'REMIND *': /A reminder goes to/,
  'INDEX proof': /Posts in the archive of proof@/,
  [`GET proof ${month}`]: /Posts sent to you/,
  'LAST proof': /Posts sent to you/,
  'STATS proof': /Posts: 1/,
  'MOVE bob.new@example.org': /go to bob\.new@example\.org now/,
};

/** Commands about oneself: without a proof a key is asked for. */
const needsKey: Readonly<Record<string, RegExp>> = {
  'SET proof NOMAIL': /Your options on proof@lists\.example\.org are set/,
  'SET * CONCEAL': /Your options on .* are set/,
};

/** Commands that answer everybody the same. */
const open: Readonly<Record<string, RegExp>> = {
  LISTS: /Lists at lists\.example\.org/,
  WHICH: /You are subscribed to:/,
  'VERIFY proof': /Commands of this message count as proved by/,
  HELP: /One command on a line/,
};

/** Whose stories are told elsewhere: keys, moderation, certificates that wait. */
const elsewhere = ['AUTH', 'CONFIRM', 'QUIT', 'MODINDEX', 'DISTRIBUTE', 'REJECT', 'CONFIRM-CERTIFICATE'];

describe('story 23: every command, however it is proved or not', () => {
  let site: TestSite;
  let mail: Correspondence;
  let bobPair: TestIdentity;
  let evePair: TestIdentity;

  beforeAll(async () => {
    site = await TestSite.make({
      conf: [
        ...functions.site.map((name) => `${name} proof`),
        'request_sender_max 100000',
        'request_mail_max 100000',
        'request_mail_domain_max 100000',
        'loop_command_max 100000',
        'answer_mail_max 100000',
        'answer_mail_domain_max 100000',
      ],
    });
    mkdirSync(join(site.dir, 'etc/scenari'), { recursive: true });
    for (const name of Object.values(functions).flat())
      writeFileSync(
        join(site.dir, 'etc/scenari', `${name}.proof`),
        "true() smime -> do_it\ntrue() smtp,md5 -> reject(reason='proof_only')\n",
      );
    const config = [...functions.list.map((name) => `${name} proof`), 'process_archive on', 'send public'];
    await site.list('proof', [bob], [...config, 'archive\nmail_access proof', 'visibility noconceal']);
    await site.list('fresh', [], ['subscribe proof']);
    await site.list('kin', [bob], ['family_name kin', 'unsubscribe proof', 'visibility noconceal']);
    site.listKey('proof');
    bobPair = await site.person(bob);
    evePair = site.ca.issue({ address: 'eve@example.org', use: 'both', algorithm: 'rsa-2048' });
    await site.start();
    mail = new Correspondence(site);
    await mail.send(
      plainMessage({ from: bob, to: list, subject: 'One post' }, 'For the archive.\n'),
      bob,
      list,
    );
  });
  afterAll(() => site.dispose());

  /** Whatever the command before changed is as it was. */
  beforeEach(() =>
    site.withStore(async (store) => {
      for (const of of [list, 'kin@lists.example.org'])
        for (const address of [bob, 'carol@example.org']) await store.subscribers.add({ list: of, address });
      await store.subscribers.remove('fresh@lists.example.org', bob);
      await store.subscribers.remove(list, 'new@example.org');
      for (const of of [list, 'kin@lists.example.org'])
        await store.subscribers.remove(of, 'bob.new@example.org');
    }),
  );

  const reportOf = (out: readonly ReadMail[]) =>
    out.find(({ to, subject }) => to.includes(bob) && subject === 'Results of your commands')?.text ?? '';
  const bySignature = (line: string, pair = bobPair) => signed(textEntity(`${line}\n`), pair);
  const protectedSubject = (line: string) =>
    signed(
      new Uint8Array(
        Buffer.from(
          [
            'Content-Type: text/plain; charset=utf-8; hp="clear"',
            `From: ${bob}`,
            `To: ${commandAddress}`,
            `Subject: ${line}`,
            'Date: Tue, 24 Nov 2026 10:00:00 +0000',
            '',
            'See the Subject.',
            '',
          ].join('\r\n'),
        ),
      ),
      bobPair,
    );

  /** Sends a command in every way that proves nothing. */
  async function unproved(line: string): Promise<readonly string[]> {
    return [
      reportOf(await mail.write(bob, `${line}\n`)),
      reportOf(await mail.write(bob, '', { subject: line })),
      // Signed by somebody else.
      reportOf(await mail.writeEntity(bob, bySignature(line, evePair))),
      // Signed by the sender, but not the Subject.
      reportOf(await mail.writeEntity(bob, bySignature('See the Subject.'), { subject: line })),
    ];
  }

  async function signedOnce(line: string, success: RegExp): Promise<void> {
    const entity = bySignature(line);
    expect(reportOf(await mail.writeEntity(bob, entity)), 'signed').toMatch(success);
    const again = reportOf(await mail.writeEntity(bob, entity, { more: ['X-Again: 1'] }));
    expect(again, 'sent again').toContain('was used for commands before');
    const looped = await mail.writeEntity(bob, bySignature(line), { more: [`X-Loop: ${commandAddress}`] });
    expect(looped, 'looped').toEqual([]);
  }

  it.each(Object.entries(governed))('%s', async (line, success) => {
    for (const report of await unproved(line)) {
      expect(report, 'unproved').not.toBe('');
      expect(report, 'unproved').not.toMatch(success);
    }
    await signedOnce(line, success);
  });

  it.each(Object.keys(governed))('%s, in a protected Subject', async (line) => {
    const out = await mail.writeEntity(bob, protectedSubject(line), { subject: line });
    expect(reportOf(out)).toMatch(governed[line]!);
  });

  it.each(Object.entries(needsKey))('%s', async (line, success) => {
    for (const report of await unproved(line)) {
      expect(report, 'unproved').toContain('A message with a key was sent to bob@example.org');
      expect(report, 'unproved').not.toMatch(success);
    }
    await signedOnce(line, success);
  });

  it.each(Object.entries(open))('%s', async (line, success) => {
    for (const report of await unproved(line)) expect(report).toMatch(success);
    await signedOnce(line, success);
  });

  it('is told here, or elsewhere', () => {
    const told = [...Object.keys(governed), ...Object.keys(needsKey), ...Object.keys(open), ...elsewhere];
    const words = new Set(told.map((line) => line.split(' ')[0]!.toLowerCase()));
    const all = meanings.map(([names]) => names.split(' '));
    expect(all.filter((names) => !names.some((name) => words.has(name)))).toEqual([]);
  });
});
