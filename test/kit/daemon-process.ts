import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const launcher = join(import.meta.dirname, '../../bin/ssympa');

/** What `ssympa start` prints when it is ready. */
export interface ReadyLine {
  readonly ready: true;
  readonly pid: number;
  readonly lmtp: string;
  readonly lmtpSocket?: string;
  readonly smtp?: string;
}

/** A daemon in a process of its own, so that it can be killed. */
export class DaemonProcess {
  readonly ready: ReadyLine;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  readonly #log: () => string;

  private constructor(
    ready: ReadyLine,
    child: ChildProcess,
    ended: Promise<number | null>,
    log: () => string,
  ) {
    this.ready = ready;
    this.#child = child;
    this.#ended = ended;
    this.#log = log;
  }

  /** Starts `ssympa start --conf FILE` and waits for its line. */
  static async start(confFile: string, args: readonly string[] = []): Promise<DaemonProcess> {
    const child = spawn(launcher, ['start', '--conf', confFile, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    child.stderr.on('data', (bytes: Buffer) => {
      log += bytes.toString();
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const line = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (bytes: Buffer) => {
        text += bytes.toString();
        if (text.includes('\n')) resolve(text.split('\n')[0]!);
      });
      child.once('close', () => reject(new Error(`the daemon did not start:\n${log}`)));
    });
    return new DaemonProcess(JSON.parse(line) as ReadyLine, child, ended, () => log);
  }

  /** Everything on standard error so far. */
  get log(): string {
    return this.#log();
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    process.kill(this.ready.pid, 'SIGKILL');
    await this.#ended;
  }

  /** Ends it cleanly, and gives its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }
}
