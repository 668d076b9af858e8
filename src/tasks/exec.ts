import { execFile } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { TaskError } from './error.ts';
import type { TaskRun } from './task-run.ts';

const timeoutMs = 600_000;
const maxOutputBytes = 1 << 20;

/**
 * `exec(program, argument…)`: no shell, no more of the environment than PATH and HOME, ten minutes at most.
 *
 * @throws TaskError `exec-not-allowed`, `exec-failed`
 */
export async function runProgram(given: readonly string[], { parts, signal }: TaskRun): Promise<void> {
  const [program = '', ...words] = given;
  const allowed = parts.site.conf.task_exec_programs ?? [];
  if (!isAbsolute(program) || !allowed.includes(program))
    throw new TaskError('exec-not-allowed', `a task may not run ${program}`, {
      hint: 'sympa.conf names the programs that tasks may run: task_exec_programs /PATH/OF/PROGRAM',
    });
  const { PATH, HOME } = process.env;
  const env = { ...(PATH !== undefined && { PATH }), ...(HOME !== undefined && { HOME }) };
  const options = { cwd: parts.site.baseDir, env, timeout: timeoutMs, maxBuffer: maxOutputBytes, signal };
  await new Promise<void>((resolve, reject) => {
    execFile(program, words, options, (error) => {
      if (!error) return resolve();
      // What the program wrote is not repeated: nobody knows what is in it.
      const how = typeof error.code === 'number' ? `ended with ${error.code}` : 'did not end by itself';
      reject(new TaskError('exec-failed', `${program} ${how}`));
    });
  });
  parts.log.info('task ran a program', { program });
}
