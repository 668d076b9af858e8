import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask, mailsOf, newestKey, sendBack } from '../../test/kit/requests.ts';

const list = 'board@example.org';
const email = 'carl@example.org';
let site: QuietSite;

beforeEach(async () => {
  site = await makeQuietSite({ now: () => Date.now() });
  await site.lists.create({ name: 'board', owners: ['ann@example.org'], parameters: { subscribe: 'auth' } });
});
afterEach(() => site.dispose());

const invite = (sender = 'ann@example.org') =>
  ask(site, 'invite', { list: 'board', email, gecos: 'A name by a stranger' }, { sender });

describe('INVITE', () => {
  it('sends a key that subscribes the invited', async () => {
    expect(await invite()).toEqual({ status: 'done', code: 'invited', values: { list, address: email } });
    expect(await mailsOf(site, 'invite')).toMatchObject([
      {
        to: [email],
        replyTo: 'commands',
        variables: { command: 'SUBSCRIBE board@example.org', requestedBy: 'ann@example.org' },
      },
    ]);
    expect(await site.store.subscribers.isSubscriber(list, email)).toBe(false);
    const report = await sendBack(site, await newestKey(site, 'invite'), { sender: email });
    expect(report).toMatchObject({ status: 'done', code: 'subscribed', values: { address: email } });
    expect((await site.store.subscribers.find(list, email))?.gecos).toBeNull();
  });

  it('takes the key from nobody else, and once', async () => {
    await invite();
    const key = await newestKey(site, 'invite');
    expect(await sendBack(site, key, { sender: 'eve@example.org' })).toMatchObject({ code: 'key-unknown' });
    await sendBack(site, key, { sender: email });
    await site.store.subscribers.remove(list, email);
    expect(await sendBack(site, key, { sender: email })).toMatchObject({ code: 'key-used' });
  });

  it('leaves it to the list who may subscribe', async () => {
    await invite();
    await site.lists.setParameter(await site.lists.get(list), 'subscribe', 'closed');
    const report = await sendBack(site, await newestKey(site, 'invite'), { sender: email });
    expect(report).toMatchObject({ code: 'scenario-rejects', reason: 'subscribe_closed' });
  });

  it('answers alike when the address is subscribed, and only that person is told so', async () => {
    const before = await invite();
    await site.store.subscribers.add({ list, address: email });
    expect(await invite()).toEqual(before);
    expect(await mailsOf(site, 'invite')).toHaveLength(1);
    expect(await mailsOf(site, 'vain-request')).toMatchObject([
      { to: [email], variables: { command: `INVITE ${list} ${email}`, code: 'already-subscribed' } },
    ]);
  });

  it('answers alike when the address has had enough mail, and sends none', async () => {
    const before = await invite();
    for (let i = 0; i < 5; i++) await invite();
    expect(await invite()).toEqual(before);
    expect(await mailsOf(site, 'invite')).toHaveLength(6);
  });

  it('is for those whom the scenario lets', async () => {
    expect(await invite('eve@example.org')).toMatchObject({
      code: 'scenario-rejects',
      reason: 'invite_subscriber',
    });
    expect(await mailsOf(site, 'invite')).toEqual([]);
  });
});
