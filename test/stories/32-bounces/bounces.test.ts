import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BouncingList, makeBouncingList } from '../../kit/bouncing-list.ts';
import { runCli } from '../../kit/cli.ts';
import { type AskedMail, makeTaskSite, onlyTasks, type TaskSite } from '../../kit/task-site.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const list = 'board@example.org';
const owner = 'owners';

/** Whose mail bounces, on which days, and how. */
const bob = 'bob@example.net';
const carol = 'carol@example.net';
const dave = 'dave@example.net';
const erin = 'erin@example.net';
const bouncing: Readonly<Record<string, (day: number) => string | undefined>> = {
  [bob]: () => '5.1.1',
  [carol]: () => '4.2.2',
  [dave]: (day) => (day <= 15 ? '5.2.1' : undefined),
};

const bounceTasks = onlyTasks(
  'expire_bounce_task daily',
  'eval_bouncers_task daily',
  'process_bouncers_task weekly',
);

let made: TaskSite;
let board: BouncingList;
let told: { readonly day: number; readonly mail: AskedMail }[] = [];
let day = 0;

beforeEach(async () => {
  told = [];
  day = 0;
  made = await makeTaskSite(bounceTasks);
});
afterEach(() => made.quiet.dispose());

/** A day: three posts go out, reports about them come in, a node looks for tasks, as one that has just started. */
async function live(): Promise<void> {
  day += 1;
  made.clock.at += dayMs - 3 * hourMs;
  for (let i = 0; i < 3; i++) {
    const { returnPath, messageId } = await board.post();
    for (const [address, statusOn] of Object.entries(bouncing)) {
      const status = statusOn(day);
      const to = returnPath(address);
      if (status !== undefined && to !== 'none') await board.report(to, { address, status, messageId });
    }
    made.clock.at += hourMs;
  }
  await made.node(`node ${day}`).runOnce();
  await made.node(`node ${day} again`).runOnce();
  for (const mail of await made.mails()) told.push({ day, mail });
}

const days = async (days: number) => {
  for (let i = 0; i < days; i++) await live();
};
const score = async (address: string) => (await board.bouncer(address))?.score;
const mailsOf = (template: string) =>
  told
    .filter(({ mail }) => mail.template === template)
    .map(({ day: on, mail }) => [on, mail.to, mail.variables]);

describe('story 32: five weeks of a list', () => {
  it('score who bounces, warn them, take them off, tell the owners, and forget who recovers', async () => {
    board = await makeBouncingList(made.quiet, [bob, carol, dave, erin], {});
    await made.node().runOnce();
    await days(10);
    expect([await score(bob), (await board.bouncer(bob))!.count]).toEqual([null, 30]);
    await days(1);
    expect([await score(bob), await score(carol), await score(dave)]).toEqual([33, 17, 33]);
    expect(await board.bouncer(erin)).toBeUndefined();

    await days(10);
    expect([await score(bob), await score(carol), await score(dave)]).toEqual([63, 32, 45]);
    // Acted on in the week after the score reached 45, dave although his mail came through again meanwhile.
    expect(mailsOf('bouncer-warning')).toMatchObject([
      [21, [bob], { address: bob, count: expect.any(Number), status: '5.1.1' }],
      [21, [dave], { address: dave, count: 45, status: '5.2.1' }],
    ]);
    expect(mailsOf('bouncers-processed')).toEqual([
      [21, owner, { addresses: [bob, dave], action: 'notify_bouncers', rate: 45 }],
    ]);

    await days(5);
    expect(await board.bouncer(dave)).toBeUndefined();
    await days(2);
    expect(await made.quiet.store.subscribers.isSubscriber(list, bob)).toBe(false);
    expect(await board.bouncer(bob)).toBeUndefined();
    expect(mailsOf('bouncer-removed')).toEqual([[28, [bob], { address: bob }]]);
    expect(mailsOf('bouncers-processed').slice(1)).toEqual([
      [28, owner, { addresses: [bob], action: 'remove_bouncers', rate: 75 }],
    ]);
    expect(await made.quiet.store.subscribers.count(list)).toBe(3);

    await days(7);
    // A temporary failure counts half: after five weeks carol is warned, and stays.
    expect(await score(carol)).toBe(53);
    expect(mailsOf('bouncer-warning').slice(2)).toMatchObject([[35, [carol], {}]]);
    expect(mailsOf('bouncer-removed')).toHaveLength(1);
    // Three of four, then two of four, then one of three: told once a day while it is so.
    const rates = mailsOf('bounce-rate').filter(([, to]) => to === owner);
    expect(rates.map(([on]) => on)).toEqual(Array.from({ length: 35 }, (_, i) => i + 1));
    expect(rates[0]![2]).toEqual({ rate: 75, bouncing: 3, subscribers: 4, limit: 30 });
    expect(rates.at(-1)![2]).toEqual({ rate: 33, bouncing: 1, subscribers: 3, limit: 30 });
    // The listmasters hear while it is half of the list; on day 28 both tasks run at the same moment.
    const grave = mailsOf('bounce-rate').filter(([, to]) => to !== owner);
    expect(grave.map(([on]) => on).slice(0, 27)).toEqual(Array.from({ length: 27 }, (_, i) => i + 1));
    expect(grave[26]).toEqual([
      27,
      ['root@example.org'],
      { rate: 50, bouncing: 2, subscribers: 4, limit: 50 },
    ]);
    expect(grave.length).toBeLessThanOrEqual(28);
  }, 300_000);

  it('tell an operator who bounces, on the command line', async () => {
    board = await makeBouncingList(made.quiet, [bob, erin], {});
    const ssympa = (...args: readonly string[]) =>
      runCli(args, { cwd: made.quiet.site.baseDir, clock: made.clock });
    expect((await ssympa('list', 'bounces', 'board')).stdout).toBe('');
    await days(11);
    const { stdout } = await ssympa('list', 'bounces', 'board', '--json');
    expect(JSON.parse(stdout)).toEqual([
      {
        address: bob,
        score: 33,
        level: 0,
        count: 33,
        status: '5.1.1',
        first: expect.stringMatching(/^2026-11-25T/),
        last: expect.stringMatching(/^2026-12-05T/),
      },
    ]);
    expect((await ssympa('list', 'bounces', list)).stdout).toMatch(
      /^bob@example\.net +33 +- +33 +5\.1\.1 +2026-11-25 +2026-12-05$/m,
    );
    expect((await ssympa('list', 'bounces', 'nothing')).code).toBe(67);
  }, 120_000);
});

describe('story 32: what a list wants to be done', () => {
  const bounced = async (address: string, points: number) => {
    const { store } = made.quiet;
    const bounce = { list, address, status: '5.1.1', postId: null, messageId: '', receivedAt: made.clock.at };
    await store.transaction((tx) => tx.bounces.count(bounce));
    await store.bouncers.setScore((await store.bouncers.find(list, address))!, points);
  };
  const process = async () => {
    expect(await made.run(['process_bouncers ()'])).toEqual({ status: 'stopped' });
    return (await made.mails()).map(({ template, to, variables }) => [template, to, variables]);
  };
  const begin = async (config: Readonly<Record<string, string>>) => {
    await makeBouncingList(made.quiet, [bob, carol, dave]);
    for (const [key, value] of Object.entries(config))
      await made.quiet.lists.setParameter(await made.quiet.lists.get(list), key, value);
    await bounced(bob, 75);
    await bounced(carol, 74);
    await bounced(dave, 44);
  };

  it('is done at each level, at its rate, and no lower', async () => {
    await begin({ 'bouncers_level1.action': 'none', 'bouncers_level2.notification': 'listmaster' });
    expect(await process()).toEqual([
      ['bouncer-removed', [bob], { address: bob }],
      ['bouncers-processed', owner, { addresses: [carol], action: 'none', rate: 45 }],
      ['bouncers-processed', ['root@example.org'], { addresses: [bob], action: 'remove_bouncers', rate: 75 }],
    ]);
    expect(await made.quiet.store.subscribers.count(list)).toBe(2);
  });

  it('may be another rate, to tell nobody, and to take off at the lower level', async () => {
    await begin({
      'bouncers_level1.rate': '20',
      'bouncers_level1.action': 'remove_bouncers',
      'bouncers_level1.notification': 'none',
      'bouncers_level2.action': 'notify_bouncers',
      'bouncers_level2.notification': 'none',
    });
    expect((await process()).map(([template, to]) => [template, to])).toEqual([
      ['bouncer-removed', [carol]],
      ['bouncer-removed', [dave]],
      ['bouncer-warning', [bob]],
    ]);
  });

  it('asks no scenario, and lets go what waited for whoever is taken off', async () => {
    await begin({ del: 'closed' });
    const { store } = made.quiet;
    const base = {
      list,
      sender: '',
      sequence: 1,
      form: 'sealed',
      head: new Uint8Array(),
      content: null,
    } as const;
    await store.distributions.insert({
      ...base,
      id: 'd',
      messageId: 'm',
      policy: '{}',
      createdAt: 0,
      finishedAt: null,
    });
    const row = {
      distributionId: 'd',
      address: bob,
      packet: -1,
      state: 'waiting',
      code: null,
      reply: null,
    } as const;
    await store.deliveries.insertMany([{ ...row, updatedAt: 0, keepUntil: null }]);
    await process();
    expect(await store.subscribers.isSubscriber(list, bob)).toBe(false);
    expect(await store.deliveries.find('d', bob)).toMatchObject({ state: 'dropped', code: 'left-list' });
    expect((await store.distributions.get('d')).finishedAt).not.toBeNull();
  });

  it('is not done on lists that are closed', async () => {
    await begin({});
    await made.quiet.lists.close(await made.quiet.lists.get(list));
    expect(await process()).toEqual([]);
  });
});
