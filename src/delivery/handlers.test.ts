import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encrypted, message, plainMessage, signed, textEntity } from '../../test/kit/mail.ts';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import type { List } from '../lists/list.ts';
import { processMessageHandler } from '../pipeline/process-message.ts';
import { deliverPacketHandler } from './deliver-packet.ts';
import { Payloads } from './payloads.ts';
import { missingNoticeHandler, serviceMailHandler } from './send-service-mail.ts';
import { enqueueServiceMail } from './service-mail.ts';
import { enqueueMissingNotice, releaseWaitingHandler } from './waiting.ts';

const to = 'board@example.org';
const from = 'alice@example.org';
const dave = 'dave@example.net';
const start = Date.now();
const dayMs = 86_400_000;

let made: QuietSite;
let nowMs: number;
let list: List;
let key: ReturnType<QuietSite['listKey']>;
let alice: ReturnType<QuietSite['listKey']>;

beforeEach(async () => {
  nowMs = start;
  made = await makeQuietSite({ now: () => nowMs });
  list = await made.lists.create({ name: 'board', owners: ['ann@example.org'] });
  key = made.listKey('board');
  alice = made.ca.issue({ address: from, algorithm: 'rsa-2048', notAfterMs: start + 400 * dayMs });
  for (const address of [from, dave]) await made.store.subscribers.add({ list: to, address });
});
afterEach(() => made.dispose());

const secret = (text = 'Hush') =>
  message({ from, to }, encrypted(signed(textEntity(text), alice), key.certificate));

async function settle(raw: Uint8Array, kind: 'post' | 'request' = 'post', address = to) {
  const id = await made.take(raw, address, { kind });
  await made.run('pipeline', 'process-message', processMessageHandler(made.parts));
  const [distribution] = await made.store.distributions.ofMessage(id);
  return { id, distribution: distribution! };
}

const deliver = (payloads = new Payloads(made.parts)) =>
  made.run('delivery', 'deliver-packet', deliverPacketHandler(made.parts, payloads));
const notices = () => made.run('delivery', 'missing-notice', missingNoticeHandler(made.parts));
const release = () => made.run('delivery', 'release-waiting', releaseWaitingHandler(made.parts));
const textsTo = (address: string) =>
  made.copies
    .filter((copy) => copy.recipients.includes(address))
    .map((copy) => Buffer.concat(copy.pieces).toString());

async function importFor(address: string, more: object = {}) {
  const { certificate } = made.ca.issue({ address, algorithm: 'rsa-2048', ...more });
  const kept = { address, certificate, usage: 'both', source: 'operator', signingTimeMs: null } as const;
  await made.parts.certificates.keep(made.store, { ...kept, capabilities: null });
  await made.store.jobs.enqueue({
    role: 'delivery',
    kind: 'release-waiting',
    subject: address,
    payload: { address },
  });
}

describe('a service mail', () => {
  const ask = () =>
    enqueueServiceMail(made.store, 'one', {
      template: 'quarantine-listmaster',
      list: '',
      to: [from],
      variables: { id: '1' },
    });

  it('is made once by a job that is done again after a crash', async () => {
    await ask();
    const handler = serviceMailHandler(made.parts);
    const job = await made.claim('delivery');
    await handler(job);
    await handler(job);
    await made.store.jobs.complete(job.id);
    await deliver();
    expect(textsTo(from)).toHaveLength(1);
  });

  it('is made again when it is asked for again later', async () => {
    for (let i = 0; i < 2; i++) {
      await ask();
      await made.run('delivery', 'service-mail', serviceMailHandler(made.parts));
    }
    await deliver();
    expect(textsTo(from)).toHaveLength(2);
  });

  it('goes to whoever owns the list when it is made, and to nobody when the list is gone', async () => {
    for (const of of [to, 'gone@example.org']) {
      const variables = { addresses: [dave], count: 1 };
      await enqueueServiceMail(made.store, of, {
        template: 'waiting-dropped-owner',
        list: of,
        to: 'owners',
        variables,
      });
    }
    await made.run('delivery', 'service-mail', serviceMailHandler(made.parts));
    await deliver();
    expect(made.copies.map((copy) => [copy.envelopeSender, copy.recipients])).toEqual([
      ['', ['ann@example.org']],
    ]);
  });
});

describe('the notice to a subscriber without certificate', () => {
  it('goes out once a period, however many posts wait and however often its job is done', async () => {
    await settle(secret('1'));
    await settle(secret('2'));
    const job = (await made.store.jobs.list()).find(
      (one) => one.kind === 'missing-notice' && one.subject.includes(dave),
    )!;
    await missingNoticeHandler(made.parts)(job);
    await missingNoticeHandler(made.parts)(job);
    await notices();
    nowMs += 6 * dayMs;
    await settle(secret('3'));
    await notices();
    await deliver();
    expect(textsTo(dave)).toHaveLength(1);
    nowMs += 2 * dayMs;
    await settle(secret('4'));
    await notices();
    await deliver();
    expect(textsTo(dave)).toHaveLength(2);
  });

  it('is not lost for a post that begins to wait while its job is done', async () => {
    await enqueueMissingNotice(made.store, to, dave);
    const job = await made.claim('delivery');
    await missingNoticeHandler(made.parts)(job);
    await settle(secret());
    await made.store.jobs.complete(job.id, job.claimedBy!);
    await notices();
    await deliver();
    expect(textsTo(dave)).toHaveLength(1);
  });

  it('does not go to somebody who left while the post was on its way, and drops what waits', async () => {
    const { distribution } = await settle(secret());
    await made.store.subscribers.remove(to, dave);
    await notices();
    await importFor(dave);
    await release();
    await deliver();
    expect(textsTo(dave)).toEqual([]);
    expect(await made.store.deliveries.counts(distribution.id)).toMatchObject({ dropped: 1 });
  });

  it('tells the owner, for whom forwarded mail waits, which address it came to', async () => {
    await settle(secret(), 'request', 'board-request@example.org');
    await notices();
    await deliver();
    const [text] = textsTo('ann@example.org');
    expect(text).toContain('An encrypted message came to board-request@example.org');
    expect(text).not.toContain('Hush');
  });
});

describe('what waits for a certificate', () => {
  it('goes out sealed when it comes, and the message is let go of when nobody waits any more', async () => {
    const { id, distribution } = await settle(secret());
    for (const address of [dave, from]) {
      await importFor(address);
      await release();
      await deliver();
    }
    expect(textsTo(dave)).toHaveLength(1);
    expect(textsTo(dave)[0]).toContain('application/pkcs7-mime');
    expect(textsTo(dave)[0]).not.toContain('Hush');
    expect(await made.store.deliveries.counts(distribution.id)).toEqual({ sent: 2 });
    expect((await made.store.messages.get(id)).raw).toHaveLength(0);
  });

  it('waits on, no longer than from its post on, when the certificate is over before it went out', async () => {
    const { distribution } = await settle(secret());
    nowMs += 2 * dayMs;
    await importFor(dave, { notAfterMs: nowMs + 1_000 });
    await release();
    nowMs += 5_000;
    await deliver();
    expect(textsTo(dave)).toEqual([]);
    const row = (await made.store.deliveries.ofDistribution(distribution.id)).find(
      (one) => one.address === dave,
    )!;
    expect(row).toMatchObject({ state: 'waiting', keepUntil: distribution.createdAt + 30 * dayMs });
  });

  it('is released for a list that is closed, and stays away when the list is gone', async () => {
    const erin = 'erin@example.net';
    await made.store.subscribers.add({ list: to, address: erin });
    await settle(secret());
    await made.lists.close(list);
    await importFor(dave);
    await release();
    await deliver();
    expect(textsTo(dave)).toHaveLength(1);
    expect(await made.store.deliveries.waitingFor(erin)).toHaveLength(1);
    rmSync(list.directory, { recursive: true });
    await importFor(erin);
    await release();
    await expect(deliver()).rejects.toMatchObject({ code: 'list-gone', temporary: false });
    expect(textsTo(erin)).toEqual([]);
  });
});

describe('a packet', () => {
  it('goes to the others when one certificate cannot be encrypted to', async () => {
    await importFor(from);
    await importFor(dave);
    const { certificate } = made.ca.issue({ address: 'zoe@example.net', algorithm: 'ed25519', use: 'sign' });
    const zoe = { address: 'zoe@example.net', certificate, usage: 'both', source: 'operator' } as const;
    await made.parts.certificates.keep(made.store, { ...zoe, signingTimeMs: null, capabilities: null });
    await made.store.subscribers.add({ list: to, address: zoe.address });
    const { distribution } = await settle(secret());
    await deliver();
    expect(await made.store.deliveries.counts(distribution.id)).toEqual({ sent: 2, waiting: 1 });
  });

  it('is tried again for those alone whom the peer refused for now, and no longer than clean_delay_queue', async () => {
    const { distribution } = await settle(plainMessage({ from, to }, 'Hello'));
    made.peer = () => ({ status: 'temporary', code: 451, enhanced: '4.3.0', text: 'later' });
    expect(await deliver()).toMatchObject([{ status: 'retry', code: 'temporary' }]);
    nowMs += made.site.conf.clean_delay_queue * dayMs + 60_000;
    expect(await deliver()).toEqual([{ status: 'done' }]);
    expect(await made.store.deliveries.counts(distribution.id)).toEqual({ failed: 2 });
    expect((await made.store.distributions.get(distribution.id)).finishedAt).not.toBeNull();
  });

  it('is held, and the listmaster told once, while the key of the list cannot be loaded', async () => {
    await importFor(from);
    await settle(secret());
    made.write('expl/board/private_key', 'broken');
    for (let i = 0; i < 2; i++) {
      expect(await deliver()).toMatchObject([
        { status: 'retry', code: 'key-unavailable', countsAsAttempt: false },
      ]);
      nowMs += 20_000;
    }
    const asked = (await made.store.jobs.list()).filter((job) => job.kind === 'service-mail');
    const told = asked.filter((job) => job.payload.template === 'message-held-listmaster');
    expect(told).toMatchObject([{ payload: { to: ['root@example.org'], list: to } }]);
  });
});

describe('opened content', () => {
  afterEach(() => vi.useRealTimers());

  it('is let go of when the distribution is done, when its job fails, and soon after the last packet', async () => {
    const payloads = new Payloads(made.parts);
    await importFor(from);
    const { distribution } = await settle(secret());
    await deliver(payloads);
    // Dave still waits, so the distribution is not done.
    expect(await made.store.deliveries.counts(distribution.id)).toEqual({ sent: 1, waiting: 1 });
    expect(payloads.size).toBe(1);
    payloads.forget(distribution.id);
    expect(payloads.size).toBe(0);
    await expect(payloads.use(distribution, async () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(payloads.size).toBe(0);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await payloads.use(distribution, async () => undefined);
    expect(payloads.size).toBe(1);
    vi.advanceTimersByTime(6_000);
    expect(payloads.size).toBe(0);
  });

  it('is kept for no more than a few distributions', async () => {
    const payloads = new Payloads(made.parts);
    for (let i = 0; i < 7; i++) {
      const { distribution } = await settle(secret(`${i}`));
      await payloads.use(distribution, async () => undefined);
    }
    expect(payloads.size).toBe(4);
  });

  it('is opened once for packets at the same time', async () => {
    const payloads = new Payloads(made.parts);
    const { distribution } = await settle(secret());
    const sources = await Promise.all([1, 2].map(() => payloads.use(distribution, async (source) => source)));
    expect(sources[0]).toBe(sources[1]);
  });
});
