import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plainMessage } from '../../test/kit/mail.ts';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { processMessageHandler } from './process-message.ts';

const to = 'board@example.org';
let made: QuietSite;

beforeEach(async () => {
  made = await makeQuietSite({ now: () => Date.now() });
  await made.lists.create({ name: 'board', owners: ['ann@example.org'] });
  await made.store.subscribers.add({ list: to, address: 'alice@example.org' });
});
afterEach(() => made.dispose());

/** Posts, and gives what became of it, with the mails that tell somebody so. */
async function post(from: string) {
  const id = await made.take(plainMessage({ from, to }, 'Hello'), to, { from });
  await made.run('pipeline', 'process-message', processMessageHandler(made.parts));
  const { state, code } = await made.store.messages.get(id);
  const told = (await made.store.jobs.list()).filter(({ kind }) => kind === 'service-mail').length;
  return { state, code, told };
}

const setSend = async (name: string) => made.lists.setParameter(await made.lists.get(to), 'send', name);

describe('a post by somebody on the blocklist', () => {
  it('is dropped in silence, whoever may post', async () => {
    await setSend('public');
    expect(await post('eve@example.com')).toMatchObject({ state: 'distributed' });
    made.write('etc/search_filters/blocklist.txt', '# spammers\n*@example.com\n');
    expect(await post('eve@example.com')).toMatchObject({
      state: 'discarded',
      code: 'scenario-quiet',
      told: 0,
    });
    expect(await post('alice@example.org')).toMatchObject({ state: 'distributed' });
  });

  it('is refused, not let through, where the blocklist cannot be read', async () => {
    await setSend('public');
    made.write('etc/search_filters/blocklist.txt', `${'x'.repeat(2_000)}\n`);
    expect(await post('alice@example.org')).toMatchObject({ state: 'refused' });
  });
});

describe('a post that a named filter is asked about', () => {
  const rules = (file: string) =>
    `search('${file}') smtp,md5,smime -> reject\ntrue() smtp,md5,smime -> do_it\n`;

  it.each([
    ['is missing', 'none.txt', undefined],
    ['is faulty', 'odd.ldap', 'host\n'],
    ['gets no answer', 'down.ldap', 'host 127.0.0.1:1\nsuffix dc=a\nfilter (mail=[sender])\n'],
    [
      'is of another kind of database',
      'my.sql',
      'sql_named_filter_query\ndb_type mysql\ndb_name a\nstatement select 1\n',
    ],
  ])('is refused where it %s, although a later rule would take it', async (_, file, text) => {
    made.write('etc/scenari/send.filtered', rules(file));
    if (text !== undefined) made.write(`etc/search_filters/${file}`, text);
    await setSend('filtered');
    expect(await post('alice@example.org')).toMatchObject({ state: 'refused', told: 1 });
  });

  it('is taken where it answers no', async () => {
    made.write('etc/scenari/send.filtered', rules('friends.txt'));
    made.write('etc/search_filters/friends.txt', 'bob@example.org\n');
    await setSend('filtered');
    expect(await post('alice@example.org')).toMatchObject({ state: 'distributed' });
    expect(await post('bob@example.org')).toMatchObject({ state: 'refused' });
  });
});
