import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask, mailsOf, newestKey, sendBack } from '../../test/kit/requests.ts';

const list = 'board@example.org';
const sender = 'bob@example.org';
const proved = { sender, method: 'md5' } as const;
let site: QuietSite;

beforeEach(async () => {
  site = await makeQuietSite({ now: () => Date.now() });
  await site.lists.create({ name: 'board', owners: ['ann@example.org'] });
  await site.lists.create({ name: 'news', owners: ['ann@example.org'] });
  for (const address of [list, 'news@example.org'])
    await site.store.subscribers.add({ list: address, address: sender });
});
afterEach(() => site.dispose());

const optionsOn = async (address: string) => {
  const row = await site.store.subscribers.find(address, sender);
  return `${row?.reception} ${row?.visibility}`;
};
const offer = async (name: string, reception: string) =>
  site.lists.setParameter(await site.lists.get(name), 'available_user_options.reception', reception);

describe('SET', () => {
  const set = (options: string, who: Parameters<typeof ask>[3] = proved) =>
    ask(site, 'set', { list: 'board', options }, who);

  it.each([
    ['nomail', 'nomail noconceal'],
    ['not_me', 'not_me noconceal'],
    ['conceal', 'mail conceal'],
    ['NOMAIL conceal', 'nomail conceal'],
    ['nomail normal', 'mail noconceal'],
    ['html', 'mail noconceal'],
    ['each', 'mail noconceal'],
  ])('takes %s', async (options, after) => {
    expect(await set(options)).toMatchObject({ status: 'done', code: 'options-set' });
    expect(await optionsOn(list)).toBe(after);
  });

  it.each([
    'digest',
    'digestplain',
    'summary',
    'notice',
    'txt',
    'urlize',
    'constructor',
    'mail digest',
    ' ',
  ])('refuses %j, names what there is, and changes nothing', async (options) => {
    const report = await set(options);
    expect(report).toMatchObject({ status: 'refused', code: 'bad-option' });
    expect(report.values?.options).toBe('mail, nomail, not_me, conceal, noconceal');
    expect(await optionsOn(list)).toBe('mail noconceal');
  });

  it('offers what the list offers', async () => {
    await offer('board', 'mail,digest');
    expect((await set('nomail')).values?.options).toBe('mail, conceal, noconceal');
    expect(await set('mail conceal')).toMatchObject({ code: 'options-set' });
  });

  it('asks whoever proved nothing for a key first', async () => {
    expect(await set('nomail', { sender })).toMatchObject({ status: 'waiting', code: 'confirmation-asked' });
    expect(await optionsOn(list)).toBe('mail noconceal');
    expect(await sendBack(site, await newestKey(site, 'request-auth'), { sender })).toMatchObject({
      code: 'options-set',
    });
    expect(await optionsOn(list)).toBe('nomail noconceal');
  });

  it('sends nobody a key for what cannot be set', async () => {
    expect(await set('digest', { sender })).toMatchObject({ code: 'bad-option' });
    expect(await set('nomail', { sender: 'eve@example.org' })).toMatchObject({ code: 'not-subscribed' });
    expect(await mailsOf(site, 'request-auth')).toEqual([]);
  });
});

describe('SET *', () => {
  const setAll = (options: string, who: Parameters<typeof ask>[3] = proved) =>
    ask(site, 'set-all', { options }, who);

  it('sets all subscriptions at once', async () => {
    const report = await setAll('nomail conceal');
    expect(report.values?.list).toBe('board@example.org, news@example.org');
    expect(await optionsOn('news@example.org')).toBe('nomail conceal');
  });

  it('leaves a list as it is that does not offer it, and says so', async () => {
    await offer('news', 'mail');
    const report = await setAll('nomail');
    expect(report.values?.list).toBe(list);
    expect(report.answer).toEqual([
      'news@example.org does not offer that. Possible there: mail, conceal, noconceal.',
    ]);
    expect(await optionsOn('news@example.org')).toBe('mail noconceal');
  });

  it('is confirmed with one key', async () => {
    expect(await setAll('nomail', { sender })).toMatchObject({ values: { command: 'SET * nomail' } });
    await sendBack(site, await newestKey(site, 'request-auth'), { sender });
    expect(await optionsOn(list)).toBe('nomail noconceal');
  });

  it('refuses unknown options, and whoever is subscribed nowhere', async () => {
    expect(await setAll('digest', { sender })).toMatchObject({ code: 'bad-option' });
    expect(await setAll('nomail', { sender: 'eve@example.org', method: 'smime' })).toMatchObject({
      code: 'not-subscribed',
    });
  });
});
