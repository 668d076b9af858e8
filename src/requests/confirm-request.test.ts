import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask, newestKey, sendBack } from '../../test/kit/requests.ts';
import { planConfirmation } from './confirm-request.ts';

const ann = 'ann@example.org';
const bob = 'bob@example.org';
const eve = 'eve@example.org';
const list = 'board@example.org';
const dayMs = 86_400_000;

let nowMs: number;
let site: QuietSite;

beforeEach(async () => {
  nowMs = Date.now();
  site = await makeQuietSite({ now: () => nowMs });
  for (const subscribe of ['auth', 'owner'])
    await site.lists.create({
      name: subscribe === 'auth' ? 'board' : 'team',
      owners: [ann],
      parameters: { subscribe },
    });
});
afterEach(() => site.dispose());

const isSubscribed = (where = list) => site.store.subscribers.isSubscriber(where, bob);
const keyOfBob = async () => {
  await ask(site, 'subscribe', { list: 'board' }, { sender: bob });
  return newestKey(site, 'request-auth');
};
const keyForOwners = async () => {
  await ask(site, 'subscribe', { list: 'team' }, { sender: bob });
  return newestKey(site, 'owner-approval');
};

describe('a key for a confirmation', () => {
  it('does what it was made for, once, whatever the case of its letters', async () => {
    const key = await keyOfBob();
    expect(await sendBack(site, key.toUpperCase(), { sender: bob })).toMatchObject({ code: 'subscribed' });
    expect(await isSubscribed()).toBe(true);
    expect(await sendBack(site, key, { sender: bob })).toMatchObject({ code: 'key-used' });
  });

  it('is worth nothing to anybody else, and what others learn is what they learn of any key', async () => {
    const key = await keyOfBob();
    const mine = await sendBack(site, key, { sender: eve });
    expect(mine).toEqual(await sendBack(site, '0123456789abcdef0123456789', { sender: eve }));
    expect(mine).toMatchObject({ status: 'refused', code: 'key-unknown' });
    // Nor to a listmaster, nor is it used up.
    expect(await sendBack(site, key, { sender: 'root@example.org' })).toEqual(mine);
    expect(await sendBack(site, key, { sender: bob })).toMatchObject({ code: 'subscribed' });
  });

  it('ends', async () => {
    const key = await keyOfBob();
    nowMs += site.site.conf.clean_delay_queuesubscribe * dayMs;
    expect(await sendBack(site, key, { sender: bob })).toMatchObject({ code: 'key-unknown' });
    expect(await isSubscribed()).toBe(false);
  });

  it('ends between the decision and the act, too', async () => {
    const key = await keyOfBob();
    const requester = {
      method: 'smtp',
      channel: 'mail',
      robot: site.site.robots[0]!,
      messageId: '',
    } as const;
    const { perform } = await planConfirmation({ key }, { ...requester, sender: bob }, site.parts);
    nowMs += 100 * dayMs;
    expect(await site.store.transaction(perform)).toMatchObject({ status: 'refused' });
    expect(await isSubscribed()).toBe(false);
  });

  it.each([
    ['SUBSCRIBE board', 'subscribed'],
    ['subscribe  BOARD', 'subscribed'],
    ['SIGNOFF board', 'key-unknown'],
    ['SUBSCRIBE team', 'key-unknown'],
    ['SUBSCRIBE board bob@example.org', 'key-unknown'],
  ])('sent back with "%s": %s', async (command, code) => {
    const key = await keyOfBob();
    const requester = {
      method: 'smtp',
      channel: 'mail',
      robot: site.site.robots[0]!,
      messageId: '',
    } as const;
    const planned = await planConfirmation({ key, command }, { ...requester, sender: bob }, site.parts);
    expect(await site.store.transaction(planned.perform)).toMatchObject({ code });
    expect(planned.command).not.toContain(key);
  });

  it('does in the domain that was asked what was asked there, wherever it comes back to', async () => {
    const robot = site.site.robots.find(({ domain }) => domain === 'other.example')!;
    await site.lists.create({ name: 'board', robot, owners: ['chief@other.example'] });
    const key = await keyOfBob();
    expect(await sendBack(site, key, { sender: bob, robot })).toMatchObject({ code: 'subscribed' });
    expect(await isSubscribed()).toBe(true);
    expect(await isSubscribed('board@other.example')).toBe(false);
  });
});

describe('a key for owners', () => {
  it.each([
    [ann, 'subscribed'],
    ['root@example.org', 'subscribed'],
    [bob, 'not-owner'],
    [eve, 'not-owner'],
  ])('from %s: %s', async (sender, code) => {
    const key = await keyForOwners();
    expect(await sendBack(site, key, { sender })).toMatchObject({ code });
    expect(await isSubscribed('team@example.org')).toBe(code === 'subscribed');
  });

  it('is used up by a refusal, and by one owner for all', async () => {
    const key = await keyForOwners();
    expect(await ask(site, 'reject', { list: 'team', key }, { sender: eve })).toMatchObject({
      code: 'not-owner',
    });
    expect(await ask(site, 'reject', { list: 'board', key }, { sender: ann })).toMatchObject({
      code: 'key-unknown',
    });
    expect(await ask(site, 'reject', { list: 'team', key }, { sender: ann })).toMatchObject({
      code: 'declined',
    });
    expect(await sendBack(site, key, { sender: ann })).toMatchObject({ code: 'key-used' });
    expect(await isSubscribed('team@example.org')).toBe(false);
  });

  it('lets no post go', async () => {
    const key = await keyForOwners();
    expect(await ask(site, 'distribute', { list: 'team', key }, { sender: ann })).toMatchObject({
      status: 'refused',
      code: 'key-unknown',
    });
  });
});
