import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../test/kit/cli.ts';
import { encrypted, message, plainMessage, signed, textEntity } from '../../test/kit/mail.ts';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask, mailsOf, newestKey, sendBack } from '../../test/kit/requests.ts';
import { deliverPacketHandler } from '../delivery/deliver-packet.ts';
import { Payloads } from '../delivery/payloads.ts';
import { releaseWaitingHandler } from '../delivery/waiting.ts';
import { processMessageHandler } from '../pipeline/process-message.ts';
import { planRequest } from './plan-request.ts';

const old = 'board@example.org';
const now = 'council@example.org';
const root = { sender: 'root@example.org', method: 'md5' } as const;
const alice = 'alice@example.org';
const dave = 'dave@example.net';
let site: QuietSite;

beforeEach(async () => {
  site = await makeQuietSite({ now: () => Date.now() });
  await site.lists.create({ name: 'board', owners: ['ann@example.org'], parameters: { send: 'public' } });
  await site.store.subscribers.add({ list: old, address: alice });
});
afterEach(() => site.dispose());

const move = (args = { list: 'board', name: 'council' }) => ask(site, 'move-list', args, root);
const run = () => site.run('pipeline', 'process-message', processMessageHandler(site.parts));
const deliver = () =>
  site.run('delivery', 'deliver-packet', deliverPacketHandler(site.parts, new Payloads(site.parts)));
const readers = () => site.copies.flatMap(({ recipients }) => recipients);

async function planned() {
  const requester = { ...root, channel: 'mail', robot: site.site.robots[0]!, messageId: '' } as const;
  const call = { name: 'move-list', arguments: { list: 'board', name: 'council' } } as const;
  return planRequest(call, requester, site.parts);
}

describe('MOVE-LIST', () => {
  it('renames the folder and all rows, and tells the owners', async () => {
    expect(await move()).toEqual({ status: 'done', code: 'list-moved', values: { from: old, list: now } });
    expect(await site.lists.find(old)).toBeUndefined();
    expect((await site.lists.get(now)).owners).toEqual(['ann@example.org']);
    expect(await site.store.subscribers.listsOf(alice)).toEqual([now]);
    expect(await mailsOf(site, 'list-moved-owner')).toMatchObject([
      { list: now, to: 'owners', variables: { from: old, by: root.sender } },
    ]);
  });

  it('is for listmasters alone, who prove it', async () => {
    const args = { list: 'board', name: 'council' };
    const owner = { sender: 'ann@example.org' };
    expect(await ask(site, 'move-list', args, { ...root, ...owner })).toMatchObject({
      code: 'not-listmaster',
    });
    expect(await ask(site, 'move-list', args, owner)).toMatchObject({ code: 'not-listmaster' });
    const { sender } = root;
    expect(await ask(site, 'move-list', args, { sender })).toMatchObject({ status: 'waiting' });
    expect(await sendBack(site, await newestKey(site, 'request-auth'), { sender })).toMatchObject({
      code: 'list-moved',
    });
  });

  it.each([
    [{ list: 'nothing', name: 'council' }, 'no-such-list'],
    [{ list: 'board', name: 'board' }, 'list-exists'],
    [{ list: 'board', name: 'other' }, 'list-exists'],
    [{ list: 'board', name: 'left' }, 'list-exists'],
    [{ list: 'board', name: 'board-owner' }, 'bad-list'],
    [{ list: 'board', name: 'council@other.example' }, 'bad-list'],
    [{ list: 'broken', name: 'council' }, 'list-unusable'],
  ])('of %j is refused: %s', async (args, code) => {
    await site.lists.create({ name: 'other', owners: ['ann@example.org'] });
    await site.lists.create({ name: 'broken', owners: ['ann@example.org'] });
    site.write('expl/broken/config', 'nonsense nonsense\n');
    await site.store.subscribers.add({ list: 'left@example.org', address: dave });
    expect(await move(args)).toMatchObject({ status: 'refused', code });
    expect(await site.store.subscribers.listsOf(alice)).toEqual([old]);
    expect(existsSync(join(site.site.explDir, 'board', 'moved_from'))).toBe(false);
  });

  it('is done to its end by the same request after a crash between folder and rows', async () => {
    const { perform } = await planned();
    const crash = site.store.transaction(async (tx) => {
      await perform(tx);
      throw new Error('power cut');
    });
    await expect(crash).rejects.toThrow('power cut');
    expect(await site.store.subscribers.listsOf(alice)).toEqual([old]);
    expect(await move()).toMatchObject({ code: 'list-moved' });
    expect(await site.store.subscribers.listsOf(alice)).toEqual([now]);
    expect(await mailsOf(site, 'list-moved-owner')).toHaveLength(1);
    expect(await move()).toMatchObject({ code: 'list-moved' });
    expect(await mailsOf(site, 'list-moved-owner')).toHaveLength(1);
  });

  it('gives the rows of a list that is gone to no list that was not that one', async () => {
    await site.lists.create({ name: 'council', owners: ['ann@example.org'] });
    renameSync(join(site.site.explDir, 'board'), join(site.site.explDir, 'elsewhere'));
    expect(await move()).toMatchObject({ code: 'no-such-list' });
    expect(await site.store.subscribers.listsOf(alice)).toEqual([old]);
  });

  it('leaves everything where it was when the folder cannot be renamed, or somebody was faster', async () => {
    const { perform } = await planned();
    await move();
    expect(await site.store.transaction(perform)).toMatchObject({ code: 'no-such-list' });
    const again = await planRequest(
      { name: 'move-list', arguments: { list: 'council', name: 'board' } },
      { ...root, channel: 'mail', robot: site.site.robots[0]!, messageId: '' },
      site.parts,
    );
    writeFileSync(join(site.site.explDir, 'board'), 'in the way');
    expect(await site.store.transaction(again.perform)).toMatchObject({ code: 'list-exists' });
    expect(await site.store.subscribers.listsOf(alice)).toEqual([now]);
  });

  it('takes a key that was sent before, with the command of that mail', async () => {
    await site.lists.setParameter(await site.lists.get(old), 'unsubscribe', 'auth');
    await ask(site, 'signoff', { list: 'board' }, { sender: alice });
    const key = await newestKey(site, 'request-auth');
    await move();
    expect(await sendBack(site, key, { sender: alice })).toMatchObject({ code: 'signed-off' });
    expect(await site.store.subscribers.listsOf(alice)).toEqual([]);
  });

  it('lets a post that an editor has to see go out afterwards', async () => {
    await site.lists.setParameter(await site.lists.get(old), 'send', 'editorkey');
    const id = await site.take(plainMessage({ from: alice, to: old }, 'Hello'), old);
    await run();
    expect(await site.store.messages.stateOf(id)).toBe('moderation');
    await move();
    const who = { sender: 'ann@example.org', method: 'md5' } as const;
    expect(await ask(site, 'distribute', { list: 'council', key: id }, who)).toMatchObject({
      status: 'done',
    });
    await run();
    await deliver();
    expect(readers()).toEqual([alice]);
  });

  it('lets an encrypted copy that waits for a certificate go out afterwards', async () => {
    const list = site.listKey('board');
    const pair = site.ca.issue({ address: alice, algorithm: 'rsa-2048' });
    await site.store.subscribers.add({ list: old, address: dave });
    const sealed = encrypted(signed(textEntity('Hush'), pair), list.certificate);
    await site.take(message({ from: alice, to: old }, sealed), old);
    await run();
    await deliver();
    expect(readers()).toEqual([alice]);
    await move();
    const { certificate } = site.ca.issue({ address: dave, algorithm: 'rsa-2048' });
    const kept = { usage: 'both', source: 'operator', signingTimeMs: null, capabilities: null } as const;
    await site.parts.certificates.keep(site.store, { ...kept, address: dave, certificate });
    const about = { role: 'delivery', kind: 'release-waiting', subject: dave } as const;
    await site.store.jobs.enqueue({ ...about, payload: { address: dave } });
    await site.run('delivery', 'release-waiting', releaseWaitingHandler(site.parts));
    await deliver();
    expect(readers()).toEqual([alice, dave]);
  });

  it('decides anew on a post that was being decided on', async () => {
    const id = await site.take(plainMessage({ from: alice, to: old }, 'Hello'), old);
    const job = await site.claim('pipeline');
    const stored = await site.store.messages.get(id);
    const { decideOnce } = await import('../pipeline/decide-once.ts');
    await move();
    expect(await site.store.transaction(decideOnce(job, stored))).toBe(false);
    await site.store.jobs.complete(job.id, job.claimedBy!);
    await run();
    expect((await site.store.distributions.ofMessage(id))[0]?.list).toBe(now);
  });
});

describe('ssympa list move', () => {
  const ssympa = (...args: readonly string[]) =>
    runCli(['list', 'move', ...args], { cwd: join(site.site.explDir, '..') });

  it('renames a list, and says why one cannot be', async () => {
    const moved = await ssympa('board', 'Council', '--json');
    expect(JSON.parse(moved.stdout)).toEqual({ from: old, address: now });
    expect(await site.store.subscribers.listsOf(alice)).toEqual([now]);
    expect(await mailsOf(site, 'list-moved-owner')).toEqual([]);
    expect(await ssympa('nothing', 'other')).toMatchObject({ code: 65 + 2 });
    expect(await ssympa('council', 'council')).toMatchObject({ stderr: expect.stringContaining('there is') });
    expect((await ssympa('council', 'board', '--notify')).stdout).toContain('is called board@example.org');
    expect(await mailsOf(site, 'list-moved-owner')).toHaveLength(1);
  });
});
