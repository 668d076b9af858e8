import { type ChildProcess, spawn } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { TaskError } from './error.ts';
import type { TaskRun } from './task-run.ts';
import type { WorkLimits } from './work-limits.ts';

/** How long a program may run, and how long it has to end once it was told to. */
const programLimits: WorkLimits = { workMs: 600_000, graceMs: 5_000 };

/**
 * `exec(program, argument…)`: no shell, no more of the environment than PATH and HOME, ten minutes at most. What it writes
 * goes nowhere: nobody knows what is in it.
 *
 * @throws TaskError `exec-not-allowed`, `exec-failed`
 */
export async function runProgram(
  given: readonly string[],
  { parts, signal }: Pick<TaskRun, 'parts' | 'signal'>,
  limits = programLimits,
): Promise<void> {
  const [program = '', ...words] = given;
  const allowed = parts.site.conf.task_exec_programs ?? [];
  if (!isAbsolute(program) || !allowed.includes(program))
    throw new TaskError('exec-not-allowed', `a task may not run ${program}`, {
      hint: 'sympa.conf names the programs that tasks may run: task_exec_programs /PATH/OF/PROGRAM',
    });
  signal.throwIfAborted();
  const { PATH, HOME } = process.env;
  const env = { ...(PATH !== undefined && { PATH }), ...(HOME !== undefined && { HOME }) };
  // A group of its own, so that what it starts ends with it.
  const options = { cwd: parts.site.baseDir, env, stdio: 'ignore', detached: true } as const;
  const fault = await faultOf(spawn(program, words, options), signal, limits);
  if (fault !== undefined) throw new TaskError('exec-failed', `${program} ${fault}`);
  parts.log.info('task ran a program', { program });
}

/**
 * Waits for the end of a program. One that takes too long, or whose task is cut short, is told to end; with whatever it
 * started it is killed when it does not, or as soon as it has.
 *
 * @returns what was wrong with its end
 */
function faultOf(
  child: ChildProcess,
  signal: AbortSignal,
  { workMs, graceMs }: WorkLimits,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  let killing: NodeJS.Timeout | undefined;
  const tell = () => {
    if (killing) return;
    endGroup(child, 'SIGTERM');
    killing = setTimeout(() => endGroup(child, 'SIGKILL'), graceMs);
  };
  const limit = setTimeout(tell, workMs);
  signal.addEventListener('abort', tell, { once: true });
  child.once('error', () => resolve('could not be started'));
  child.once('exit', (code) => {
    if (killing) endGroup(child, 'SIGKILL');
    const isDone = code === 0 && !killing;
    resolve(isDone ? undefined : code === null || killing ? 'did not end by itself' : `ended with ${code}`);
  });
  return promise.finally(() => {
    clearTimeout(limit);
    clearTimeout(killing);
    signal.removeEventListener('abort', tell);
  });
}

function endGroup({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing of it is left.
  }
}
