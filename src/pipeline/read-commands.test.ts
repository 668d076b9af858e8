import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encrypted, message, plainMessage, textEntity } from '../../test/kit/mail.ts';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { newestKey } from '../../test/kit/requests.ts';
import { decodedText, parseEntity } from '../mime/entity.ts';
import { processMessageHandler } from './process-message.ts';

const bob = 'bob@example.org';
const list = 'board@example.org';
const service = 'sympa@example.org';
const request = 'board-request@example.org';

let site: QuietSite;

beforeEach(async () => {
  site = await makeQuietSite({ now: () => Date.now() });
  await site.lists.create({ name: 'board', owners: ['ann@example.org'] });
});
afterEach(() => site.dispose());

/** Sends bytes to an address of the service; gives what became of them and the report. */
async function send(raw: Uint8Array, to = service, from = bob) {
  const kind = to === request ? 'request' : 'command';
  const before = new Set(await reports());
  const id = await site.take(raw, to, { kind, from });
  await site.run('pipeline', 'process-message', processMessageHandler(site.parts));
  const { state, code } = await site.store.messages.get(id);
  const [report] = (await reports()).filter((one) => !before.has(one));
  return { state, code, report: report === undefined ? '' : await textOf(report) };
}

async function reports(): Promise<readonly string[]> {
  const packets = (await site.store.jobs.list()).filter(({ kind }) => kind === 'deliver-packet');
  return [...new Set(packets.map(({ subject }) => subject.split(' ')[0]!))];
}

async function textOf(id: string): Promise<string> {
  const { head, content } = await site.store.distributions.get(id);
  return decodedText(
    parseEntity(new Uint8Array(Buffer.concat([head, Buffer.from('\r\n'), content ?? new Uint8Array()]))),
  );
}

const write = (
  text: string,
  fields: { subject?: string; more?: readonly string[]; from?: string } = {},
  to = service,
) => send(plainMessage({ from: bob, to, subject: '', ...fields }, text), to);
const isSubscribed = (address = bob) => site.store.subscribers.isSubscriber(list, address);

describe('a mail to LIST-request', () => {
  it.each([
    ['Help needed with my subscription', 'Who can help me?\n'],
    ['Subscribe problem', 'It does not work.\n'],
    ['Unsubscribe me from the other list', ''],
    ['A question', 'Who runs this list?\n'],
    ['A question', 'Set me up, please\n'],
    ['A question', 'info\nbut which?\n'],
    ['A question', 'review team\n'],
    ['', ''],
  ])('of "%s" and %j is for the owners', async (subject, text) => {
    expect(await write(text, { subject }, request)).toMatchObject({ state: 'forwarded' });
  });

  it.each([
    ['subscribe', '', true],
    ['Re: SUBSCRIBE board', '', true],
    ['subscribe board@example.org Bob B', '', true],
    ['hello', 'subscribe\n', true],
    ['hello', 'info\nlists\n', false],
    ['help', '', false],
  ])('of "%s" and %j is for the service', async (subject, text, joins) => {
    expect(await write(text, { subject }, request)).toMatchObject({ state: 'executed' });
    expect(await isSubscribed()).toBe(joins);
  });
});

describe('a mail to the service', () => {
  it('whose Subject only begins like a command is read for its text', async () => {
    await write('subscribe board\n', { subject: 'Help me to join, please' });
    expect(await isSubscribed()).toBe(true);
    expect((await write('Please.\n', { subject: 'Help me to join' })).report).toContain('> HELP');
  });

  it.each([
    'Bob',
    '<@>',
    'bob@',
    `${'x'.repeat(5_000)}@example.org`,
    '"b\u202eob"@example.org',
  ])('from nobody who can be written to (case %#) is refused, and nothing breaks', async (from) => {
    expect(await write('which\n', { from })).toMatchObject({ state: 'refused', code: 'no-sender' });
  });

  it('by a machine confirms nothing, though its Subject has the key', async () => {
    await site.lists.setParameter(await site.lists.get(list), 'subscribe', 'auth');
    await write('subscribe board\n');
    const subject = `Re: AUTH ${await newestKey(site, 'request-auth')} SUBSCRIBE board`;
    expect(await write('', { subject, more: ['Precedence: bulk'] })).toMatchObject({ state: 'discarded' });
    expect(await send(plainMessage({ from: bob, to: service, subject }, ''), service, '')).toMatchObject({
      state: 'discarded',
    });
    expect(await isSubscribed()).toBe(false);
    await write('', { subject });
    expect(await isSubscribed()).toBe(true);
  });

  it('is answered without a word of what meant nothing', async () => {
    const { report } = await write(
      'review http://shop.example/pills\nset board Buy at shop.example\nsub board x y\n',
    );
    for (const command of ['> REVIEW\n', '> SET board', '> SUBSCRIBE board'])
      expect(report.replaceAll('\r\n', '\n')).toContain(command);
    expect(report).not.toContain('shop.example');
    expect(report).not.toContain('Buy');
  });

  it('does not bring out what somebody else encrypted: a ciphertext counts once', async () => {
    const pair = site.listKey('board');
    const sealed = encrypted(textEntity('subscribe board\n'), pair.certificate);
    await send(message({ from: 'carl@example.org', to: request, subject: '...' }, sealed), request);
    expect(await isSubscribed('carl@example.org')).toBe(true);
    const again = await send(
      message({ from: 'eve@example.org', to: request, subject: '...' }, sealed),
      request,
    );
    expect(again).toMatchObject({
      state: 'executed',
      report: expect.stringContaining('sent encrypted only'),
    });
    expect(await isSubscribed('eve@example.org')).toBe(false);
  });
});

describe("a slip of the pen in the site's own files", () => {
  it.each([
    ['etc/locales/en.json', '{"reports":{"subscribed":"{{ nobody }} {% if"}}'],
    ['etc/locales/en.json', '{"reports":'],
    ['etc/locales/en.json', `{"reports":{"a":"${'a'.repeat(300_000)}"}}`],
    ['etc/mail/command-report.en.liquid', 'Subject: x\n\n{{ nobody }} {% if'],
    ['etc/mail/command-report.en.liquid', 'no subject'],
    ['etc/mail/command-report.en.liquid', 'x'.repeat(100_000)],
    ['etc/mail/command-report.en.liquid/x', 'a folder'],
  ])('in %s stops no command, and the shipped text serves', async (path, text) => {
    site.write(path, text);
    const { state, report } = await write('subscribe board\n');
    expect(state).toBe('executed');
    expect(await isSubscribed()).toBe(true);
    expect(report).toContain('bob@example.org is subscribed to board@example.org now.');
  });
});

it('a report of very long answers is cut, not refused', async () => {
  await site.lists.setParameter(await site.lists.get(list), 'review', 'public');
  await site.store.transaction(async (tx) => {
    for (let index = 0; index < 5_000; index++)
      await tx.subscribers.add({ list, address: `somebody-of-a-long-name-${index}@example.org` });
  });
  const { state, report } = await write('review board\n'.repeat(40));
  expect(state).toBe('executed');
  expect(report).toContain('[…]');
  expect(report.length).toBeLessThan(600_000);
}, 60_000);
