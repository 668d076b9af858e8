import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encrypted, message, plainMessage, signed, textEntity } from '../../test/kit/mail.ts';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { bodyBytes, parseEntity } from '../mime/entity.ts';
import { processMessageHandler } from './process-message.ts';

const to = 'board@example.org';
const from = 'alice@example.org';
let nowMs: number;
let made: QuietSite;
let alice: ReturnType<QuietSite['listKey']>;

beforeEach(async () => {
  nowMs = Date.now();
  made = await makeQuietSite({ now: () => nowMs });
  await made.lists.create({ name: 'board', owners: ['ann@example.org'] });
  alice = made.ca.issue({ address: from, algorithm: 'rsa-2048' });
  await made.store.subscribers.add({ list: to, address: from });
});
afterEach(() => made.dispose());

const set = async (name: string, value: string) =>
  made.lists.setParameter(await made.lists.get(to), name, value);
const run = () => made.run('pipeline', 'process-message', processMessageHandler(made.parts));
const hello = (more: readonly string[] = []) => plainMessage({ from, to, more }, 'Hello');
const jobsOf = async (kind: string) => (await made.store.jobs.list()).filter((job) => job.kind === kind);

async function settle(raw: Uint8Array, more: Parameters<QuietSite['take']>[2] = {}, address = to) {
  const id = await made.take(raw, address, more);
  await run();
  return made.store.messages.get(id);
}

describe('a decision', () => {
  it('is made once when two do the same job at a time', async () => {
    const id = await made.take(plainMessage({ from, to, messageId: 'none' }, 'Hello'), to);
    const job = await made.claim('pipeline');
    const handler = processMessageHandler(made.parts);
    await Promise.all([handler(job), handler(job)]);
    await handler(job);
    expect(await made.store.distributions.ofMessage(id)).toHaveLength(1);
  });

  it('is not written by a worker that lost its claim', async () => {
    const id = await made.take(hello(), to);
    const job = await made.claim('pipeline');
    nowMs += 120_000;
    await made.store.jobs.claim('pipeline', 'another', { leaseMs: 60_000, limit: 1 });
    await processMessageHandler(made.parts)(job);
    expect(await made.store.messages.stateOf(id)).toBe('incoming');
  });

  it('is made of a message that was put aside, when its job is let go', async () => {
    const id = await made.take(hello(), to);
    await made.store.messages.setState(id, 'quarantined', { code: 'bug', reason: 'a bug' });
    await run();
    expect(await made.store.messages.stateOf(id)).toBe('distributed');
  });

  it('by an operator holds although the key of the list could not be loaded at first', async () => {
    await set('send', 'editorkey');
    const key = made.listKey('board');
    const post = await settle(
      message({ from, to }, encrypted(signed(textEntity('Hush'), alice), key.certificate)),
    );
    expect(post.state).toBe('moderation');
    await made.store.messages.setState(post.id, 'incoming', { code: 'released', reason: 'by the operator' });
    await made.store.jobs.enqueue({ role: 'pipeline', kind: 'process-message', subject: post.id });
    made.write('expl/board/private_key', 'broken');
    await run();
    expect(await made.store.messages.stateOf(post.id)).toBe('held');
    made.write('expl/board/private_key', key.privateKeyPem);
    nowMs += 20_000;
    await run();
    expect(await made.store.messages.stateOf(post.id)).toBe('distributed');
  });
});

describe('a post', () => {
  it('to a list without subscribers is done with at once', async () => {
    await made.store.subscribers.remove(to, from);
    await set('send', 'public');
    const post = await settle(hello());
    expect(post).toMatchObject({ state: 'distributed' });
    expect(post.raw).toHaveLength(0);
    const [distribution] = await made.store.distributions.ofMessage(post.id);
    expect(distribution).toMatchObject({ content: null, finishedAt: nowMs });
  });

  it('that is refused keeps no bytes, and its sender is told', async () => {
    const post = await settle(hello(), { from: 'eve@example.org' });
    expect(post.state).toBe('distributed');
    const refused = await settle(plainMessage({ from: 'eve@example.org', to }, 'Hi'), {
      from: 'eve@example.org',
    });
    expect(refused).toMatchObject({ state: 'refused', code: 'scenario-rejects' });
    expect(refused.raw).toHaveLength(0);
    expect(await jobsOf('service-mail')).toMatchObject([
      { payload: { template: 'post-rejected', to: ['eve@example.org'] } },
    ]);
  });

  it.each([
    ['the null sender', '', []],
    ['another list', 'eve@example.org', ['Precedence: list']],
  ])('of %s is refused without an answer', async (_who, envelope, more) => {
    const raw = plainMessage({ from: 'eve@example.org', to, more }, 'Hi');
    expect(await settle(raw, { from: envelope })).toMatchObject({ state: 'refused' });
    expect(await jobsOf('service-mail')).toEqual([]);
  });

  it('goes out once by its Message-ID, whatever stands in it', async () => {
    const messageId = '<a\0b@example.org>';
    const [first, second] = [
      await settle(plainMessage({ from, to, messageId }, '1')),
      await settle(plainMessage({ from, to, messageId }, '2')),
    ];
    expect([first.state, second.state, second.code]).toEqual(['distributed', 'discarded', 'duplicate']);
  });

  it('does not go back to its sender who wants it not_me', async () => {
    await made.store.subscribers.add({ list: to, address: 'bob@example.org' });
    await made.store.subscribers.setReception(to, from, 'not_me');
    const post = await settle(plainMessage({ from: 'Alice <ALICE@Example.org>', to }, 'Hi'));
    const [distribution] = await made.store.distributions.ofMessage(post.id);
    const rows = await made.store.deliveries.ofDistribution(distribution!.id);
    expect(rows.map((row) => row.address)).toEqual(['bob@example.org']);
  });

  it('goes out without a footer that cannot be read, and past a pattern that is none', async () => {
    made.write('expl/board/message_footer', 'x'.repeat(100_000));
    await set('loop_prevention_regex', '(?<=a)b');
    expect(await settle(hello())).toMatchObject({ state: 'distributed' });
  });
});

describe('an encrypted post', () => {
  const cbc = (inner: Uint8Array, key: ReturnType<QuietSite['listKey']>) =>
    message({ from, to }, encrypted(inner, key.certificate, 'aes-256-cbc'));

  it.each([
    ['reject', 'signed', 'distributed'],
    ['reject', 'unsigned', 'refused'],
    ['aead', 'signed', 'distributed'],
    ['aead', 'unsigned', 'refused'],
    ['accept', 'unsigned', 'distributed'],
  ])('under unsigned_encrypted %s, %s inside AES-CBC, is %s', async (rule, inside, state) => {
    await set('unsigned_encrypted', rule);
    const key = made.listKey('board');
    const entity = textEntity('Hush');
    const post = await settle(cbc(inside === 'signed' ? signed(entity, alice) : entity, key));
    expect(post.state).toBe(state);
    expect(post.verdict === null).toBe(state === 'refused');
    expect(post.verdict ?? '').not.toContain('Hush');
  });

  it('passes a transparent list as it came', async () => {
    await set('smime_mode', 'transparent');
    const key = made.listKey('board');
    const raw = cbc(textEntity('Hush'), key);
    const post = await settle(raw);
    const [distribution] = await made.store.distributions.ofMessage(post.id);
    expect(distribution).toMatchObject({ form: 'plain' });
    expect(Buffer.from(distribution!.content!)).toEqual(Buffer.from(bodyBytes(parseEntity(raw))));
  });

  it('that is held is refused when its list is gone meanwhile, and its sender told', async () => {
    const key = made.listKey('board');
    made.write('expl/board/private_key', 'broken');
    const held = await settle(cbc(signed(textEntity('Hush'), alice), key));
    expect(held).toMatchObject({ state: 'held', code: 'key-unavailable' });
    made.write('expl/board/config', '');
    const { rmSync } = await import('node:fs');
    rmSync((await made.lists.get(to)).directory, { recursive: true });
    nowMs += 20_000;
    await run();
    expect(await made.store.messages.get(held.id)).toMatchObject({ state: 'refused', code: 'list-unknown' });
  });
});

describe('harvest', () => {
  it('lets go what waits when the same certificate comes with an announcement of a better cipher', async () => {
    const hi = (atMs: number) => message({ from, to }, signed(textEntity('Hi'), alice, { atMs }));
    await settle(hi(nowMs - 5_000));
    const [kept] = await made.store.certificates.ofAddress(from);
    await made.store.certificates.upsert({ ...kept!, capabilities: ['aes-256-cbc'] });
    for (const job of await jobsOf('release-waiting')) await made.store.jobs.complete(job.id);
    await settle(hi(nowMs - 1_000));
    expect(await jobsOf('release-waiting')).toHaveLength(1);
    await settle(hi(nowMs));
    expect(await jobsOf('release-waiting')).toHaveLength(1);
  });
});
