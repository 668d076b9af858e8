import { afterEach, describe, expect, it } from 'vitest';
import { encrypted, message, plainMessage, textEntity } from '../../test/kit/mail.ts';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { mailsOf } from '../../test/kit/requests.ts';
import { processMessageHandler } from './process-message.ts';

const to = 'board@example.org';
const from = 'alice@example.org';
let site: QuietSite;

async function makeSite(conf: readonly string[] = []): Promise<void> {
  site = await makeQuietSite({ now: () => Date.now() }, conf);
  await site.lists.create({ name: 'board', owners: ['ann@example.org'], parameters: { send: 'public' } });
  await site.store.subscribers.add({ list: to, address: from });
}
afterEach(() => site.dispose());

const run = () => site.run('pipeline', 'process-message', processMessageHandler(site.parts));

async function post(raw: Uint8Array): Promise<string> {
  const id = await site.take(raw, to);
  await run();
  const { state, code } = await site.store.messages.get(id);
  return code ?? state;
}

const plain = (subject: string, text: string) => post(plainMessage({ from, to, subject }, text));

describe('a post that looks like a command', () => {
  it.each([
    ['by its Subject', 'unsubscribe board', 'Please'],
    ['by its Subject, whatever its case', 'SubScribe board', ''],
    ['by a Subject in encoded words', '=?utf-8?q?signoff_board?=', ''],
    ['by the first line of a short text', 'Hello', '\n\n set board nomail\n\n-- \nAlice\n'],
  ])('%s is refused, and its sender told where commands go', async (_how, subject, text) => {
    await makeSite();
    expect(await plain(subject, text)).toBe('misaddressed-command');
    expect(await mailsOf(site, 'post-rejected')).toMatchObject([
      { to: [from], variables: { reason: 'misaddressed-command', commands: 'sympa@example.org' } },
    ]);
  });

  it.each([
    ['a Subject that has the word inside', 'How to unsubscribe board', 'Hello'],
    ['a word that only begins alike', 'subscribers of board', 'Hello'],
    ['a text of more than five lines', 'Hello', 'subscribe board\n2\n3\n4\n5\n6'],
    ['another line than the first', 'Hello', 'Hello\nsubscribe board'],
  ])('is none with %s', async (_what, subject, text) => {
    await makeSite();
    expect(await plain(subject, text)).toBe('distributed');
  });

  it('is distributed where the site says so', async () => {
    await makeSite(['misaddressed_commands ignore']);
    expect(await plain('unsubscribe board', '')).toBe('distributed');
  });

  it('is told by the pattern of the site; one that cannot be used stops no mail', async () => {
    await makeSite(['misaddressed_commands_regexp (desabonner\\s+\\S+)']);
    expect(await plain('desabonner board', '')).toBe('misaddressed-command');
    expect(await plain('unsubscribe board', '')).toBe('distributed');
    await site.dispose();
    await makeSite(['misaddressed_commands_regexp (?<=a)b']);
    expect(await plain('unsubscribe board', '')).toBe('distributed');
  });

  it('is looked for in linear time, however long its lines are', async () => {
    await makeSite(['misaddressed_commands_regexp (a+)+b']);
    expect(await plain('Hello', 'a'.repeat(100_000))).toBe('distributed');
  });

  it('goes out once somebody let it go', async () => {
    await makeSite();
    const id = await site.take(plainMessage({ from, to, subject: 'unsubscribe board' }, ''), to);
    await site.store.messages.setState(id, 'incoming', { code: 'released', reason: 'by the operator' });
    await run();
    expect((await site.store.messages.get(id)).state).toBe('distributed');
  });
});

describe('an encrypted post', () => {
  const sealed = (subject: string, text: string) =>
    message({ from, to, subject }, encrypted(textEntity(text), site.listKey('board').certificate));

  it('gives no answer that depends on what is inside', async () => {
    await makeSite();
    expect(await post(sealed('...', 'unsubscribe board'))).toBe('distributed');
  });

  it('is refused by the Subject that everybody sees', async () => {
    await makeSite();
    expect(await post(sealed('unsubscribe board', 'Hello'))).toBe('misaddressed-command');
  });
});
