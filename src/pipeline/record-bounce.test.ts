import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bounceVector, deliveryReport } from '../../test/kit/bounces.ts';
import { type BouncingList, makeBouncingList } from '../../test/kit/bouncing-list.ts';
import { encrypted, message, plainMessage, signed, textEntity } from '../../test/kit/mail.ts';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';

const dayMs = 86_400_000;
const list = 'board@example.org';
const common = 'board-owner@example.org';
const bob = 'bob@example.net';
const carol = 'carol@example.net';

let quiet: QuietSite;
let board: BouncingList;
const clock = { at: 0, now: () => clock.at };

beforeEach(async () => {
  clock.at = Date.now();
  quiet = await makeQuietSite(clock);
  board = await makeBouncingList(quiet, [bob, carol]);
});
afterEach(() => quiet.dispose());

const mails = async () =>
  (await quiet.store.jobs.list())
    .filter(({ kind }) => kind === 'service-mail')
    .map(({ payload }) => payload as { readonly template: string; readonly variables: object });
const marked = async () => quiet.lists.setParameter(await quiet.lists.get(list), 'verp_rate', '100%');

describe('a bounce at the return address of one subscriber', () => {
  beforeEach(marked);

  it('counts for that subscriber, whomever the report names, and nothing else of it is kept', async () => {
    const { returnPath, messageId, id } = await board.post();
    expect(returnPath(bob)).toMatch(/^bounce\+bob==example\.net==board==/);
    const report = await board.report(returnPath(bob), { address: 'elsewhere@example.com', messageId });
    expect(report).toMatchObject({ state: 'recorded', code: null, verdict: expect.any(String) });
    expect(report.raw).toHaveLength(0);
    expect(await board.bouncer(bob)).toMatchObject({ count: 1, status: '5.1.1', firstAt: clock.at });
    expect(await quiet.store.bounces.list(list)).toMatchObject([
      { address: bob, status: '5.1.1', postId: id, messageId: report.id },
    ]);
    expect(await board.bouncer(carol)).toBeUndefined();
    expect(await mails()).toEqual([]);
  });

  it('counts once a post, and without a post that it names once a day', async () => {
    const first = await board.post();
    for (let i = 0; i < 3; i++)
      await board.report(first.returnPath(bob), { address: bob, messageId: first.messageId });
    expect(await board.bouncer(bob)).toMatchObject({ count: 1 });
    await board.report(first.returnPath(bob), { address: bob });
    await board.report(first.returnPath(bob), { address: bob, messageId: '<other@example.com>' });
    expect(await board.bouncer(bob)).toMatchObject({ count: 2 });
    clock.at += dayMs;
    await board.report(first.returnPath(bob), { address: bob });
    expect(await board.bouncer(bob)).toMatchObject({ count: 3 });
  });

  it('takes the status of the subscriber where the report has several', async () => {
    const { returnPath } = await board.post();
    const raw = bounceVector('several-recipients', {
      'carol@': 'bob.old@',
      'bob@': 'x@',
      'bob.old@': 'bob@',
    });
    await board.receive(raw, returnPath(bob));
    expect(await board.bouncer(bob)).toMatchObject({ count: 1, status: '4.4.7' });
  });

  it.each([
    'postfix',
    'exim-dsn',
    'exchange',
    'qmail',
    'exim-old',
  ])('counts where %s wrote it', async (name) => {
    const { returnPath } = await board.post();
    await board.receive(bounceVector(name), returnPath(bob));
    expect(await board.bouncer(bob)).toMatchObject({ count: 1, status: expect.stringMatching(/^5\./) });
  });

  it.each([
    'delayed',
    'delivered',
    'vacation',
    'exim-old-warning',
  ])('counts not where it is none: %s', async (name) => {
    const { returnPath } = await board.post();
    expect(await board.receive(bounceVector(name), returnPath(bob))).toMatchObject({ state: 'recorded' });
    expect(await board.bouncer(bob)).toBeUndefined();
    expect(await quiet.store.bounces.list(list)).toMatchObject([{ address: null, status: null }]);
  });

  it('counts not where the mail was refused, and not its reader', async () => {
    const { returnPath, messageId } = await board.post();
    for (const status of ['5.7.1', '5.6.0', '5.3.4', '2.0.0'])
      await board.report(returnPath(bob), { address: bob, messageId, status });
    expect(await board.bouncer(bob)).toBeUndefined();
  });

  it('counts not for a post of long ago', async () => {
    const { returnPath, messageId } = await board.post();
    clock.at += 7 * dayMs - 1;
    await board.report(returnPath(bob), { address: bob, messageId });
    expect(await board.bouncer(bob)).toMatchObject({ count: 1 });
    clock.at += 1;
    await board.report(returnPath(carol), { address: carol, messageId });
    expect(await board.bouncer(carol)).toBeUndefined();
  });

  it('for people counts with the null sender alone', async () => {
    const { returnPath } = await board.post();
    const kept = await board.receive(bounceVector('qmail'), returnPath(bob), 'mallory@example.com');
    expect(await board.bouncer(bob)).toBeUndefined();
    expect(kept.raw).not.toHaveLength(0);
  });

  it('with another proof, or another list, counts for nobody', async () => {
    const { returnPath, messageId } = await board.post();
    const forged = returnPath(bob).replace(/==[0-9a-f]{8}@/, '==00000000@');
    expect(forged).not.toBe(returnPath(bob));
    await board.report(forged, { address: bob, messageId });
    await board.report(returnPath(bob).replace('bob', 'carol'), { address: carol, messageId });
    expect([await board.bouncer(bob), await board.bouncer(carol)]).toEqual([undefined, undefined]);
  });

  it('of an encrypted post counts, and nothing of it is at rest afterwards', async () => {
    const key = quiet.listKey('board');
    const alice = quiet.ca.issue({ address: 'alice@example.com', algorithm: 'rsa-2048' });
    const reader = quiet.ca.issue({ address: bob, algorithm: 'rsa-2048' });
    const kept = {
      address: bob,
      certificate: reader.certificate,
      usage: 'both',
      source: 'operator',
    } as const;
    await quiet.parts.certificates.keep(quiet.store, { ...kept, signingTimeMs: null, capabilities: null });
    const inner = signed(textEntity('Hush'), alice);
    const messageId = '<secret@example.com>';
    const fields = { from: 'alice@example.com', to: list, messageId };
    const { returnPath, id } = await board.post(message(fields, encrypted(inner, key.certificate)));
    expect(returnPath(bob)).toMatch(/^bounce\+bob/);
    // The system of the reader decrypted it, and gives back what it could not deliver.
    const raw = Buffer.from(deliveryReport({ address: bob, messageId })).toString();
    const leak = raw.replace('Subject: returned', 'Subject: returned\r\n\r\nHush');
    const report = await board.receive(Buffer.from(leak), returnPath(bob));
    expect(report.raw).toHaveLength(0);
    expect(await quiet.store.bounces.list(list)).toMatchObject([{ address: bob, postId: id }]);
  });
});

describe('a bounce at the return address that all share', () => {
  it('counts where it gives back a post that went to the address under it', async () => {
    const { returnPath, messageId } = await board.post();
    expect(returnPath(bob)).toBe(common);
    await board.report(common, { address: 'Bob@EXAMPLE.net', messageId });
    expect(await board.bouncer(bob)).toMatchObject({ count: 1 });
  });

  it('counts for each whom it names as failed', async () => {
    await board.post();
    await board.receive(bounceVector('several-recipients'), common);
    expect(await board.bouncer(bob)).toMatchObject({ count: 1, status: '5.1.1' });
    expect(await board.bouncer(carol)).toMatchObject({ count: 1, status: '4.4.7' });
  });

  it('counts not without the post, with one that was never sent, or sent to others, or in an old form', async () => {
    await board.post();
    await board.report(common, { address: bob });
    await board.report(common, { address: bob, messageId: '<made-up@example.com>' });
    await quiet.store.subscribers.add({ list, address: 'new@example.net' });
    await board.report(common, { address: 'new@example.net', messageId: '<post-1@example.com>' });
    for (const name of ['qmail', 'exim-old']) await board.receive(bounceVector(name), common);
    expect(await board.bouncer(bob)).toBeUndefined();
    expect(await board.bouncer('new@example.net')).toBeUndefined();
    expect(await quiet.store.bounces.list(list)).toHaveLength(5);
  });

  it('is not believed of a copy that had a return address of its own', async () => {
    await marked();
    const { messageId } = await board.post();
    await board.report(common, { address: bob, messageId });
    await board.report('bounce+bob==example.net==board@example.org', { address: bob, messageId });
    expect(await board.bouncer(bob)).toBeUndefined();
  });

  it('is believed at first only: whoever bounced gets a return address of their own', async () => {
    const first = await board.post();
    await board.report(common, { address: bob, messageId: first.messageId });
    clock.at += dayMs;
    const second = await board.post();
    expect([second.returnPath(bob), second.returnPath(carol)]).toEqual([
      expect.stringMatching(/^bounce\+bob/),
      common,
    ]);
    await board.report(common, { address: bob, messageId: second.messageId });
    expect(await board.bouncer(bob)).toMatchObject({ count: 1 });
    await board.report(second.returnPath(bob), { address: bob, messageId: second.messageId });
    expect(await board.bouncer(bob)).toMatchObject({ count: 2, lastAt: clock.at });
  });

  it('finds a post without a Message-ID by the one that it got', async () => {
    const raw = plainMessage({ from: 'alice@example.com', to: list, messageId: 'none' }, 'x');
    const bare = Buffer.from(raw)
      .toString()
      .replace(/^Message-ID:.*\r\n/im, '');
    expect(bare).not.toMatch(/message-id/i);
    const { id } = await board.post(Buffer.from(bare));
    await board.report(common, { address: bob, messageId: `<${id}@example.org>` });
    expect(await board.bouncer(bob)).toMatchObject({ count: 1 });
  });

  it('of a list that another has posts of counts there', async () => {
    await quiet.lists.create({ name: 'other', owners: ['ann@example.org'] });
    await quiet.store.subscribers.add({ list: 'other@example.org', address: bob });
    const { messageId } = await board.post();
    await board.report('other-owner@example.org', { address: bob, messageId });
    expect(await quiet.store.bouncers.find('other@example.org', bob)).toBeUndefined();
    await board.report('sympa-owner@example.org', { address: bob, messageId });
    expect(await board.bouncer(bob)).toBeUndefined();
  });
});

describe('a peer that refuses a mailbox in the dialogue', () => {
  const refuse = (enhanced: string, answers: 'recipient' | 'copy' = 'recipient', code = 550) => {
    quiet.peer = ({ recipients }) =>
      recipients.includes(bob) ? { status: 'permanent', code, enhanced, answers, text: 'no' } : undefined;
  };
  beforeEach(marked);

  it('is as good as a report, once a post', async () => {
    refuse('5.1.1');
    const { id, messageId } = await board.post();
    expect(await board.bouncer(bob)).toMatchObject({ count: 1, status: '5.1.1', firstAt: clock.at });
    expect(
      await quiet.store.deliveries.ofDistribution((await quiet.store.distributions.ofMessage(id))[0]!.id),
    ).toMatchObject([
      { address: bob, state: 'failed', code: '550 5.1.1' },
      { address: carol, state: 'sent' },
    ]);
    await board.report(common, { address: bob, messageId });
    expect(await board.bouncer(bob)).toMatchObject({ count: 1 });
  });

  it.each([
    '',
    '5.7.1',
    '5.3.0',
    '5.1.0',
    '5.1.8',
    '5.1.90',
  ])('with the status %j says nothing of the mailbox', async (status) => {
    refuse(status);
    await board.post();
    expect(await board.bouncer(bob)).toBeUndefined();
  });
});

describe('a peer that refuses a whole mail in the dialogue', () => {
  it.each(['5.1.1', '5.2.0'])('says nothing of the mailboxes it was for by %s', async (enhanced) => {
    await marked();
    const said = { status: 'permanent', code: 550, enhanced, text: 'Sender address rejected' } as const;
    quiet.peer = () => ({ ...said, answers: 'copy' });
    await board.post();
    expect(await board.bouncer(bob)).toBeUndefined();
  });
});

describe('a complaint', () => {
  const complain = async (to: string, replaced: Readonly<Record<string, string>> = {}) =>
    board.receive(bounceVector('feedback', replaced), to);
  const told = async () => (await mails()).filter(({ template }) => template === 'complaint-owner');

  it('about a post is told to the owners, and the reader stays', async () => {
    await board.post();
    const report = await complain('abuse-feedback-report@example.org');
    expect(report.raw).toHaveLength(0);
    expect(await told()).toMatchObject([{ list, to: 'owners', variables: { type: 'abuse', address: bob } }]);
    expect(await quiet.store.subscribers.isSubscriber(list, bob)).toBe(true);
    expect(await board.bouncer(bob)).toBeUndefined();
  });

  it('names the reader by the return address, in the envelope or that it came to, before any other', async () => {
    await marked();
    const { returnPath } = await board.post();
    await complain('abuse-feedback-report@example.org', { [common]: returnPath(carol), 'List-Id': 'X-Id' });
    await complain(returnPath(bob), { 'bob@example.net': 'carol@example.net' });
    expect((await told()).map(({ variables }) => variables)).toMatchObject([
      { address: carol },
      { address: bob },
    ]);
  });

  it('names nobody who is not subscribed', async () => {
    await board.post();
    await complain(common, { 'bob@example.net': 'stranger@example.net' });
    expect(await told()).toMatchObject([{ variables: { address: null } }]);
  });

  it('about nothing that the list sent is only noted', async () => {
    await complain(common);
    await board.post();
    await complain(common, { 'post-1@': 'made-up@' });
    await complain('abuse-feedback-report@example.org', { 'board.example.org': 'nowhere.example.org' });
    await complain('abuse-feedback-report@example.org', { 'board.example.org': 'board.example.com' });
    expect(await told()).toEqual([]);
  });

  it('is told once a day of one reader, and ten times of a list', async () => {
    await board.post();
    for (let i = 0; i < 3; i++) await complain(common, { 'SomeGenerator/1.0': `v${i}` });
    expect(await told()).toHaveLength(1);
    for (let i = 0; i < 12; i++) {
      const address = `reader${i}@example.net`;
      await quiet.store.subscribers.add({ list, address });
      await complain(common, { [bob]: address });
    }
    expect(await told()).toHaveLength(10);
    clock.at += dayMs;
    await complain(common, { SomeGenerator: 'next day' });
    expect(await told()).toHaveLength(11);
  });
});
