import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { ask, mailsOf } from '../../test/kit/requests.ts';
import { remindHandler } from './send-reminders.ts';

const owner = { sender: 'ann@example.org', method: 'md5' } as const;
const listmaster = { sender: 'root@example.org', method: 'smime' } as const;
let nowMs: number;
let site: QuietSite;

beforeEach(async () => {
  nowMs = Date.now();
  site = await makeQuietSite({ now: () => nowMs });
  for (const name of ['board', 'news']) await site.lists.create({ name, owners: ['ann@example.org'] });
  await site.lists.create({
    name: 'there',
    owners: ['ann@example.org'],
    robot: site.lists.robotOf('x@other.example'),
  });
});
afterEach(() => site.dispose());

async function subscribe(list: string, count: number): Promise<void> {
  await site.store.transaction(async (tx) => {
    for (let i = 0; i < count; i++)
      await tx.subscribers.add({ list: `${list}@example.org`, address: `m${i}@x.example` });
  });
}

/** Does what is due until nothing is left to be fanned out. */
async function fanOut(): Promise<void> {
  while ((await site.store.jobs.list()).some(({ kind }) => kind === 'remind')) await onePage();
}

async function onePage(): Promise<void> {
  const [job] = (await site.store.jobs.list()).filter(({ kind }) => kind === 'remind');
  await remindHandler(site.parts)(await claim(job!.id));
}

/** Claims one job, whatever else is due. */
async function claim(id: string, worker = 'test') {
  const jobs = await site.store.jobs.claim('delivery', worker, { leaseMs: 60_000, limit: 10_000 });
  for (const job of jobs)
    if (job.id !== id)
      await site.store.jobs.retryAt(job.id, nowMs, {
        code: 'other',
        reason: 'another',
        countsAsAttempt: false,
      });
  const found = jobs.find((job) => job.id === id);
  if (!found) throw new Error('the job cannot be claimed');
  return found;
}

const reminded = async () => (await mailsOf(site, 'remind')).flatMap(({ to }) => to);

describe('REMIND', () => {
  it('writes to each subscriber with list, address, options and the way out', async () => {
    await site.store.subscribers.add({
      list: 'board@example.org',
      address: 'bob@example.org',
      reception: 'nomail',
    });
    expect(await ask(site, 'remind', { list: 'board' }, owner)).toEqual({
      status: 'done',
      code: 'reminded',
      values: { list: 'board@example.org', count: 1 },
    });
    await fanOut();
    expect(await mailsOf(site, 'remind')).toEqual([
      {
        template: 'remind',
        list: 'board@example.org',
        domain: 'example.org',
        to: ['bob@example.org'],
        variables: {
          address: 'bob@example.org',
          subscriptions: ['board@example.org  nomail, noconceal'],
          commands: 'sympa@example.org',
        },
      },
    ]);
  });

  it('goes page by page, and reaches everybody once', async () => {
    await subscribe('board', 450);
    await ask(site, 'remind', { list: 'board' }, owner);
    await onePage();
    expect(await reminded()).toHaveLength(200);
    await fanOut();
    const all = await reminded();
    expect(all).toHaveLength(450);
    expect(new Set(all).size).toBe(450);
  });

  it('reminds nobody twice when its process dies after a page, even if the mails are sent by then', async () => {
    await subscribe('board', 3);
    await ask(site, 'remind', { list: 'board' }, owner);
    const [job] = (await site.store.jobs.list()).filter(({ kind }) => kind === 'remind');
    const claimed = await claim(job!.id);
    await remindHandler(site.parts)(claimed);
    expect(await reminded()).toHaveLength(3);
    for (const mail of await site.store.jobs.list()) await site.store.jobs.complete(mail.id);
    await remindHandler(site.parts)(claimed);
    expect(await site.store.jobs.list()).toEqual([]);
  });

  it('leaves a page to the worker that took it over', async () => {
    await subscribe('board', 3);
    await ask(site, 'remind', { list: 'board' }, owner);
    const [job] = (await site.store.jobs.list()).filter(({ kind }) => kind === 'remind');
    const late = await claim(job!.id, 'late');
    nowMs += 120_000;
    const next = await claim(job!.id, 'next');
    await remindHandler(site.parts)(late);
    expect(await reminded()).toEqual([]);
    await remindHandler(site.parts)(next);
    expect(await reminded()).toHaveLength(3);
  });

  it('ends when the list was closed meanwhile', async () => {
    await subscribe('board', 3);
    await ask(site, 'remind', { list: 'board' }, owner);
    await site.lists.close(await site.lists.get('board'));
    await fanOut();
    expect(await reminded()).toEqual([]);
  });

  it('is for owners, who confirm it', async () => {
    expect(await ask(site, 'remind', { list: 'board' }, { sender: 'ann@example.org' })).toMatchObject({
      code: 'confirmation-asked',
    });
    expect(
      await ask(site, 'remind', { list: 'board' }, { sender: 'eve@example.org', method: 'md5' }),
    ).toMatchObject({
      reason: 'remind_owner',
    });
  });
});

describe('REMIND *', () => {
  it('writes one mail a person with all their lists of the domain that are open', async () => {
    await subscribe('board', 201);
    await subscribe('news', 1);
    await site.store.subscribers.add({ list: 'there@other.example', address: 'm0@x.example' });
    await site.store.subscribers.add({ list: 'there@other.example', address: 'far@x.example' });
    await site.lists.create({ name: 'gone', owners: ['ann@example.org'] });
    await subscribe('gone', 1);
    await site.lists.close(await site.lists.get('gone'));
    expect(await ask(site, 'global-remind', {}, listmaster)).toMatchObject({
      code: 'reminded',
      values: { list: 'example.org', count: null },
    });
    await fanOut();
    const mails = await mailsOf(site, 'remind');
    expect(mails).toHaveLength(201);
    expect(mails.find(({ to }) => to[0] === 'm0@x.example')).toMatchObject({
      list: '',
      variables: {
        subscriptions: ['board@example.org  mail, noconceal', 'news@example.org  mail, noconceal'],
      },
    });
  });

  it('is for listmasters', async () => {
    expect(await ask(site, 'global-remind', {}, owner)).toMatchObject({ reason: 'global_remind_listmaster' });
  });
});
