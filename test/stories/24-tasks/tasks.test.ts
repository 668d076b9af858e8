import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TaskRunner } from '../../../src/tasks/task-runner.ts';
import { makeTaskSite, onlyTasks, type TaskSite } from '../../kit/task-site.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const bob = 'bob@example.net';
const root = 'root@example.org';

let made: TaskSite;
afterEach(() => made.quiet.dispose());

const timesRun = () => made.log.lines.filter((line) => line.includes('"event":"task done"')).length;
const task = async (model: string, object = '_global') => (await made.quiet.store.tasks.find(model, object))!;

describe('story 24: a daily task', () => {
  beforeEach(async () => {
    made = await makeTaskSite(onlyTasks('eval_bouncers_task nightly'));
    made.model('eval_bouncers.nightly.task', ['/RUN', 'eval_bouncers ()', 'next ([execution_date]+1d, RUN)']);
  });

  it('runs once a day over a month, at the same hour, however often a node looks', async () => {
    const node = made.node();
    const start = made.clock.at;
    await node.runOnce();
    for (let hour = 1; hour <= 30 * 24; hour++) {
      made.clock.at += hourMs - 1;
      await node.runOnce();
      made.clock.at += 1 + (hour % 2) * 60_000;
      await node.runOnce();
      made.clock.at -= (hour % 2) * 60_000;
    }
    expect(timesRun()).toBe(31);
    expect((await task('eval_bouncers')).dueAt).toBe(start + 31 * dayMs);
  }, 120_000);

  it('that was missed for days is caught up once', async () => {
    await made.node().runOnce();
    made.clock.at += 10 * dayMs + 5 * hourMs;
    const after = made.node('node b');
    for (let i = 0; i < 3; i++) await after.runOnce();
    expect(timesRun()).toBe(2);
    expect(await task('eval_bouncers')).toMatchObject({ label: 'RUN', dueAt: made.clock.at + dayMs });
  });

  it('runs once where two nodes look at the same time', async () => {
    const nodes = [made.node('node a'), made.node('node b')];
    for (let day = 0; day < 10; day++) {
      await Promise.all(nodes.map((node) => node.runOnce()));
      made.clock.at += dayMs;
    }
    expect(timesRun()).toBe(10);
  });

  it('starts over when the parameter names another version, and goes when it names none', async () => {
    await made.node().runOnce();
    made.model('eval_bouncers.weekly.task', [
      'eval_bouncers ()',
      'next ([execution_date]+1w, A)',
      '/A',
      'stop ()',
    ]);
    const conf = { ...made.quiet.site.conf, eval_bouncers_task: 'weekly' };
    const site = { ...made.quiet.site, conf };
    made.clock.at += hourMs;
    await made.node('node a', { ...made.parts, site }).runOnce();
    const dueAt = made.clock.at + 7 * dayMs;
    expect(await task('eval_bouncers')).toMatchObject({ version: 'weekly', label: 'A', dueAt });
    made.clock.at = dueAt;
    await made.node('node a', { ...made.parts, site }).runOnce();
    // It has stopped, and is not begun anew.
    expect(await task('eval_bouncers')).toMatchObject({ label: 'A', dueAt: null });
    await made.node('node a', { ...made.parts, site }).runOnce();
    expect(timesRun()).toBe(3);
    const without = { ...site, conf: { ...conf, eval_bouncers_task: 'none' } };
    await made.node('node a', { ...made.parts, site: without }).runOnce();
    expect(await made.quiet.store.tasks.all()).toEqual([]);
  });

  it('that is cut short by the end of the process is done again', async () => {
    await made.node().runOnce();
    made.model('eval_bouncers.nightly.task', [
      '/RUN',
      'update_crl (CA_list, 1d)',
      'eval_bouncers ()',
      'next ([execution_date]+1d, RUN)',
    ]);
    made.clock.at += dayMs;
    const slow: { node?: TaskRunner; stopping?: Promise<void> } = {};
    const updateCrls = async () => {
      slow.stopping = slow.node!.stop();
    };
    slow.node = made.node('node a', { ...made.parts, updateCrls });
    await slow.node.runOnce();
    await slow.stopping;
    expect(timesRun()).toBe(1);
    expect((await task('eval_bouncers')).dueAt).toBe(made.clock.at);
    await made.node('node b', { ...made.parts, updateCrls: async () => undefined }).runOnce();
    expect(timesRun()).toBe(2);
  });
});

describe('story 24: a task that fails', () => {
  beforeEach(async () => {
    made = await makeTaskSite(
      onlyTasks('purge_tables_task broken', 'purge_spools_task daily', 'eval_bouncers_task gone'),
    );
    made.model('purge_tables.broken.task', ['purge_tables ()', '', 'purge_everything ()']);
  });

  it('does nothing of what it would, tells the listmaster, and keeps no other from running', async () => {
    await made.node().runOnce();
    expect(timesRun()).toBe(1);
    const mails = await made.mails();
    expect(mails.map(({ template, to }) => [template, to])).toEqual([
      ['error-in-task-listmaster', [root]],
      ['error-in-task-listmaster', [root]],
    ]);
    const [broken, gone] = mails.toSorted((a) => (a.variables.model === 'purge_tables.broken' ? -1 : 1));
    expect(broken!.variables).toMatchObject({ code: 'command-unknown', object: null });
    expect(broken!.variables.place).toMatch(/purge_tables\.broken\.task:3$/);
    expect(gone!.variables).toMatchObject({ model: 'eval_bouncers.gone', code: 'model-missing' });
  });

  it('is tried again a day later, tells again once a day, and goes on once it is mended', async () => {
    const node = made.node();
    await node.runOnce();
    await made.mails();
    for (let hour = 1; hour < 24; hour++) {
      made.clock.at += hourMs;
      await node.runOnce();
    }
    expect(await made.mails()).toEqual([]);
    made.clock.at += hourMs;
    await node.runOnce();
    expect(await made.mails()).toHaveLength(2);
    made.model('purge_tables.broken.task', ['/A', 'purge_tables ()', 'next ([execution_date]+1d, A)']);
    await made.days(1, node);
    expect(await task('purge_tables')).toMatchObject({ label: 'A', failures: 0, code: null });
  });

  it('for a reason that may pass is tried again in an hour, and told of once a day', async () => {
    made.model('purge_tables.broken.task', ['update_crl (CA_list, 1d)']);
    const updateCrls = async () => {
      throw Object.assign(new Error('secret of a bug'), { code: 'ECONNREFUSED' });
    };
    const node = made.node('node a', { ...made.parts, updateCrls });
    await node.runOnce();
    expect((await task('purge_tables')).dueAt).toBe(made.clock.at + hourMs);
    for (let hour = 0; hour < 23; hour++) {
      made.clock.at += hourMs;
      await node.runOnce();
    }
    const told = (await made.mails()).filter(({ variables }) => variables.model === 'purge_tables.broken');
    expect(told).toHaveLength(1);
    expect(told[0]!.variables).toMatchObject({ code: 'bug', command: 'update_crl', reason: 'Error' });
    expect(made.log.lines.join()).toContain('update_crl');
    for (const written of [made.log.lines.join(), JSON.stringify(told)])
      expect(written).not.toContain('secret of a bug');
    expect((await task('purge_tables')).failures).toBe(24);
  });
});

describe('story 24: a run that never ends', () => {
  beforeEach(async () => {
    made = await makeTaskSite(onlyTasks('purge_tables_task stuck', 'eval_bouncers_task often'));
    made.model('purge_tables.stuck.task', ['purge_tables ()', 'update_crl (CA_list, 1d)']);
    made.model('eval_bouncers.often.task', ['/RUN', 'eval_bouncers ()', 'next ([execution_date]+1h, RUN)']);
  });

  /** A server that takes the connection and says nothing more. */
  const updateCrls = () => new Promise<never>(() => {});
  const stuckNode = (limits: { readonly workMs: number; readonly graceMs: number }) =>
    made.node('node a', { ...made.parts, updateCrls }, limits);

  it('keeps no other task from being done, again and again, and no process from stopping', async () => {
    const node = stuckNode({ workMs: 600_000, graceMs: 100 });
    node.start();
    for (let times = 1; times <= 3; times++) {
      await expect.poll(timesRun, { timeout: 10_000 }).toBe(times);
      made.clock.at += hourMs;
    }
    await node.stop();
    expect(await task('purge_tables')).toMatchObject({ failures: 0, dueAt: made.clock.at - 3 * hourMs });
    const said = made.log.lines.filter((line) => line.includes('task does not end'));
    expect(said.map((line) => JSON.parse(line))).toMatchObject([{ command: 'update_crl' }]);
    // Whoever comes next does it again from its start.
    const answering = { ...made.parts, updateCrls: async () => undefined };
    await made.node('node b', answering).runOnce();
    expect(await task('purge_tables')).toMatchObject({ dueAt: null });
  }, 60_000);

  it('is broken off, fails, and is told of', async () => {
    await stuckNode({ workMs: 50, graceMs: 50 }).runOnce();
    expect(await task('purge_tables')).toMatchObject({
      failures: 1,
      code: 'run-too-long',
      dueAt: made.clock.at + hourMs,
    });
    const [told, ...others] = await made.mails();
    expect(others).toEqual([]);
    expect(told).toMatchObject({ template: 'error-in-task-listmaster', to: [root] });
    expect(told!.variables).toMatchObject({ code: 'run-too-long', command: 'update_crl' });
    expect(told!.variables.place).toMatch(/purge_tables\.stuck\.task:2$/);
    expect(timesRun()).toBe(1);
  });
});

describe('story 24: tasks of lists', () => {
  beforeEach(async () => {
    made = await makeTaskSite(onlyTasks('remind_task monthly'));
  });

  it('remind each month, go on where they were after a restart, and go with their list', async () => {
    const list = await made.list('board', [bob]);
    await made.list('silent', [bob], { remind_task: 'none' });
    await made.days(29, made.node());
    expect(await made.mails()).toEqual([]);
    expect(await task('remind', list)).toMatchObject({ label: 'REMIND' });
    await made.days(2, made.node('after a restart'));
    expect(await made.mails()).toMatchObject([{ template: 'remind', list, to: [bob] }]);
    await made.quiet.lists.close(await made.quiet.lists.get(list));
    await made.node().runOnce();
    expect(await made.quiet.store.tasks.all()).toEqual([]);
  });

  it('wait while the config of their list is faulty', async () => {
    const list = await made.list('board', [bob]);
    await made.node().runOnce();
    const [before] = await made.quiet.store.tasks.all();
    made.quiet.write('expl/board/config', 'no_such_parameter x\n');
    await made.days(1, made.node());
    expect(await made.quiet.store.tasks.all()).toEqual([before]);
    expect(before!.object).toBe(list);
  });

  it('end subscriptions that nobody renewed for a year, after two warnings', async () => {
    await made.list('board', [bob, 'carol@example.net'], { expire_task: 'yearly', remind_task: 'none' });
    await made.days(364, made.node());
    expect(await made.mails()).toEqual([]);
    const told: string[] = [];
    for (let day = 0; day < 100; day++) {
      await made.days(1, made.node());
      for (const { template, to } of await made.mails()) {
        told.push(`${template} ${to}`);
        if (template === 'expire-warning1' && to[0] === 'carol@example.net')
          await made.quiet.store.subscribers.update('board@example.org', to[0], { reception: 'mail' });
      }
    }
    expect(told).toEqual([
      'expire-warning1 bob@example.net',
      'expire-warning1 carol@example.net',
      'expire-warning2 bob@example.net',
      'removed bob@example.net',
    ]);
    expect(await made.quiet.store.subscribers.count('board@example.org')).toBe(1);
  }, 120_000);
});

describe('story 24: two years of certificates', () => {
  beforeEach(async () => {
    made = await makeTaskSite(onlyTasks('chk_cert_expiration_task daily'));
  });

  /** Runs so many days, and says on which of them which mail went to whom. */
  async function diary(days: number, from = 0): Promise<readonly string[]> {
    const lines: string[] = [];
    for (let day = from; day < from + days; day++) {
      await made.node().runOnce();
      for (const { template, to, variables } of await made.mails())
        lines.push(`${day} ${template} ${variables.stage} ${[to].flat().join(' ')}`);
      made.clock.at += dayMs;
    }
    return lines;
  }

  it('a person is warned three days ahead and at the end, once each, and the certificate retires', async () => {
    const { store } = made.quiet;
    await made.certificate(bob, made.clock.at + 365 * dayMs + hourMs);
    const first = await diary(400);
    expect(first).toEqual([
      `363 daily-cert-expiration expiring ${bob}`,
      `366 daily-cert-expiration expired ${bob}`,
    ]);
    const [record] = await store.certificates.ofAddress(bob);
    expect(record).toMatchObject({ status: 'expired' });
    // The next one, from the same address, has stages of its own.
    await made.certificate(bob, made.clock.at + 300 * dayMs + hourMs);
    expect(await diary(330, 400)).toEqual([
      `698 daily-cert-expiration expiring ${bob}`,
      `701 daily-cert-expiration expired ${bob}`,
    ]);
    expect((await store.certificates.ofAddress(bob)).map(({ status }) => status)).toEqual([
      'expired',
      'expired',
    ]);
  }, 240_000);

  it('owner and listmaster of a list are warned 60, 30, 14, 7, 3 and 1 days ahead, and at the end', async () => {
    await made.list('board');
    made.listCertificate('board', made.clock.at + 700 * dayMs + hourMs);
    const lines = await diary(730);
    const told = (day: number, stage: string) =>
      `${day} list-cert-expiration ${stage} owner@example.org ${root}`;
    expect(lines).toEqual([
      ...[641, 671, 687, 694, 698, 700].map((day) => told(day, 'expiring')),
      told(701, 'expired'),
      // That very mail could not be signed any more.
      `702 unsigned-listmaster undefined ${root}`,
    ]);
  }, 240_000);

  it('a node that was away tells the stage that is reached, not those that passed', async () => {
    await made.list('board');
    made.listCertificate('board', made.clock.at + 100 * dayMs);
    await made.certificate(bob, made.clock.at + 100 * dayMs);
    await diary(1);
    made.clock.at += 94 * dayMs;
    expect(await diary(1, 95)).toEqual([`95 list-cert-expiration expiring owner@example.org ${root}`]);
    made.clock.at += 100 * dayMs;
    expect(await diary(2, 196)).toEqual([
      `196 daily-cert-expiration expired ${bob}`,
      `196 list-cert-expiration expired owner@example.org ${root}`,
      `197 unsigned-listmaster undefined ${root}`,
    ]);
  });

  it('whoever renews in time hears nothing more', async () => {
    await made.list('board');
    made.listCertificate('board', made.clock.at + 50 * dayMs);
    await made.certificate(bob, made.clock.at + 50 * dayMs);
    expect(await diary(1)).toHaveLength(1);
    made.clock.at += 10 * dayMs;
    made.listCertificate('board', made.clock.at + 400 * dayMs);
    await made.certificate(bob, made.clock.at + 400 * dayMs);
    expect(await diary(100, 11)).toEqual([]);
  }, 120_000);
});
