import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DaemonStep } from '../../src/daemon.ts';

/** Where a daemon is to die. */
export interface DeathPoint {
  readonly at: DaemonStep['at'];
  /** Kind of the job in whose course it dies. */
  readonly job?: string;
  /** Which of these jobs; the first when left out. */
  readonly turn?: number;
}

const script = join(import.meta.dirname, 'dying-daemon-child.ts');

/** A daemon in a process of its own that kills itself at a point of its work. */
export class DyingDaemon {
  readonly pid: number;
  /** Empty where it died before it took mail. */
  readonly lmtp: string;
  readonly #ended: Promise<unknown>;

  private constructor(pid: number, lmtp: string, ended: Promise<unknown>) {
    this.pid = pid;
    this.lmtp = lmtp;
    this.#ended = ended;
  }

  static async start(confFile: string, point: DeathPoint): Promise<DyingDaemon> {
    const child: ChildProcess = spawn(process.execPath, [script, confFile, JSON.stringify(point)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
    const line = (await lines.next()).value as string | undefined;
    const lmtp = line === undefined ? '' : (JSON.parse(line) as { readonly lmtp: string }).lmtp;
    return new DyingDaemon(child.pid!, lmtp, ended);
  }

  /** Waits for its death. @throws Error when it lives on */
  async death(timeoutMs = 30_000): Promise<void> {
    const late = setTimeout(() => process.kill(this.pid, 'SIGTERM'), timeoutMs);
    const [, signal] = (await this.#ended) as [number | null, string | null];
    clearTimeout(late);
    if (signal !== 'SIGKILL') throw new Error('the daemon did not die where it was to');
  }
}
