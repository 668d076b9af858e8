import { systemClock } from '../clock.ts';
import { CliError } from './error.ts';
import type { CliIo } from './io.ts';

/** Gives a command the real world. */
export function processIo(): CliIo {
  // The reader of a pipe may leave early (`| head`); that is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    throw error;
  });
  return {
    stdin: process.stdin,
    stdout: (data) => process.stdout.write(data),
    stderr: (text) => process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
    clock: systemClock,
    exit: (code) => {
      process.exitCode = code;
    },
    fail: (code, message, options) => {
      throw new CliError(code, message, options);
    },
  };
}
