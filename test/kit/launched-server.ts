import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { requireProgram } from './programs.ts';

const startMs = 30_000;

/** Starts a server program in the foreground; a test run that is broken off leaves none behind. */
export function launch(program: string, args: readonly string[], cwd: string): ChildProcess {
  const server = spawn(requireProgram(program), args, { cwd, stdio: 'ignore' });
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  server.once('exit', () => process.removeListener('exit', kill));
  return server;
}

/** Waits until a server takes connections on a port of loopback. @throws Error when it ends, or does not in time */
export async function untilListening(server: ChildProcess, port: number): Promise<void> {
  const untilMs = Date.now() + startMs;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch (cause) {
      if (server.exitCode !== null || Date.now() > untilMs)
        throw new Error(`${server.spawnfile} did not start`, { cause });
      await pause(50);
    } finally {
      socket.destroy();
    }
  }
}

/** Ends a server, if it has not ended. */
export async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  await ended;
}
