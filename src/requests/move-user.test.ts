import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask, mailsOf, newestKey, sendBack } from '../../test/kit/requests.ts';
import { serviceMailHandler } from '../delivery/send-service-mail.ts';

const from = 'old@example.org';
const email = 'new@example.org';
let site: QuietSite;

beforeEach(async () => {
  site = await makeQuietSite({ now: () => Date.now() });
  for (const name of ['board', 'news']) {
    await site.lists.create({ name, owners: ['ann@example.org'] });
    await site.store.subscribers.add({ list: `${name}@example.org`, address: from, reception: 'nomail' });
  }
});
afterEach(() => site.dispose());

const move = (who: Parameters<typeof ask>[3], args: Readonly<Record<string, string>> = {}) =>
  ask(site, 'move-user', { email, ...args }, who);
const key = () => newestKey(site, 'request-auth');
const listsOf = (address: string) => site.store.subscribers.listsOf(address);

describe('MOVE', () => {
  it('has both addresses confirm before it moves the subscriptions of a sender who proved nothing', async () => {
    expect(await move({ sender: from })).toMatchObject({ status: 'waiting', values: { address: from } });
    expect(await sendBack(site, await key(), { sender: from })).toMatchObject({
      status: 'waiting',
      values: { address: email },
    });
    expect(await listsOf(email)).toEqual([]);
    expect(await sendBack(site, await key(), { sender: email })).toMatchObject({
      status: 'done',
      code: 'moved',
      values: { from, address: email, lists: 'board@example.org, news@example.org' },
    });
    expect(await listsOf(from)).toEqual([]);
    expect(await site.store.subscribers.find('board@example.org', email)).toMatchObject({
      reception: 'nomail',
    });
  });

  it('asks only the new address when the sender proved the old one', async () => {
    await move({ sender: from, method: 'smime' });
    expect((await mailsOf(site, 'request-auth')).map(({ to }) => to)).toEqual([[email]]);
    expect(await sendBack(site, await key(), { sender: email })).toMatchObject({ code: 'moved' });
  });

  it('tells both addresses', async () => {
    await move({ sender: from, method: 'md5' });
    await sendBack(site, await key(), { sender: email });
    expect((await mailsOf(site, 'moved')).map(({ to }) => to)).toEqual([[from], [email]]);
  });

  it('tells them in the name of the domain that was asked', async () => {
    const robot = site.lists.robotOf('x@other.example');
    await site.lists.create({ name: 'there', owners: ['ann@example.org'], robot });
    await site.store.subscribers.add({ list: 'there@other.example', address: from });
    await move({ sender: 'nobody', channel: 'command-line', robot }, { currentEmail: from });
    await site.run('delivery', 'service-mail', serviceMailHandler(site.parts));
    const [job] = (await site.store.jobs.list()).filter(({ kind }) => kind === 'deliver-packet');
    const { head, content } = await site.store.distributions.get(job!.subject.split(' ')[0]!);
    expect(new TextDecoder().decode(head)).toContain('From: listmaster@other.example');
    expect(new TextDecoder().decode(content!)).toContain('  there@other.example\r\n');
  });

  it.each([
    'smtp',
    'md5',
    'smime',
  ] as const)('lets nobody take the subscriptions of another, by %s', async (method) => {
    const thief = { sender: email, method };
    await move(thief, { currentEmail: from });
    if (method === 'smtp') await sendBack(site, await key(), { sender: email });
    expect(await listsOf(email)).toEqual([]);
    expect(await listsOf(from)).toHaveLength(2);
  });

  it('is not tricked by a key to a third address that a thief asked for, whatever the scenario says', async () => {
    const accomplice = 'eve@elsewhere.example';
    const steal = () =>
      move({ sender: 'eve@example.org', method: 'md5' }, { currentEmail: from, email: accomplice });
    expect(await steal()).toMatchObject({ status: 'refused', code: 'scenario-rejects' });
    site.write(
      'etc/scenari/move_user.auth',
      `equal([sender],[email]) md5 -> do_it\ntrue() md5 -> request_auth([email])\n`,
    );
    expect(await steal()).toMatchObject({ status: 'waiting', values: { address: accomplice } });
    expect(await sendBack(site, await key(), { sender: accomplice })).toMatchObject({
      code: 'scenario-rejects',
      reason: 'move_user_listmaster',
    });
    expect(await listsOf(from)).toHaveLength(2);
  });

  it('lets a listmaster move somebody, at once when that is proved', async () => {
    const report = await move({ sender: 'root@example.org', method: 'smime' }, { currentEmail: from });
    expect(report).toMatchObject({ code: 'moved', values: { from } });
    expect(await listsOf(email)).toHaveLength(2);
  });

  it('lets the operator move somebody', async () => {
    const operator = { sender: 'nobody', channel: 'command-line' } as const;
    expect(await move(operator, { currentEmail: from })).toMatchObject({ code: 'moved' });
  });

  it('tells neither address where the scenario says quiet', async () => {
    site.write('etc/scenari/move_user.auth', 'true() md5 -> do_it,quiet\n');
    expect(await move({ sender: from, method: 'md5' })).toMatchObject({ code: 'moved' });
    expect(await mailsOf(site, 'moved')).toEqual([]);
  });

  it('moves name and language, unless another domain still has the old address', async () => {
    await site.store.persons.note(from, { lang: 'fr' });
    await site.lists.create({ name: 'there', owners: [from], robot: site.lists.robotOf('x@other.example') });
    await site.store.subscribers.add({ list: 'there@other.example', address: from });
    const operator = { sender: 'nobody', channel: 'command-line' } as const;
    await move(operator, { currentEmail: from });
    expect(await listsOf(from)).toEqual(['there@other.example']);
    expect(await site.store.persons.find(from)).toMatchObject({ lang: 'fr' });
    const other = { ...operator, robot: site.lists.robotOf('x@other.example') };
    await move(other, { currentEmail: from });
    expect(await site.store.persons.find(email)).toMatchObject({ lang: 'fr' });
    expect(await site.store.persons.find(from)).toBeUndefined();
  });

  it('says which lists the old address still runs', async () => {
    await site.store.subscribers.add({ list: 'board@example.org', address: 'ann@example.org' });
    const report = await move(
      { sender: 'root@example.org', method: 'md5' },
      { currentEmail: 'ann@example.org' },
    );
    expect(report.answer).toEqual([
      'ann@example.org still runs these lists; the listmaster can change that: board@example.org, news@example.org',
    ]);
  });

  it('keeps one subscription where both addresses had one', async () => {
    await site.store.subscribers.add({ list: 'board@example.org', address: email });
    await move({ sender: 'root@example.org', method: 'md5' }, { currentEmail: from });
    expect(await site.store.subscribers.find('board@example.org', email)).toMatchObject({
      reception: 'mail',
    });
    expect(await listsOf(from)).toEqual([]);
  });

  it('moves nobody to the same address, nor one who is subscribed nowhere', async () => {
    expect(await move({ sender: email })).toMatchObject({ code: 'bad-arguments' });
    expect(
      await move({ sender: 'root@example.org', method: 'md5' }, { currentEmail: 'no@example.org' }),
    ).toMatchObject({
      code: 'not-subscribed',
    });
  });
});
