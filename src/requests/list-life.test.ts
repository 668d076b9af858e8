import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask, mailsOf, newestKey, sendBack } from '../../test/kit/requests.ts';
import { planRequest } from './plan-request.ts';

const ann = 'ann@example.org';
const root = 'root@example.org';
const eve = 'eve@example.net';
let site: QuietSite;

const proved = (sender: string) => ({ sender, method: 'md5' }) as const;
const statusOf = async (list = 'board') => (await site.lists.find(list))?.status;

describe('CREATE-LIST', () => {
  beforeEach(async () => {
    site = await makeQuietSite({ now: () => Date.now() }, ['create_list public_listmaster']);
  });
  afterEach(() => site.dispose());

  it('makes a list that is open, where the scenario lets', async () => {
    const args = { name: 'Board', owner: 'Ann@EXAMPLE.org', subject: 'Our   board' };
    expect(await ask(site, 'create-list', args, proved(root))).toEqual({
      status: 'done',
      code: 'list-created',
      values: { list: 'board@example.org' },
    });
    const list = await site.lists.get('board');
    expect(list).toMatchObject({ status: 'open', owners: [ann], config: { subject: 'Our board' } });
    expect(list.config.creation?.email).toBe(root);
    expect(await mailsOf(site, 'list-status-owner')).toMatchObject([
      { to: 'owners', variables: { by: root } },
    ]);
  });

  it('makes a list that waits for a listmaster, and tells the listmasters, where the scenario says so', async () => {
    expect(await ask(site, 'create-list', { name: 'board' }, proved(eve))).toMatchObject({
      code: 'list-pending',
    });
    expect(await site.lists.get('board')).toMatchObject({ status: 'pending', owners: [eve] });
    expect(await mailsOf(site, 'list-pending-listmaster')).toMatchObject([
      { to: [root], list: 'board@example.org', variables: { by: eve, owners: [eve] } },
    ]);
    expect(await mailsOf(site, 'list-status-owner')).toEqual([]);
  });

  it('waits for the key of one of whom nothing but the From is known', async () => {
    expect(await ask(site, 'create-list', { name: 'board' }, { sender: eve })).toMatchObject({
      status: 'waiting',
      code: 'confirmation-asked',
    });
    expect(await statusOf()).toBeUndefined();
    const key = await newestKey(site, 'request-auth');
    expect(await sendBack(site, key, { sender: eve })).toMatchObject({ code: 'list-pending' });
    expect(await statusOf()).toBe('pending');
  });

  it.each([
    ['board-owner', 'bad-list'],
    ['.x', 'bad-list'],
    ['listmaster', 'bad-list'],
    ['board@other.example', 'bad-list'],
    ['a/../b', 'bad-list'],
  ])('refuses the name %s', async (name, code) => {
    expect(await ask(site, 'create-list', { name }, proved(root))).toMatchObject({ status: 'refused', code });
    expect(existsSync(site.site.explDir)).toBe(false);
  });

  it('makes nothing when the transaction does nothing', async () => {
    const requester = {
      ...proved(root),
      channel: 'mail',
      robot: site.site.robots[0]!,
      messageId: '',
    } as const;
    await planRequest({ name: 'create-list', arguments: { name: 'board' } }, requester, site.parts);
    expect(await statusOf()).toBeUndefined();
  });

  it('answers the same when the same request is worked on again after a crash', async () => {
    const requester = {
      ...proved(eve),
      channel: 'mail',
      robot: site.site.robots[0]!,
      messageId: 'm',
    } as const;
    const call = { name: 'create-list', arguments: { name: 'board' } } as const;
    const { perform } = await planRequest(call, requester, site.parts);
    const crash = site.store.transaction(async (tx) => {
      await perform(tx);
      throw new Error('power cut');
    });
    await expect(crash).rejects.toThrow('power cut');
    expect(await mailsOf(site, 'list-pending-listmaster')).toEqual([]);
    expect(await ask(site, 'create-list', { name: 'board' }, proved(eve))).toMatchObject({
      status: 'done',
      code: 'list-pending',
    });
    expect(await mailsOf(site, 'list-pending-listmaster')).toHaveLength(1);
    expect(readdirSync(join(site.site.explDir, 'board')).sort()).toEqual(['config', 'scenari']);
  });

  it('leaves the list of somebody else as it is, whoever is faster', async () => {
    const robot = site.site.robots[0]!;
    const call = { name: 'create-list', arguments: { name: 'board' } } as const;
    const slow = await planRequest(
      call,
      { ...proved(eve), channel: 'mail', robot, messageId: '' },
      site.parts,
    );
    await ask(site, 'create-list', { name: 'board' }, proved(root));
    expect(await site.store.transaction(slow.perform)).toMatchObject({
      status: 'refused',
      code: 'list-exists',
    });
    expect(await ask(site, 'create-list', { name: 'board' }, proved(ann))).toMatchObject({
      code: 'list-exists',
    });
    expect((await site.lists.get('board')).owners).toEqual([root]);
    expect(await mailsOf(site, 'list-pending-listmaster')).toEqual([]);
  });
});

describe('CLOSE-LIST and OPEN-LIST', () => {
  beforeEach(async () => {
    site = await makeQuietSite({ now: () => Date.now() });
    await site.lists.create({ name: 'board', owners: [ann, eve] });
  });
  afterEach(() => site.dispose());

  const privileged = async () => {
    site.write('expl/board/config', `owner\nemail ${ann}\nprofile privileged\n\nowner\nemail ${eve}\n`);
  };

  it('close and open a list for a listmaster, each time telling the owners', async () => {
    expect(await ask(site, 'close-list', { list: 'board' }, proved(root))).toMatchObject({
      code: 'list-closed',
    });
    expect(await statusOf()).toBe('closed');
    expect(await ask(site, 'open-list', { list: 'board' }, proved(root))).toMatchObject({
      code: 'list-opened',
    });
    expect(await statusOf()).toBe('open');
    expect(await mailsOf(site, 'list-status-owner')).toMatchObject([
      { to: 'owners', variables: { status: 'closed', by: root } },
      { to: 'owners', variables: { status: 'open', by: root } },
    ]);
  });

  it('open a list that waits for a listmaster', async () => {
    await site.lists.setParameter(await site.lists.get('board'), 'status', 'pending');
    expect(await ask(site, 'open-list', { list: 'board' }, proved(root))).toMatchObject({
      code: 'list-opened',
    });
    expect(await statusOf()).toBe('open');
  });

  it('let a privileged owner close, and nobody but a listmaster open', async () => {
    await privileged();
    expect(await ask(site, 'close-list', { list: 'board' }, proved(eve))).toMatchObject({
      code: 'not-privileged-owner',
    });
    expect(await ask(site, 'close-list', { list: 'board' }, proved(ann))).toMatchObject({
      code: 'list-closed',
    });
    expect(await ask(site, 'open-list', { list: 'board' }, proved(ann))).toMatchObject({
      code: 'not-listmaster',
    });
    expect(await statusOf()).toBe('closed');
  });

  it('change nothing where the list is so already, and tell nobody', async () => {
    expect(await ask(site, 'open-list', { list: 'board' }, proved(root))).toMatchObject({ status: 'done' });
    expect(await mailsOf(site, 'list-status-owner')).toEqual([]);
  });

  it('want the key of a listmaster of whom only the From is known, and send none to strangers', async () => {
    expect(await ask(site, 'close-list', { list: 'board' }, { sender: 'zoe@example.net' })).toMatchObject({
      code: 'not-privileged-owner',
    });
    expect(await mailsOf(site, 'request-auth')).toEqual([]);
    expect(await ask(site, 'close-list', { list: 'board' }, { sender: root })).toMatchObject({
      code: 'confirmation-asked',
    });
    expect(await statusOf()).toBe('open');
    await sendBack(site, await newestKey(site, 'request-auth'), { sender: root });
    expect(await statusOf()).toBe('closed');
  });

  it('do nothing before the transaction: a mail whose signature was used before closes no list', async () => {
    const requester = {
      ...proved(root),
      channel: 'mail',
      robot: site.site.robots[0]!,
      messageId: '',
    } as const;
    await planRequest({ name: 'close-list', arguments: { list: 'board' } }, requester, site.parts);
    expect(await statusOf()).toBe('open');
  });
});
