import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask, mailsOf, newestKey, sendBack } from '../../test/kit/requests.ts';
import { planRequest } from './plan-request.ts';

const ann = 'ann@example.org';
const bob = 'bob@example.org';
const eve = 'eve@example.org';
const list = 'board@example.org';

let site: QuietSite;

beforeEach(async () => {
  site = await makeQuietSite({ now: () => Date.now() });
  await site.lists.create({ name: 'board', owners: [ann] });
});
afterEach(() => site.dispose());

/** Lets one rule decide on a function of the list. */
async function rule(functionName: string, action: string): Promise<void> {
  site.write(`etc/scenari/${functionName}.fixed`, `title.us x\ntrue() smtp,md5,smime -> ${action}\n`);
  await site.lists.setParameter(await site.lists.get(list), functionName, 'fixed');
}

const subscribe = (more = {}) => ask(site, 'subscribe', { list: 'board' }, { sender: bob, ...more });
const templates = async () =>
  (await site.store.jobs.list())
    .filter(({ kind }) => kind === 'service-mail')
    .map(({ payload }) => String(payload.template))
    .sort();
const isSubscribed = (address = bob) => site.store.subscribers.isSubscriber(list, address);

describe('what a scenario says of a request', () => {
  it.each([
    ['do_it', { status: 'done', code: 'subscribed' }, true, ['welcome']],
    ['do_it,quiet', { status: 'done', code: 'subscribed' }, true, []],
    ['do_it,notify', { status: 'done', code: 'subscribed' }, true, ['membership-owner', 'welcome']],
    ['do_it,quiet,notify', { status: 'done', code: 'subscribed' }, true, ['membership-owner']],
    ['request_auth', { status: 'waiting', code: 'confirmation-asked' }, false, ['request-auth']],
    ['request_auth([email])', { status: 'waiting', code: 'confirmation-asked' }, false, ['request-auth']],
    ['owner', { status: 'waiting', code: 'owners-asked' }, false, ['owner-approval']],
    ['owner,quiet', { status: 'waiting', code: 'owners-asked', isQuiet: true }, false, ['owner-approval']],
    ['reject', { status: 'refused', code: 'scenario-rejects', reason: 'default' }, false, []],
    [
      "reject(reason='subscribe_closed')",
      { status: 'refused', code: 'scenario-rejects', reason: 'subscribe_closed' },
      false,
      [],
    ],
    ['reject,quiet', { status: 'refused', code: 'scenario-rejects', isQuiet: true }, false, []],
  ])('%s', async (action, report, isThere, mails) => {
    await rule('subscribe', action);
    expect(await subscribe()).toMatchObject(report);
    expect(await isSubscribed()).toBe(isThere);
    expect(await templates()).toEqual(mails);
  });

  it.each([
    ['is missing', undefined, 'scenario-not-found'],
    ['is faulty', 'true() smtp -> do it now\n', 'not-compiled'],
    ['has no rule that fits', 'title.us nothing\n', 'no-rule-match'],
    ['has an action of another function', 'true() smtp -> editorkey\n', 'not-compiled'],
  ])('refuses where the scenario %s', async (_what, text, reason) => {
    if (text !== undefined) site.write('etc/scenari/subscribe.odd', text);
    await site.lists.setParameter(await site.lists.get(list), 'subscribe', 'odd');
    expect(await subscribe()).toMatchObject({ status: 'refused', reason });
    expect(await isSubscribed()).toBe(false);
    expect(await templates()).toEqual([]);
  });

  it('does not ask the operator, nor what an owner approved', async () => {
    await rule('subscribe', 'reject');
    expect(await subscribe({ channel: 'command-line' })).toMatchObject({ code: 'subscribed' });
    expect(await subscribe({ sender: eve, approvedBy: ann })).toMatchObject({ code: 'subscribed' });
    expect(await subscribe({ sender: 'x@example.org', channel: 'web' })).toMatchObject({
      code: 'scenario-rejects',
    });
  });

  it('that asks for a confirmation of what is confirmed is refused, not asked for ever', async () => {
    await rule('subscribe', 'request_auth');
    await subscribe();
    const key = await newestKey(site, 'request-auth');
    expect(await sendBack(site, key, { sender: bob })).toMatchObject({ code: 'confirmation-again' });
    expect(await templates()).toEqual(['request-auth']);
  });
});

describe('what a request leaves behind', () => {
  it('repeats no key and no word that means nothing', async () => {
    const requester = {
      sender: bob,
      method: 'smtp',
      channel: 'mail',
      robot: site.site.robots[0]!,
      messageId: '',
    } as const;
    const commandOf = async (name: 'distribute' | 'review' | 'set', args: Readonly<Record<string, string>>) =>
      (await planRequest({ name, arguments: args }, requester, site.parts)).command;
    expect(await commandOf('distribute', { list: 'board', key: '0123456789abcdef' })).toBe(
      'DISTRIBUTE board',
    );
    expect(await commandOf('review', { list: 'http://shop.example/' })).toBe('REVIEW');
    expect(await commandOf('set', { list: 'board', options: 'Buy at our shop' })).toBe('SET board ? ? ? ?');
  });

  it('is held as it is understood, and no other way', async () => {
    await rule('subscribe', 'request_auth');
    await ask(site, 'subscribe', { list: 'BOARD', gecos: ' Bob\tB ' }, { sender: bob });
    const [held] = await site.store.requestKeys.pending('confirm');
    expect(JSON.parse(held!.request!)).toMatchObject({
      call: { name: 'subscribe', arguments: { list: 'board', gecos: 'Bob B' } },
      sender: bob,
    });
    const [mail] = await mailsOf(site, 'request-auth');
    expect(mail!.variables.command).toBe('SUBSCRIBE board');
    expect(JSON.stringify(held)).not.toContain(String(mail!.variables.key));
  });
});

describe('whether somebody is subscribed', () => {
  it.each([
    'request_auth([email])',
    'owner',
    'owner,quiet',
    'request_auth',
  ])('is not told to a stranger where the scenario says %s', async (action) => {
    await rule('unsubscribe', action);
    await site.store.subscribers.add({ list, address: bob });
    const answer = async (email: string) => {
      const report = await ask(site, 'signoff', { list: 'board', email }, { sender: eve });
      return JSON.stringify(report).replaceAll(email, 'X');
    };
    expect(await answer(bob)).toBe(await answer('nobody@example.org'));
    expect(await isSubscribed()).toBe(true);
  });

  it('is told to the person, by mail, who is not asked in vain', async () => {
    await rule('unsubscribe', 'owner');
    await ask(site, 'signoff', { list: 'board', email: 'nobody@example.org' }, { sender: eve });
    expect(await templates()).toEqual(['vain-request']);
    expect(await ask(site, 'signoff', { list: 'board' }, { sender: eve })).toMatchObject({
      code: 'not-subscribed',
    });
  });
});

describe('a list that takes no requests', () => {
  it.each([
    ['nowhere', 'no-such-list'],
    ['board@other.example', 'no-such-list'],
    ['../board', 'bad-arguments'],
    ['', 'bad-arguments'],
  ])('%j: %s', async (name, code) => {
    expect(await ask(site, 'subscribe', { list: name }, { sender: bob })).toMatchObject({ code });
  });

  it('is closed, and still lets people leave', async () => {
    await site.store.subscribers.add({ list, address: bob });
    await ask(site, 'close-list', { list }, { sender: ann, channel: 'command-line' });
    expect(await subscribe({ sender: eve })).toMatchObject({ code: 'list-not-open' });
  });
});
