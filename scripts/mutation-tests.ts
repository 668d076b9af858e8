import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

/** What tests made of a mutant; `endless` where they were not over in time. */
export type Outcome = 'passed' | 'failed' | 'endless';

/** A request to the process that holds vitest. */
export interface TestRequest {
  /** The file that was changed. */
  readonly file: string;
  readonly tests: readonly string[];
}

/** Longest run of the tests for one mutant, in ms. */
const maxTestMs = 90_000;

/** Holds one process with vitest that runs tests again and again: to start it takes longer than most tests do. */
export class TestRunner {
  readonly #folder: string;
  #child: ChildProcess | undefined;

  /** @param folder where the tests run */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Runs tests until one fails; what does not end is ended. */
  async run(request: TestRequest): Promise<Outcome> {
    this.#child ??= fork(`${import.meta.dirname}/mutation-worker.ts`, { cwd: this.#folder, stdio: 'ignore' });
    const child = this.#child;
    const over = new AbortController();
    const { signal } = over;
    child.send(request);
    const outcome = await Promise.race([
      once(child, 'message', { signal }).then(([passed]): Outcome => (passed ? 'passed' : 'failed')),
      once(child, 'exit', { signal }).then((): Outcome => 'failed'),
      setTimeout(maxTestMs, 'endless' as const, { signal }),
    ]);
    over.abort();
    if (outcome === 'endless') child.kill('SIGKILL');
    if (outcome === 'endless' || child.exitCode !== null) this.#child = undefined;
    return outcome;
  }

  close(): void {
    this.#child?.kill('SIGKILL');
  }
}
