import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask, mailsOf, newestKey, sendBack } from '../../test/kit/requests.ts';

const bob = 'bob@example.org';
const eve = 'eve@example.net';
let site: QuietSite;

async function makeSite(conf: readonly string[] = []): Promise<void> {
  site = await makeQuietSite({ now: () => Date.now() }, conf);
  for (const [name, family] of [
    ['a1', 'Alumni'],
    ['a2', 'alumni'],
    ['other', 'staff'],
    ['none', undefined],
  ] as const) {
    const parameters = { unsubscribe: 'closed', ...(family && { family_name: family }) };
    await site.lists.create({ name, owners: ['ann@example.org'], parameters });
    await site.store.subscribers.add({ list: `${name}@example.org`, address: bob });
  }
}
beforeEach(() => makeSite());
afterEach(() => site.dispose());

const leave = (args: Readonly<Record<string, string>>, who: object = {}) =>
  ask(site, 'family-signoff', { family: 'alumni', ...args }, { sender: bob, ...who });
const left = () => site.store.subscribers.listsOf(bob);
const others = ['none@example.org', 'other@example.org'];

describe('FAMILY-SIGNOFF', () => {
  it('ends the subscriptions of a family once the sender confirmed, whatever its lists say', async () => {
    expect(await leave({})).toMatchObject({ status: 'waiting', code: 'confirmation-asked' });
    expect(await left()).toHaveLength(4);
    const report = await sendBack(site, await newestKey(site, 'request-auth'), { sender: bob });
    expect(report).toEqual({
      status: 'done',
      code: 'signed-off-all',
      values: { address: bob, lists: 'a1@example.org, a2@example.org' },
      answer: [],
    });
    expect(await left()).toEqual(others);
    expect(await mailsOf(site, 'bye')).toHaveLength(2);
  });

  it('asks nothing more of who proved to be the sender', async () => {
    expect(await leave({ family: 'ALUMNI' }, { method: 'smime' })).toMatchObject({ code: 'signed-off-all' });
    expect(await left()).toEqual(others);
  });

  it('has somebody else confirm, who alone gets the key', async () => {
    expect(await leave({ email: bob }, { sender: eve, method: 'md5' })).toMatchObject({ status: 'waiting' });
    expect(await mailsOf(site, 'request-auth')).toMatchObject([
      { to: [bob], variables: { requestedBy: eve, command: `FAMILY-SIGNOFF alumni ${bob}` } },
    ]);
    const key = await newestKey(site, 'request-auth');
    expect(await sendBack(site, key, { sender: eve })).toMatchObject({ code: 'key-unknown' });
    expect(await sendBack(site, key, { sender: bob })).toMatchObject({ code: 'signed-off-all' });
    expect(await left()).toEqual(others);
  });

  it('tells a stranger the same of somebody who is on no list of the family', async () => {
    const report = await leave({ email: 'zoe@example.org' }, { sender: eve, method: 'md5' });
    expect(report).toMatchObject({ status: 'waiting', code: 'confirmation-asked' });
    expect(await mailsOf(site, 'request-auth')).toEqual([]);
    expect(await mailsOf(site, 'vain-request')).toHaveLength(1);
    expect(await leave({ family: 'nobodys' })).toMatchObject({ status: 'refused', code: 'not-subscribed' });
  });

  it('ends nothing where the scenario of the domain refuses; the operator is not asked', async () => {
    await site.dispose();
    await makeSite(['family_signoff closed']);
    expect(await leave({}, { method: 'smime' })).toMatchObject({
      code: 'scenario-rejects',
      reason: 'unsub_closed',
    });
    expect(await left()).toHaveLength(4);
    const operator = { sender: 'nobody', channel: 'command-line' } as const;
    expect(await leave({ email: bob }, operator)).toMatchObject({ code: 'signed-off-all' });
  });

  it.each(['', 'a b', '*', 'a\nb'])('takes %j for no family', async (family) => {
    expect(await leave({ family })).toMatchObject({ status: 'refused', code: 'bad-arguments' });
  });
});
