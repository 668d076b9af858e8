import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../test/kit/cli.ts';
import { encrypted, message, signed, textEntity } from '../../test/kit/mail.ts';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask, mailsOf, newestKey, sendBack } from '../../test/kit/requests.ts';
import { processMessageHandler } from '../pipeline/process-message.ts';

const bob = 'bob@example.net';
const eve = 'eve@example.net';
const root = { sender: 'root@example.org', method: 'md5' } as const;
const me = { sender: bob, method: 'md5' } as const;
let site: QuietSite;

beforeEach(async () => {
  site = await makeQuietSite({ now: () => Date.now() });
  await site.lists.create({ name: 'board', owners: ['ann@example.org'], parameters: { send: 'public' } });
  await site.lists.create({ name: 'staff', owners: [bob], parameters: { unsubscribe: 'closed' } });
});
afterEach(() => site.dispose());

async function subscribeBob(): Promise<void> {
  for (const name of ['board', 'staff'])
    await site.store.subscribers.add({ list: `${name}@example.org`, address: bob, gecos: 'Bob' });
  await site.store.persons.note(bob, { gecos: 'Bob', lang: 'en' });
}

async function certificateOf(address: string, source: 'message' | 'operator') {
  const { certificate } = site.ca.issue({ address, algorithm: 'rsa-2048' });
  const kept = { usage: 'both', signingTimeMs: Date.now(), capabilities: null } as const;
  await site.parts.certificates.keep(site.store, { ...kept, address, certificate, source });
}

const erase = (email?: string, who: Parameters<typeof ask>[3] = me) =>
  ask(site, 'del-user', email === undefined ? {} : { email }, who);
const statuses = async () =>
  (await site.store.certificates.ofAddress(bob)).map(({ source, status }) => `${source} ${status}`).sort();

describe('DEL-USER', () => {
  it('erases what is kept of the sender, and names the lists that the sender still runs', async () => {
    await subscribeBob();
    expect(await erase()).toEqual({
      status: 'done',
      code: 'erased',
      values: { address: bob },
      answer: [`${bob} still runs these lists; the listmaster can change that: staff@example.org`],
    });
    expect(await site.store.subscribers.listsOf(bob)).toEqual([]);
    expect(await site.store.persons.find(bob)).toBeUndefined();
    expect((await site.lists.get('staff')).owners).toEqual([bob]);
    expect(await mailsOf(site, 'bye')).toEqual([]);
    expect(await mailsOf(site, 'erased')).toMatchObject([
      { to: [bob], variables: { address: bob, lists: ['board@example.org', 'staff@example.org'] } },
    ]);
    expect(await erase()).toMatchObject({ status: 'refused', code: 'nothing-kept' });
  });

  it('withdraws the certificates that came by mail, and leaves those of an operator', async () => {
    await certificateOf(bob, 'message');
    await certificateOf(eve, 'message');
    expect(await erase()).toMatchObject({ code: 'erased' });
    expect(await statuses()).toEqual(['message withdrawn']);
    expect((await site.store.certificates.ofAddress(eve))[0]?.status).toBe('trusted');
    await certificateOf(bob, 'operator');
    expect(await erase()).toMatchObject({ code: 'nothing-kept' });
    expect(await statuses()).toEqual(['message withdrawn', 'operator trusted']);
  });

  it('takes back the keys that wait, and the counters', async () => {
    await site.lists.setParameter(await site.lists.get('board'), 'subscribe', 'auth');
    await ask(site, 'subscribe', { list: 'board' }, { sender: bob });
    const key = await newestKey(site, 'request-auth');
    const limit = { max: 1, periodMs: 60_000, decay: 0 };
    await site.store.rates.allow(`mail ${bob}`, limit);
    await erase();
    expect(await sendBack(site, key, { sender: bob })).toMatchObject({ code: 'key-unknown' });
    expect(await site.store.rates.allow(`mail ${bob}`, limit)).toBe(true);
  });

  it('drops the encrypted copies that wait', async () => {
    await subscribeBob();
    const alice = { address: 'alice@example.org', algorithm: 'rsa-2048' } as const;
    const sealed = encrypted(
      signed(textEntity('Hush'), site.ca.issue(alice)),
      site.listKey('board').certificate,
    );
    await site.take(message({ from: alice.address, to: 'board@example.org' }, sealed), 'board@example.org');
    await site.run('pipeline', 'process-message', processMessageHandler(site.parts));
    expect(await site.store.deliveries.waitingFor(bob)).toHaveLength(1);
    await erase();
    expect(await site.store.deliveries.waitingFor(bob)).toEqual([]);
  });

  it('wants a key of a sender whom nothing but the From names', async () => {
    await subscribeBob();
    expect(await erase(undefined, { sender: bob })).toMatchObject({ status: 'waiting' });
    expect(await site.store.subscribers.listsOf(bob)).toHaveLength(2);
    const key = await newestKey(site, 'request-auth');
    expect(await sendBack(site, key, { sender: bob })).toMatchObject({ code: 'erased' });
  });

  it('erases others for listmasters of the site alone', async () => {
    await subscribeBob();
    expect(await erase(bob, { ...me, sender: eve })).toMatchObject({ code: 'not-listmaster' });
    expect(await erase(bob, { sender: eve })).toMatchObject({ code: 'not-listmaster' });
    expect(await site.store.subscribers.listsOf(bob)).toHaveLength(2);
    expect(await erase(bob, root)).toMatchObject({ code: 'erased' });
  });
});

describe('ssympa subscriber erase', () => {
  it('erases somebody, and says where nothing is kept', async () => {
    await subscribeBob();
    const ssympa = () => runCli(['subscriber', 'erase', bob], { cwd: join(site.site.explDir, '..') });
    expect((await ssympa()).stdout).toContain(`${bob} is erased\n${bob} still runs`);
    expect(await mailsOf(site, 'erased')).toEqual([]);
    expect(await ssympa()).toMatchObject({ stderr: expect.stringContaining('nothing is kept') });
  });
});
