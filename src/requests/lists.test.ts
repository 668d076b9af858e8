import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask } from '../../test/kit/requests.ts';

let site: QuietSite;

beforeEach(async () => {
  site = await makeQuietSite({ now: () => Date.now() });
  const make = (name: string, visibility: string, more: object = {}) =>
    site.lists.create({ name, owners: ['ann@example.org'], parameters: { visibility }, ...more });
  await make('board', 'conceal');
  await make('cabal', 'secret', { editors: ['ed@example.org'] });
  await make('news', 'noconceal', { subject: 'What is new' });
  await make('there', 'noconceal', { robot: site.lists.robotOf('x@other.example') });
  await site.store.subscribers.add({ list: 'board@example.org', address: 'bob@example.org' });
  await site.store.subscribers.add({
    list: 'cabal@example.org',
    address: 'bob@example.org',
    reception: 'nomail',
    visibility: 'conceal',
  });
});
afterEach(() => site.dispose());

describe('LISTS', () => {
  const listsFor = async (sender: string) => (await ask(site, 'lists', {}, { sender })).answer;

  it('names to a stranger the lists of the domain that everybody may see', async () => {
    expect(await listsFor('eve@example.org')).toEqual([
      'Lists at example.org:',
      'news@example.org  What is new',
    ]);
  });

  it('asks the scenario of each list for each person', async () => {
    const lines = ['Lists at example.org:', 'board@example.org', 'news@example.org  What is new'];
    expect(await listsFor('bob@example.org')).toEqual(lines);
    expect(await listsFor('ed@example.org')).toContain('cabal@example.org');
  });

  it('leaves out lists that are closed', async () => {
    await site.lists.close(await site.lists.get('news'));
    expect(await ask(site, 'lists', {}, { sender: 'eve@example.org' })).toMatchObject({
      code: 'nothing-to-show',
    });
  });

  it('shows the operator all', async () => {
    const report = await ask(site, 'lists', {}, { sender: 'nobody', channel: 'command-line' });
    expect(report.answer).toHaveLength(4);
  });
});

describe('WHICH', () => {
  it('names the subscriptions of the sender with their options, those to secret lists, too', async () => {
    const { answer } = await ask(site, 'which', {}, { sender: 'bob@example.org' });
    expect(answer).toEqual([
      'You are subscribed to:',
      '  board@example.org  mail, noconceal',
      '  cabal@example.org  nomail, conceal',
    ]);
  });

  it('names the lists that the sender owns or edits, in this domain', async () => {
    const { answer } = await ask(site, 'which', {}, { sender: 'ann@example.org' });
    expect(answer).toEqual([
      'You are an owner of:',
      '  board@example.org',
      '  cabal@example.org',
      '  news@example.org',
    ]);
    const edited = await ask(site, 'which', {}, { sender: 'ed@example.org' });
    expect(edited.answer).toEqual(['You are a moderator of:', '  cabal@example.org']);
  });

  it('tells who has nothing to do with any list just that', async () => {
    expect(await ask(site, 'which', {}, { sender: 'eve@example.org' })).toEqual({
      status: 'done',
      code: 'nothing-to-show',
    });
  });
});
