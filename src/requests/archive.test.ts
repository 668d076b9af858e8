import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encrypted, message, plainMessage, signed, textEntity } from '../../test/kit/mail.ts';
import { decryptMessage } from '../../test/kit/openssl-mail.ts';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask } from '../../test/kit/requests.ts';
import { deliverPacketHandler } from '../delivery/deliver-packet.ts';
import { Payloads } from '../delivery/payloads.ts';
import { resendPostHandler } from '../delivery/resend-post.ts';
import { missingNoticeHandler } from '../delivery/send-service-mail.ts';
import { processMessageHandler } from '../pipeline/process-message.ts';
import { expireArchives } from '../tasks/expire-archives.ts';

const list = 'board@example.org';
const from = 'alice@example.org';
const bob = 'bob@example.org';
const eve = 'eve@example.net';
const november = Date.UTC(2026, 10, 20, 12);
const hourMs = 3_600_000;
let nowMs: number;
let site: QuietSite;

beforeEach(async () => {
  nowMs = november;
  site = await makeQuietSite({ now: () => nowMs });
  await site.lists.create({
    name: 'board',
    owners: ['ann@example.org'],
    parameters: { process_archive: 'on', archive: { mail_access: 'public', max_month: '2' }, send: 'public' },
  });
  await site.store.subscribers.add({ list, address: bob });
});
afterEach(() => site.dispose());

const deliver = () =>
  site.run('delivery', 'deliver-packet', deliverPacketHandler(site.parts, new Payloads(site.parts)));
const resend = () => site.run('delivery', 'resend-post', resendPostHandler(site.parts));
const expire = () => expireArchives(site.parts, new AbortController().signal);
const textsTo = (address: string) =>
  site.copies
    .filter((copy) => copy.recipients.includes(address))
    .map((copy) => Buffer.concat(copy.pieces).toString('latin1'));

async function post(raw: Uint8Array): Promise<string> {
  const id = await site.take(raw, list);
  await site.run('pipeline', 'process-message', processMessageHandler(site.parts));
  await deliver();
  return id;
}

let count = 0;
const plain = (text: string, more: readonly string[] = []) =>
  plainMessage({ from, to: list, messageId: `<${++count}@example.org>`, more }, text);
const rawOf = async (id: string) => (await site.store.messages.get(id)).raw;
const request = (name: 'index' | 'get' | 'last', more: Readonly<Record<string, string>> = {}, sender = eve) =>
  ask(site, name, { list: 'board', ...more }, { sender });
const month = '2026-11';

async function sendsTo(address: string): Promise<readonly string[]> {
  await resend();
  await deliver();
  return textsTo(address);
}

describe('the archive of a list', () => {
  it('keeps the message as it was received, after every copy went out', async () => {
    const raw = plain('Hello');
    const id = await post(raw);
    expect(await rawOf(id)).toEqual(raw);
    expect(await site.store.archivePosts.last(list)).toMatchObject({ messageId: id, month, sequence: 1 });
  });

  it.each([
    ['X-No-Archive: yes'],
    ['X-No-Archive: Yes'],
    ['Archive: no'],
    ['Restrict: no-external-archive'],
  ])('leaves a post with %s out', async (field) => {
    const id = await post(plain('Hello', [field]));
    expect(await site.store.archivePosts.last(list)).toBeUndefined();
    expect(await rawOf(id)).toHaveLength(0);
  });

  it('leaves an encrypted post out whose author asks for it inside', async () => {
    const key = site.listKey('board');
    const alice = site.ca.issue({ address: from, algorithm: 'rsa-2048' });
    const inner = Buffer.concat([Buffer.from('X-No-Archive: yes\r\n'), textEntity('Hush')]);
    const id = await post(message({ from, to: list }, encrypted(signed(inner, alice), key.certificate)));
    expect(await site.store.messages.stateOf(id)).toBe('distributed');
    expect(await site.store.archivePosts.last(list)).toBeUndefined();
  });

  it('is not there for a list that keeps none', async () => {
    await site.lists.setParameter(await site.lists.get(list), 'process_archive', 'off');
    const id = await post(plain('Hello'));
    expect(await rawOf(id)).toHaveLength(0);
    for (const name of ['index', 'last'] as const)
      expect(await request(name)).toMatchObject({ status: 'refused', code: 'no-archive' });
  });

  it('loses months that are over, with all their bytes, and nothing else', async () => {
    writeFileSync(join(site.site.explDir, 'board', 'message_footer'), 'The footer');
    const old = await post(plain('Old'));
    nowMs = Date.UTC(2027, 0, 2);
    const young = await post(plain('Young'));
    await expire();
    expect(await rawOf(old)).not.toHaveLength(0);
    nowMs = Date.UTC(2027, 1, 1);
    await expire();
    expect(await rawOf(old)).toHaveLength(0);
    expect(await rawOf(young)).not.toHaveLength(0);
    const [distribution] = await site.store.distributions.ofMessage(old);
    expect(distribution?.content).toBeNull();
    expect(await site.store.archivePosts.months(list)).toEqual([{ month: '2027-01', posts: 1 }]);
  });

  it('keeps the bytes that a copy still waits for, although their month is over', async () => {
    const key = site.listKey('board');
    const alice = site.ca.issue({ address: from, algorithm: 'rsa-2048' });
    const id = await post(
      message({ from, to: list }, encrypted(signed(textEntity('Hush'), alice), key.certificate)),
    );
    nowMs = Date.UTC(2027, 2, 1);
    await expire();
    expect(await site.store.archivePosts.last(list)).toBeUndefined();
    expect(await rawOf(id)).not.toHaveLength(0);
  });
});

describe('INDEX', () => {
  it('names the months with their posts', async () => {
    await post(plain('One'));
    await post(plain('Two'));
    nowMs += 30 * 24 * hourMs;
    await post(plain('Three'));
    const { status, answer } = await request('index');
    expect(status).toBe('done');
    expect(answer).toEqual(expect.arrayContaining(['2026-11  2', '2026-12  1']));
  });

  it('is for those whom archive.mail_access lets', async () => {
    await site.lists.setParameter(await site.lists.get(list), 'archive.mail_access', 'private');
    await post(plain('One'));
    expect(await request('index')).toMatchObject({ status: 'refused', code: 'scenario-rejects' });
    expect(await request('index', {}, bob)).toMatchObject({ status: 'done' });
  });
});

describe('GET and LAST', () => {
  it('send each post as it was distributed, footer and all', async () => {
    writeFileSync(join(site.site.explDir, 'board', 'message_footer'), 'The footer');
    await post(plain('One'));
    writeFileSync(join(site.site.explDir, 'board', 'message_footer'), 'Another footer');
    await post(plain('Two', ['X-Mark: 2']));
    expect(await request('get', { month })).toMatchObject({
      code: 'posts-sent',
      values: { count: 2, more: 0 },
    });
    // Each is a message of its own; which of two asked for in one instant leaves first is nobody's promise.
    const sent = await sendsTo(eve);
    expect(sent.toSorted()).toEqual(textsTo(bob).toSorted());
    expect(sent.filter((text) => text.includes('The footer'))).toHaveLength(1);
    site.copies.length = 0;
    expect(await request('last')).toMatchObject({ code: 'posts-sent', values: { count: 1 } });
    expect(await sendsTo(eve)).toEqual([expect.stringContaining('X-Mark: 2')]);
    await request('get', { month }, bob);
    expect(await sendsTo(bob)).toHaveLength(2);
  });

  it('send a hundred at a time, and say how to get the rest', async () => {
    for (let sequence = 1; sequence <= 103; sequence++)
      await site.store.archivePosts.insert({
        list,
        sequence,
        month,
        messageId: `m${sequence}`,
        distributionId: `d${sequence}`,
        sentAt: nowMs,
      });
    expect(await request('get', { month })).toMatchObject({
      values: { count: 100, more: 3, next: `GET ${list} ${month} 101` },
    });
    expect(await request('get', { month, from: '101' })).toMatchObject({ values: { count: 3, more: 0 } });
    expect(await request('get', { month, from: '104' })).toMatchObject({ code: 'nothing-to-show' });
  });

  it.each([['2026-13'], ['2026'], ['../../x'], ['2026-1']])('refuse %s as a month', async (text) => {
    expect(await request('get', { month: text })).toMatchObject({ status: 'refused', code: 'bad-arguments' });
  });

  it('end for an hour when an address asked too often', async () => {
    await post(plain('One'));
    for (let i = 0; i < 20; i++) expect((await request('last')).status).toBe('done');
    expect(await request('last')).toMatchObject({ code: 'too-many-requests' });
    nowMs += hourMs;
    expect((await request('last')).status).toBe('done');
  });

  it('send one copy when the job is done again after a crash', async () => {
    await post(plain('One'));
    await request('last');
    const job = await site.claim('delivery');
    const handler = resendPostHandler(site.parts);
    await handler(job);
    await handler(job);
    await site.store.jobs.complete(job.id);
    await deliver();
    expect(textsTo(eve)).toHaveLength(1);
  });
});

describe('an encrypted post of the archive', () => {
  it('is sealed anew for whoever asks, and waits for the certificate of one who has none', async () => {
    const key = site.listKey('board');
    const alice = site.ca.issue({ address: from, algorithm: 'rsa-2048' });
    const raw = message({ from, to: list }, encrypted(signed(textEntity('Hush'), alice), key.certificate));
    const id = await post(raw);
    expect(await rawOf(id)).toEqual(raw);
    const pair = site.ca.issue({ address: eve, algorithm: 'rsa-2048', notBeforeMs: 0 });
    const { certificate } = pair;
    const kept = {
      address: eve,
      certificate,
      usage: 'both',
      source: 'operator',
      signingTimeMs: null,
    } as const;
    await site.parts.certificates.keep(site.store, { ...kept, capabilities: null });
    for (const sender of [eve, 'zoe@example.net']) await request('last', {}, sender);
    const [copy] = await sendsTo(eve);
    expect(copy).not.toContain('Hush');
    expect(Buffer.from(decryptMessage(Buffer.from(copy!, 'latin1'), pair)).toString()).toContain('Hush');
    await site.run('delivery', 'missing-notice', missingNoticeHandler(site.parts));
    await deliver();
    // Neither the stranger nor the subscriber got anything but a notice, and what the stranger asked for still waits.
    expect(textsTo('zoe@example.net')).toEqual([expect.stringContaining('certificate')]);
    expect(await site.store.deliveries.waitingFor('zoe@example.net')).toHaveLength(1);
  });
});
