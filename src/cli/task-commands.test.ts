import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../test/kit/cli.ts';
import { makeTaskSite, type TaskSite } from '../../test/kit/task-site.ts';

const launcher = join(import.meta.dirname, '../../bin/ssympa');
const dayMs = 86_400_000;
const bob = 'bob@example.net';

let made: TaskSite;
beforeEach(async () => {
  made = await makeTaskSite(['chk_cert_expiration_task daily', 'remind_task yearly']);
});
afterEach(() => made.quiet.dispose());

const ssympa = (...args: readonly string[]) =>
  runCli(args, { cwd: made.quiet.site.baseDir, clock: made.clock });

describe('ssympa task list', () => {
  it('names each task with its object, label and time', async () => {
    const list = await made.list('board');
    await made.node().runOnce();
    const { stdout } = await ssympa('task', 'list', '--json');
    const tasks = JSON.parse(stdout) as readonly { model: string; object: string }[];
    expect(tasks.find(({ model }) => model === 'chk_cert_expiration')).toEqual({
      id: expect.any(String),
      model: 'chk_cert_expiration',
      version: 'daily',
      object: '_global',
      label: 'RUN',
      due: '2026-11-25T12:00:00.000Z',
      failures: 0,
      code: null,
    });
    expect(tasks.find(({ model }) => model === 'remind')).toMatchObject({ object: list, label: 'REMIND' });
    const { stdout: text } = await ssympa('task', 'list');
    expect(text).toMatch(/^remind\.yearly +board@example\.org +REMIND +2027-11-24T12:00:00\.000Z$/m);
  });
});

describe('ssympa task run', () => {
  it.each([
    'chk_cert_expiration',
    'chk_cert_expiration.daily',
    'chk_cert_expiration.daily.task',
  ])('does now what the task would do: %s', async (model) => {
    await made.certificate(bob, made.clock.at + 2 * dayMs);
    const { code, stdout } = await ssympa('task', 'run', model, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      model: 'chk_cert_expiration',
      version: 'daily',
      object: '_global',
      status: 'next',
      label: 'RUN',
      due: '2026-11-25T12:00:00.000Z',
    });
    expect(await made.mails()).toMatchObject([{ template: 'daily-cert-expiration', to: [bob] }]);
    expect(await made.quiet.store.tasks.all()).toEqual([]);
  });

  it.each([
    ['2027-03-01', 1],
    ['2027-03-01T09:00', 1],
    ['2027-03-01T09:00:00Z', 1],
    ['2027y3m1d', 1],
    [String(Date.UTC(2027, 2, 1) / 1_000), 1],
    ['2026-12-24', 0],
  ])('goes by the time that it is given: %s', async (at, count) => {
    await made.certificate(bob, Date.UTC(2027, 2, 2));
    expect((await ssympa('task', 'run', 'chk_cert_expiration', '--at', at)).stdout).toContain('done');
    expect(await made.mails()).toHaveLength(count);
  });

  it('starts where it is told, else where the task would go on', async () => {
    await made.list('board', [bob]);
    const run = (...more: readonly string[]) =>
      ssympa('task', 'run', 'remind', '--list', 'board', '--at', '2026-12-24', ...more);
    expect((await run('--label', 'REMIND')).stdout).toContain('REMIND at 2027-12-24');
    expect(await made.mails()).toMatchObject([{ template: 'remind', to: [bob] }]);
    await run();
    expect(await made.mails()).toEqual([]);
    await made.node().runOnce();
    await run();
    expect(await made.mails()).toHaveLength(1);
  });

  it('takes a version that nothing names from the files, the nearest first', async () => {
    expect((await ssympa('task', 'run', 'process_bouncers')).stdout).toMatch(
      /^process_bouncers\.weekly: done/,
    );
    made.model('nightly.odd.task', ['purge_tables ()']);
    expect((await ssympa('task', 'run', 'nightly')).stdout).toBe('nightly.odd: done; the task would stop\n');
  });

  it.each([
    [['no_such_model'], 65, 'there is no task model no_such_model'],
    [['chk_cert_expiration.hourly'], 65, 'there is no task model chk_cert_expiration.hourly.task'],
    [['../../x.y'], 65, 'no name of a task model'],
    [['chk_cert_expiration', '--at', 'soon'], 64, 'soon is no time'],
    [['remind', '--list', 'nobody'], 67, 'there is no list nobody'],
    [['broken.once'], 65, '/etc/tasks/broken.once.task:2:1: there is no command purge_all'],
  ])('says why not: %j', async (args, code, text) => {
    made.model('broken.once.task', ['purge_tables ()', 'purge_all ()']);
    const result = await ssympa('task', 'run', ...args);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(text);
  });

  it.each([
    ['remind', '[list.ttl]'],
    ['remind', 'needs-list'],
  ])('says to name a list where %s is run without one (%s)', async (model, what) => {
    const spoken = what === 'needs-list' ? '@v = select_subs (newer(0))' : 'exec (/x, [list.ttl])';
    made.model(`${model}.own.task`, [spoken]);
    const result = await ssympa('task', 'run', `${model}.own`);
    expect(result).toMatchObject({ code: 65, stderr: expect.stringContaining('--list LIST') });
  });

  it('takes a program with it when it is interrupted', async () => {
    const { site, write } = made.quiet;
    const file = join(site.baseDir, 'pid');
    const script = join(site.baseDir, 'long.mjs');
    const text = `import { writeFileSync } from 'node:fs';
      writeFileSync(${JSON.stringify(file)}, String(process.pid));
      setInterval(() => {}, 1_000);`;
    writeFileSync(script, text);
    write('other.conf', `${readFileSync(site.file, 'utf8')}task_exec_programs ${process.execPath}\n`);
    made.model('long.once.task', [`exec (${process.execPath}, ${script})`]);
    const args = ['task', 'run', 'long', '--conf', join(site.baseDir, 'other.conf')];
    const command = spawn(launcher, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    command.stderr.on('data', (data) => {
      stderr += data;
    });
    const ended = once(command, 'close');
    await expect
      .poll(() => existsSync(file) && readFileSync(file, 'utf8') !== '', { timeout: 30_000 })
      .toBe(true);
    command.kill('SIGINT');
    expect(await ended).toEqual([75, null]);
    expect(stderr).toContain('long.once was broken off');
    expect(() => process.kill(Number(readFileSync(file, 'utf8')), 0)).toThrow('ESRCH');
  }, 60_000);

  it('waits for nobody: a task that another process runs is left to it', async () => {
    await made.quiet.store.locks.acquire('task chk_cert_expiration _global', 'another', 60_000);
    const result = await ssympa('task', 'run', 'chk_cert_expiration');
    expect(result.code).toBe(75);
    expect(result.stderr).toContain('another process is running chk_cert_expiration');
  });
});

describe('ssympa task drop', () => {
  it('drops a task that a task made, and no other', async () => {
    made.model('report.daily.task', ['stop ()']);
    await made.run(['create (global, report, daily)']);
    await made.node().runOnce();
    const tasks = await made.quiet.store.tasks.all();
    const [report, other] = ['report', 'chk_cert_expiration'].map(
      (name) => tasks.find(({ model }) => model === name)!.id,
    );
    expect(await ssympa('task', 'drop', report!)).toMatchObject({
      code: 0,
      stdout: 'report.daily of _global: dropped\n',
    });
    expect(await ssympa('task', 'drop', report!)).toMatchObject({ code: 67 });
    expect(await ssympa('task', 'drop', other!)).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('set chk_cert_expiration_task none'),
    });
    const left = (await made.quiet.store.tasks.all()).map(({ id }) => id);
    expect(left).toEqual(tasks.map(({ id }) => id).filter((id) => id !== report));
  });

  it('leaves a task that another process runs', async () => {
    const { store } = made.quiet;
    await store.tasks.insert({ model: 'x', version: 'y', object: '_global', origin: 'task', dueAt: 0 });
    await store.locks.acquire('task x _global', 'another', 60_000);
    expect((await ssympa('task', 'drop', (await store.tasks.find('x', '_global'))!.id)).code).toBe(75);
    expect(await store.tasks.all()).toHaveLength(1);
  });
});
