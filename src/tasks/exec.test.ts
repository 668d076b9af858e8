import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTaskSite, type TaskSite } from '../../test/kit/task-site.ts';
import { runProgram } from './exec.ts';

let made: TaskSite;
beforeEach(async () => {
  made = await makeTaskSite([`task_exec_programs ${process.execPath}`]);
});
afterEach(() => made.quiet.dispose());

/** A program that will not hear of its end, and one that it starts: each writes its number down. */
function stubbornProgram(): string {
  const script = `${made.quiet.site.baseDir}/stubborn.mjs`;
  writeFileSync(
    script,
    `import { spawn } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    process.on('SIGTERM', () => {});
    const [, , name] = process.argv;
    writeFileSync(name, String(process.pid));
    if (!name.endsWith('child')) spawn(process.execPath, [process.argv[1], name + '.child'], { stdio: 'inherit' });
    setInterval(() => {}, 1_000);`,
  );
  return script;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that ended and whose parent did not look yet is still in the table.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

async function waitFor(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !isSo(); i++) await pause(50);
  expect(isSo()).toBe(true);
}

describe('a program that ignores that it is to end', () => {
  const pidFile = () => `${made.quiet.site.baseDir}/pid`;
  const pids = () => [pidFile(), `${pidFile()}.child`].map((file) => Number(readFileSync(file, 'utf8')));
  const isThere = () => existsSync(`${pidFile()}.child`) && pids().every((pid) => pid > 0);
  const start = (signal: AbortSignal, workMs: number) =>
    runProgram(
      [process.execPath, stubbornProgram(), pidFile()],
      { ...made, signal },
      { workMs, graceMs: 200 },
    );

  it('is killed at its limit, with what it started', async () => {
    const never = new AbortController().signal;
    const running = start(never, 6_000);
    const failed = expect(running).rejects.toMatchObject({
      code: 'exec-failed',
      message: expect.stringContaining('did not end by itself'),
    });
    await waitFor(isThere);
    expect(pids().map(isAlive)).toEqual([true, true]);
    await failed;
    await waitFor(() => !pids().some(isAlive));
  }, 60_000);

  it('is killed when its task is cut short', async () => {
    const stopping = new AbortController();
    const running = start(stopping.signal, 600_000);
    const failed = expect(running).rejects.toMatchObject({ code: 'exec-failed' });
    await waitFor(isThere);
    stopping.abort();
    await failed;
    await waitFor(() => !pids().some(isAlive));
  }, 60_000);
});

describe('a program', () => {
  it('that cannot be started fails', async () => {
    const program = `${made.quiet.site.baseDir}/none`;
    const site = { ...made.quiet.site, conf: { ...made.quiet.site.conf, task_exec_programs: [program] } };
    const { signal } = new AbortController();
    await expect(runProgram([program], { parts: { ...made.parts, site }, signal })).rejects.toMatchObject({
      code: 'exec-failed',
      message: expect.stringContaining('could not be started'),
    });
  });

  it('is not started once its task is cut short', async () => {
    const file = `${made.quiet.site.baseDir}/written`;
    const words = ['-e', `fs.writeFileSync(${JSON.stringify(file)}, '')`];
    const given = [process.execPath, ...words];
    await expect(runProgram(given, { ...made, signal: AbortSignal.abort() })).rejects.toThrow();
    expect(existsSync(file)).toBe(false);
    await runProgram(given, { ...made, signal: new AbortController().signal });
    expect(existsSync(file)).toBe(true);
  });

  it('finds nobody who answers it, however much it writes', async () => {
    const script = `process.stdin.on('data', () => {}).on('end', () => process.stdout.write('x'.repeat(4 << 20)))`;
    await runProgram([process.execPath, '-e', script], { ...made, signal: new AbortController().signal });
    expect(made.log.lines.join()).toContain('task ran a program');
  });
});
