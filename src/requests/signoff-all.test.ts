import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask, mailsOf, newestKey, sendBack } from '../../test/kit/requests.ts';

const sender = 'bob@example.org';
let site: QuietSite;

beforeEach(async () => {
  site = await makeQuietSite({ now: () => Date.now() });
});
afterEach(() => site.dispose());

async function subscribedTo(scenarios: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, unsubscribe] of Object.entries(scenarios)) {
    await site.lists.create({ name, owners: ['ann@example.org'], parameters: { unsubscribe } });
    await site.store.subscribers.add({ list: `${name}@example.org`, address: sender });
  }
}

const signoffAll = (who: object = {}) => ask(site, 'signoff-all', {}, { sender, ...who });
const left = () => site.store.subscribers.listsOf(sender);

describe('SIGNOFF *', () => {
  it('ends the subscriptions of the sender, and says how it went with each list', async () => {
    await subscribedTo({ board: 'open', closed: 'closed', keyed: 'auth', owned: 'owner' });
    const report = await signoffAll();
    expect(report).toMatchObject({
      status: 'done',
      code: 'signed-off-all',
      values: { address: sender, lists: 'board@example.org' },
    });
    expect(report.answer).toEqual([
      'keyed@example.org: waits for the key that was sent to you.',
      'owned@example.org: the owners were asked.',
      'closed@example.org: refused. Nobody may leave this list.',
    ]);
    expect(await left()).toEqual(['closed@example.org', 'keyed@example.org', 'owned@example.org']);
    expect(await mailsOf(site, 'bye')).toHaveLength(1);
    expect(await mailsOf(site, 'owner-approval')).toMatchObject([
      { list: 'owned@example.org', variables: { command: 'SIGNOFF owned@example.org' } },
    ]);
  });

  it('asks with one key for all lists that want a confirmation, and that key is for these lists only', async () => {
    await subscribedTo({ one: 'auth', two: 'auth' });
    expect(await signoffAll()).toMatchObject({ status: 'waiting', values: { command: 'SIGNOFF *' } });
    expect(await mailsOf(site, 'request-auth')).toHaveLength(1);
    await subscribedTo({ later: 'open' });
    const report = await sendBack(site, await newestKey(site, 'request-auth'), { sender });
    expect(report.values?.lists).toBe('one@example.org, two@example.org');
    expect(await left()).toEqual(['later@example.org']);
  });

  it('lets the owners decide on their list alone', async () => {
    await subscribedTo({ owned: 'owner', other: 'owner' });
    expect(await signoffAll()).toMatchObject({ status: 'waiting', code: 'owners-asked' });
    const key = String((await mailsOf(site, 'owner-approval')).at(0)?.variables.key);
    await sendBack(site, key, { sender: 'ann@example.org' });
    expect(await left()).toHaveLength(1);
  });

  it('ends nothing where no list lets go', async () => {
    await subscribedTo({ closed: 'closed' });
    expect(await signoffAll()).toMatchObject({ status: 'refused', code: 'scenario-rejects' });
    expect(await left()).toEqual(['closed@example.org']);
  });

  it('leaves alone a list whose config is faulty', async () => {
    await subscribedTo({ broken: 'open', fine: 'open' });
    site.write('expl/broken/config', 'send\n\nnonsense nonsense\n');
    expect((await signoffAll()).answer).toEqual([
      'broken@example.org: nothing was done, since the list cannot be used now.',
    ]);
  });

  it('asks nobody for a key again who confirmed', async () => {
    await subscribedTo({ keyed: 'always' });
    site.write('etc/scenari/unsubscribe.always', 'true() smtp,md5,smime -> request_auth\n');
    await signoffAll();
    const report = await sendBack(site, await newestKey(site, 'request-auth'), { sender });
    expect(report).toMatchObject({ status: 'refused', code: 'scenario-rejects' });
    expect(report.answer?.[0]).toMatch(/^keyed@example\.org: nothing was done, since the rules ask/);
  });

  it('sends no more keys than one address may get in an hour', async () => {
    await subscribedTo({ keyed: 'auth' });
    for (let i = 0; i < 6; i++) await signoffAll();
    expect(await signoffAll()).toMatchObject({ status: 'refused', code: 'too-many-requests' });
    expect(await mailsOf(site, 'request-auth')).toHaveLength(6);
  });

  it('tells who is subscribed nowhere just that, and lets the operator end what is there', async () => {
    expect(await signoffAll()).toMatchObject({ status: 'refused', code: 'not-subscribed' });
    await subscribedTo({ closed: 'closed' });
    expect(await signoffAll({ channel: 'command-line' })).toMatchObject({ code: 'signed-off-all' });
  });
});
